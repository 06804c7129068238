import { type ChildProcessByStdio, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, rmSync } from "node:fs";
import type { Socket } from "node:net";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { EnvironmentError } from "./environment-error.js";
import { makeWorkerFolder } from "./temporary-folder.js";

const SCRIPT = fileURLToPath(new URL("./worker.py", import.meta.url));

/** Settings of Triton, LLVM and Python that would change what is compiled, or which Python code runs. */
const FOREIGN = /^(TRITON_|MLIR_|LLVM_|NVPTX_|PTXAS_|PYTHON|AMDGCN_|DISABLE_PTXAS_OPT$|USE_IR_LOC$|ALLOW_LHS_TMEM)/;

/** What the worker says of itself once Triton is loaded. */
export interface WorkerVersions {
  readonly python: string;
  readonly triton: string;
  readonly ptxas: { readonly legacy: string; readonly current: string };
  /** Files of Triton, its library and both assemblers. */
  readonly places: readonly string[];
}

/** The process ended in the middle of a job. */
export class WorkerDeath extends Error {
  override readonly name = "WorkerDeath";
  readonly exitCode: number | null;
  readonly exitSignal: NodeJS.Signals | null;
  /** Everything it had printed. */
  readonly printed: string;
  constructor(exitCode: number | null, exitSignal: NodeJS.Signals | null, printed: string) {
    super(exitSignal ? `the worker was ended by ${exitSignal}` : `the worker exited with ${exitCode}`);
    this.exitCode = exitCode;
    this.exitSignal = exitSignal;
    this.printed = printed;
  }
}

/** One Python child that compiles one job at a time. It does not keep Node running while it is idle. */
export class WorkerProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #folder: string;
  #received: Buffer[] = [];
  #waiting: { resolve: (reply: unknown) => void; reject: (error: Error) => void } | undefined;
  #death: WorkerDeath | undefined;
  versions!: WorkerVersions;
  /** Triton's, as it was when this started: see tritonContent. */
  content = "";
  /** Jobs it has answered. */
  completed = 0;

  private constructor(python: string, memoryLimit: number | undefined) {
    this.#folder = makeWorkerFolder();
    const printed = openSync(join(this.#folder, "printed"), "a", 0o600);
    // Whatever the locale, what is written to the worker is UTF-8.
    const command = ["-I", "-B", "-X", "utf8", SCRIPT, this.#folder, ...(memoryLimit ? [String(memoryLimit)] : [])];
    this.#child = spawn(python, command, {
      stdio: ["pipe", "pipe", printed],
      // Its own process group: Ctrl-C is ours to handle, and a kill takes a running ptxas along.
      detached: true,
      env: { ...cleanEnvironment(), TMPDIR: this.#folder },
    }) as unknown as ChildProcessByStdio<Writable, Readable, null>;
    closeSync(printed);
    this.#child.stdout.on("data", (bytes: Buffer) => this.#receive(bytes));
    this.#child.stdin.on("error", () => {}); // Told by "close" below.
    this.#child.once("error", () => this.#end(null, null));
    this.#child.once("close", (code, signal) => this.#end(code, signal));
    living.add(this);
  }

  /** Throws EnvironmentError "broken" where Python or Triton does not start. */
  static async start(python: string, memoryLimit?: number): Promise<WorkerProcess> {
    const worker = new WorkerProcess(python, memoryLimit);
    try {
      const { ready } = (await worker.#reply()) as { ready: WorkerVersions };
      worker.versions = ready;
      worker.#idle();
      return worker;
    } catch (error) {
      worker.kill();
      throw new EnvironmentError(
        "broken",
        `Triton does not start in ${python}: ${lastLine(error instanceof WorkerDeath ? error.printed : String(error))}`,
        "Delete that environment (the folder .venv, or TILESCRIPT_VENV); it is made again on the next start.",
        error instanceof WorkerDeath ? error.printed : "",
      );
    }
  }

  get alive(): boolean {
    return this.#death === undefined;
  }

  /** Sends a message and waits for its answer. Rejects with WorkerDeath. */
  async run(message: unknown): Promise<unknown> {
    this.#busy();
    try {
      const reply = this.#reply();
      this.#child.stdin.write(`${JSON.stringify(message)}\n`);
      const answer = await reply;
      this.completed++;
      return answer;
    } finally {
      this.#idle();
    }
  }

  /** What it has printed since the current job began. */
  printed(): string {
    try {
      return readFileSync(join(this.#folder, "printed"), "utf8");
    } catch {
      return "";
    }
  }

  /** Ends it and everything it started, at once. */
  kill(): void {
    if (!this.#death && this.#child.pid !== undefined) {
      try {
        process.kill(-this.#child.pid, "SIGKILL");
      } catch {
        // It has just ended by itself.
      }
    }
    this.#clean();
  }

  #reply(): Promise<unknown> {
    if (this.#death) return Promise.reject(this.#death);
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  #receive(bytes: Buffer): void {
    this.#received.push(bytes);
    if (!bytes.includes(0x0a)) return;
    const line = Buffer.concat(this.#received).toString("utf8");
    this.#received = [];
    this.#waiting?.resolve(JSON.parse(line));
    this.#waiting = undefined;
  }

  #end(code: number | null, signal: NodeJS.Signals | null): void {
    this.#death ??= new WorkerDeath(code, signal, this.printed());
    this.#waiting?.reject(this.#death);
    this.#waiting = undefined;
    this.#clean();
  }

  #clean(): void {
    living.delete(this);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #busy(): void {
    this.#child.ref();
    (this.#child.stdout as Socket).ref();
  }

  #idle(): void {
    this.#child.unref();
    (this.#child.stdout as Socket).unref();
    (this.#child.stdin as Socket).unref();
  }
}

/** Node's "exit" is too late to wait, but not to kill. A killed Node is noticed by the workers themselves. */
const living = new Set<WorkerProcess>();
process.once("exit", () => {
  for (const worker of living) worker.kill();
});

function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !FOREIGN.test(name)));
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1)?.trim() || "it printed nothing";
}
