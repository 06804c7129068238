/** Runs a target in a process of its own, and ends that when an input makes it die, hang or eat memory. */

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { nativeEnvironment } from "./native-environment.js";
import { type Noted, notedInput } from "./noted-input.js";
import { groupUsage, killGroup } from "./process-group.js";
import type { FoundTarget } from "./targets.js";

export type Task =
  | { readonly kind: "run"; readonly seed: number; readonly seconds: number }
  | { readonly kind: "replay"; readonly inputs: readonly unknown[] };

export interface Thrown {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
}

export type Report =
  /** The target is loaded, and its time begins: on a busy machine that alone takes longer than some targets have. */
  | { readonly kind: "started" }
  | { readonly kind: "done"; readonly inputs: number; readonly peakBytes: number }
  | {
      readonly kind: "fault";
      readonly what: string;
      readonly message: string;
      readonly input: string | undefined;
      readonly inputs: number;
      readonly peakBytes: number;
    }
  | { readonly kind: "replayed"; readonly index: number; readonly error: Thrown | null };

export type FaultKind = "error" | "crash" | "hang" | "memory";

export interface FoundFault {
  readonly kind: FaultKind;
  /** The same for the same fault. */
  readonly what: string;
  /** With the seed and the input. */
  readonly message: string;
  /** As JSON, where it is known. */
  readonly input: string | undefined;
}

export interface Outcome {
  readonly inputs: number;
  readonly peakBytes: number;
  readonly fault: FoundFault | undefined;
  /** What each input of a replay threw; those behind a fault are missing. */
  readonly replayed: readonly (Thrown | null)[];
}

/**
 * An input hangs when it has taken so much of processors, which a loaded machine does not change, or has done nothing for long. A target
 * that does not note its inputs has as much beyond its deadline.
 */
export interface Limits {
  readonly cpuSeconds: number;
  readonly seconds: number;
  readonly bytes: number;
}

export const usualLimits: Limits = { cpuSeconds: 10, seconds: 120, bytes: 2 * 2 ** 30 };
const startSeconds = 300;
const pollMs = 200;

/** Groups that would live on without the watcher. */
const running = new Set<number>();
const endAll = (): void => {
  for (const group of running) killGroup(group);
};
process.on("exit", endAll);

export async function watch(target: FoundTarget, task: Task, limits = usualLimits): Promise<Outcome> {
  const native = target.name.startsWith("native-") ? await nativeEnvironment() : {};
  const folder = mkdtempSync(join(tmpdir(), "tilescript-fuzz-"));
  try {
    return await new Watcher(target, task, limits, folder, native).outcome;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

class Watcher {
  readonly outcome: Promise<Outcome>;
  readonly #task: Task;
  readonly #limits: Limits;
  readonly #notes: string;
  readonly #child: ChildProcess;
  readonly #replayed: (Thrown | null)[] = [];
  #last: Report | undefined;
  #killed: { readonly kind: FaultKind; readonly what: string } | undefined;
  #peakBytes = 0;
  #output = "";
  /** As Date.now() tells it; unknown until the target is loaded. */
  #deadline: number | undefined;
  #started = false;
  /** When the input that is being tried was first seen. */
  #since = { count: 0, cpuSeconds: 0, at: Date.now() };

  constructor(target: FoundTarget, task: Task, limits: Limits, folder: string, more: NodeJS.ProcessEnv) {
    this.#task = task;
    this.#limits = limits;
    this.#notes = join(folder, "input");
    const own = (name: string) => fileURLToPath(new URL(name, import.meta.url));
    const { VITEST: _, ...env } = process.env;
    this.#child = spawn(
      process.execPath,
      ["--import", own("typescript.mjs"), own("child.ts"), target.path, this.#notes],
      {
        // A group of its own, to be measured and ended together with what the target starts.
        detached: true,
        stdio: ["ignore", "pipe", "pipe", "ipc"],
        env: { ...env, TMPDIR: folder, TILESCRIPT_CACHE: join(folder, "cache"), TILESCRIPT_DEVICE: "cpu", ...more },
      },
    );
    const pid = this.#child.pid!;
    running.add(pid);
    for (const stream of [this.#child.stdout!, this.#child.stderr!])
      stream.on("data", (chunk) => {
        this.#output = (this.#output + String(chunk)).slice(-4000);
      });
    this.#child.on("message", (report: Report) => {
      if (report.kind === "replayed") this.#replayed[report.index] = report.error;
      else if (report.kind === "started") this.#deadline = Date.now() + (task.kind === "run" ? task.seconds * 1000 : 0);
      else this.#last = report;
    });
    this.#child.send(task);
    const timer = setInterval(() => this.#look(pid), pollMs);
    this.outcome = new Promise((resolve) => {
      this.#child.on("close", (code, signal) => {
        clearInterval(timer);
        killGroup(pid);
        running.delete(pid);
        resolve(this.#end(code, signal));
      });
    });
  }

  #look(pid: number): void {
    const { cpuSeconds, residentBytes } = groupUsage(pid);
    this.#peakBytes = Math.max(this.#peakBytes, residentBytes);
    const count = this.#noted()?.count ?? 0;
    const seconds = (Date.now() - this.#since.at) / 1000;
    if (this.#deadline === undefined) {
      if (seconds > startSeconds) this.#kill(pid, "hang", `it is not loaded after ${startSeconds} s`);
      return;
    }
    const waits = count === 0 && Date.now() < this.#deadline;
    if (count !== this.#since.count || waits || !this.#started) this.#since = { count, cpuSeconds, at: Date.now() };
    this.#started = true;
    const busy = cpuSeconds - this.#since.cpuSeconds;
    const { bytes, cpuSeconds: most, seconds: longest } = this.#limits;
    if (residentBytes > bytes) this.#kill(pid, "memory", `it takes more than ${bytes / 2 ** 20} MiB`);
    else if (busy > most) this.#kill(pid, "hang", `it takes more than ${most} s of a processor`);
    // One that works and is seldom let to is left to the limit above.
    else if (seconds > longest && busy < most / 5) this.#kill(pid, "hang", `it has done nothing for ${longest} s`);
  }

  #kill(pid: number, kind: FaultKind, what: string): void {
    this.#killed ??= { kind, what };
    killGroup(pid);
  }

  #noted(): Noted | undefined {
    try {
      return notedInput(this.#notes);
    } catch {
      return undefined;
    }
  }

  #end(code: number | null, signal: string | null): Outcome {
    const last = this.#last;
    const replayed = this.#replayed;
    if (last?.kind === "done")
      return { inputs: last.inputs, peakBytes: Math.max(last.peakBytes, this.#peakBytes), fault: undefined, replayed };
    if (last?.kind === "fault") {
      const { what, message, input, inputs, peakBytes } = last;
      const fault: FoundFault = { kind: "error", what, message, input };
      return { inputs, peakBytes: Math.max(peakBytes, this.#peakBytes), fault, replayed };
    }
    const noted = this.#noted();
    const { kind, what } = this.#killed ?? {
      kind: "crash" as const,
      what: `the process ended with ${signal ?? `exit code ${code}`}: ${this.#output.trim().slice(0, 600)}`,
    };
    const seed = this.#task.kind === "run" ? `seed ${this.#task.seed}: ` : "";
    const message = `${seed}${what}; input: ${noted?.json ?? "not known"}`;
    return {
      inputs: noted?.count ?? 0,
      peakBytes: this.#peakBytes,
      fault: { kind, what, message, input: noted?.json },
      replayed,
    };
  }
}
