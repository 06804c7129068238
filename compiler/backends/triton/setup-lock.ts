import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { EnvironmentError } from "./environment-error.js";

const SCRIPT = fileURLToPath(new URL("./setup_lock.py", import.meta.url));

type Event = { event: "waiting" | "locked" } | { event: "line"; text: string } | { event: "exit"; code: number };

/** The exclusive right to change an environment; commands run under it. See setup_lock.py. */
export class SetupLock {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #events: AsyncIterator<string>;

  private constructor(child: ChildProcessByStdio<Writable, Readable, null>) {
    this.#child = child;
    this.#events = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  /** Waits for as long as another set-up has the lock; `onWait` is called if it has to. */
  static async acquire(
    python: string,
    file: string,
    options: { env: NodeJS.ProcessEnv; onWait: () => void; signal?: AbortSignal },
  ): Promise<SetupLock> {
    const child = spawn(python, ["-I", "-X", "utf8", SCRIPT, file], {
      stdio: ["pipe", "pipe", "inherit"],
      // A process group of its own, so that the end of the lock is the end of what runs under it.
      detached: true,
      env: options.env,
    });
    const started = new Promise<void>((resolve, reject) => child.once("spawn", resolve).once("error", reject));
    const lock = new SetupLock(child);
    child.stdin.on("error", () => {});
    const release = () => lock.release();
    if (options.signal?.aborted) release();
    options.signal?.addEventListener("abort", release, { once: true });
    child.once("close", () => options.signal?.removeEventListener("abort", release));
    await started;
    for (;;) {
      const event = await lock.#next(options.signal);
      if (event.event === "locked") return lock;
      if (event.event === "waiting") options.onWait();
    }
  }

  /** Runs a command to its end and gives its exit code and everything it printed. */
  async run(
    command: readonly string[],
    options: { onLine?: (line: string) => void; signal?: AbortSignal } = {},
  ): Promise<{ code: number; output: string }> {
    this.#child.stdin.write(`${JSON.stringify(command)}\n`);
    const lines: string[] = [];
    for (;;) {
      const event = await this.#next(options.signal);
      if (event.event === "exit") return { code: event.code, output: lines.join("\n") };
      if (event.event === "line") {
        lines.push(event.text);
        options.onLine?.(event.text);
      }
    }
  }

  /** Frees the lock; a command still running is killed. */
  release(): void {
    this.#child.stdin.end();
  }

  async #next(signal: AbortSignal | undefined): Promise<Event> {
    const { value, done } = await this.#events.next();
    if (!done) return JSON.parse(value) as Event;
    throw signal?.aborted
      ? new EnvironmentError(
          "aborted",
          "The set-up of the Python environment was stopped.",
          "Run again to go on with it.",
        )
      : new EnvironmentError(
          "install-failed",
          "The set-up of the Python environment was killed.",
          "Run again to retry.",
        );
  }
}
