import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { atTheEnd } from "../at-the-end.js";
import "../built-cli.js";

export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

const SERVER = fileURLToPath(new URL("./warm-server.mjs", import.meta.url));

/** How long a process may take to end by itself when it is asked for no more: one that something of a program keeps alive does not. */
const PATIENCE_MS = 120_000;

/**
 * Runs command lines in one process of its own, one after the other, each as if the process were new: a third of the time or less, since
 * it loads TypeScript and the runtime once. It is for programs that are loaded once each, or that export `main`, which runs each time; what a
 * process is, as its exit and its signals, is tested by processes. Two of these share what is on disk and nothing else.
 */
export class WarmCommand {
  #child: ChildProcess | undefined;
  #queue: Promise<unknown> = Promise.resolve();

  constructor() {
    atTheEnd(() => this.#end());
  }

  run(cwd: string, argv: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ran> {
    const ran = this.#queue.then(() => this.#ask({ cwd, argv, env: { ...process.env, NO_COLOR: "1", ...env } }));
    this.#queue = ran.catch(() => {});
    return ran;
  }

  async #ask(request: object): Promise<Ran> {
    this.#child ??= fork(SERVER, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    const child = this.#child;
    const ended = once(child, "exit").then(([code, signal]) => {
      if (this.#child === child) this.#child = undefined;
      throw new Error(`the process of the command ended (${signal ?? code}) before it answered`);
    });
    ended.catch(() => {});
    child.send(request);
    return Promise.race([once(child, "message").then(([answer]) => answer as Ran), ended]);
  }

  async #end(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    this.#child = undefined;
    const exit = once(child, "exit");
    const timer = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
    child.disconnect();
    const [code, signal] = await exit;
    clearTimeout(timer);
    expect([code, signal], "what ran keeps the process from ending").toEqual([0, null]);
  }
}
