/** Signals and what shells expect as the exit code of a process that they ended (128 + number). */
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** How long a command may take to clean up after Ctrl-C before the process ends anyway. */
const PATIENCE_MS = 5000;

/** The reason of the aborted signal. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  readonly exitCode: number;
  constructor(exitCode: number) {
    super("interrupted");
    this.exitCode = exitCode;
  }
}

export interface Interrupt {
  readonly signal: AbortSignal;
  /** Set once a signal came. */
  readonly exitCode: number | undefined;
  finish(): void;
}

/** From now on signals are the affair of the program that this process runs: they end it as they end any, unless it listens. */
export let handOverSignals = (): void => {};

/**
 * Turns Ctrl-C, SIGTERM, SIGHUP and a reader that went away (EPIPE: `tilescript … | head`) into an aborted signal, so that commands stop,
 * end their children and remove temporary files. A second Ctrl-C ends at once.
 */
export function interruptible(): Interrupt {
  const controller = new AbortController();
  let exitCode: number | undefined;
  const stop = (code: number): void => {
    if (exitCode !== undefined) process.exit(code);
    exitCode = code;
    controller.abort(new Interrupted(code));
    setTimeout(() => process.exit(code), PATIENCE_MS).unref();
  };
  const listeners = Object.entries(SIGNALS).map(([name, code]) => [name, () => stop(code)] as const);
  for (const [name, listener] of listeners) process.on(name, listener);
  for (const stream of [process.stdout, process.stderr])
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (exitCode !== undefined) return;
      if (error.code === "EPIPE") return stop(0);
      // Not to the stream itself, which is what failed.
      if (stream !== process.stderr) process.stderr.write(`error: the output cannot be written: ${error.message}\n`);
      // The command may be through already: its code would say that all went well.
      process.exit(1);
    });
  const ignore = (): void => {
    for (const [name, listener] of listeners) process.off(name, listener);
  };
  handOverSignals = ignore;
  return {
    signal: controller.signal,
    get exitCode() {
      return exitCode;
    },
    finish: ignore,
  };
}
