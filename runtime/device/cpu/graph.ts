import type { Captured } from "../captured.js";
import type { Graph } from "../device.js";
import { DeviceError } from "../errors.js";
import type { Compiled } from "./compiled.js";
import type { Command } from "./control.js";
import type { CpuDevice } from "./device.js";
import type { Bounds } from "./pack.js";

/** A command as a graph keeps it: a launch with its arguments, or a copy. */
export type Recorded =
  | {
      readonly kind: "launch";
      readonly compiled: Compiled;
      readonly words: Uint32Array;
      readonly bounds: Bounds | null;
      readonly command: () => Command;
    }
  | { readonly kind: "plain"; readonly command: Command };

export class CpuGraph implements Graph {
  readonly launches: number;
  readonly #device: CpuDevice;
  readonly #steps: readonly Recorded[];
  readonly #captured: Captured;
  /** The launches' commands with their arguments in memory of the graph's own; made at the first replay for which all is compiled. */
  #commands: readonly Command[] | null = null;
  #memory: { readonly start: number; readonly bytes: number } | null = null;
  /** How much the device's buffers had grown when the bounds were last written; never yet. */
  #boundAt = -1;
  #destroyed = false;

  constructor(device: CpuDevice, steps: readonly Recorded[], captured: Captured) {
    this.#device = device;
    this.#captured = captured;
    this.#steps = steps;
    this.launches = steps.filter((step) => step.kind === "launch").length;
  }

  replay(): void {
    if (this.#destroyed) throw new DeviceError("A graph was replayed after it was destroyed.");
    this.#device.requireIdle("replay");
    this.#captured.requireAlive(this.#device.freedBuffers);
    const { queue } = this.#device;
    this.#commands ??= this.#settle();
    if (this.#device.grownBuffers !== this.#boundAt) this.#rebind();
    if (this.#commands)
      for (const [index, command] of this.#commands.entries()) {
        const step = this.#steps[index]!;
        if (step.kind === "launch") this.#device.tell(step.compiled, command.block);
        queue.push(command);
      }
    else for (const step of this.#steps) this.#device.enqueue(step);
  }

  destroy(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    if (this.#memory) this.#device.queue.retire(this.#memory.start, this.#memory.bytes);
    this.#commands = null;
  }

  [Symbol.dispose](): void {
    this.destroy();
  }

  /** Brings the bounds of growing buffers up to date. They only widen, so launches that are queued already may see it too. */
  #rebind(): void {
    this.#steps.forEach((step, index) => {
      if (step.kind === "plain" || !step.bounds) return;
      step.bounds(step.words);
      const { buffer } = this.#device.heap.memory;
      if (this.#commands) step.bounds(new Uint32Array(buffer, this.#commands[index]!.block, step.words.length));
    });
    this.#boundAt = this.#device.grownBuffers;
  }

  /** Puts all arguments into memory once; null while a kernel is still being compiled. */
  #settle(): readonly Command[] | null {
    const launches = this.#steps.filter((step) => step.kind === "launch");
    if (launches.some((step) => step.compiled.ready === null)) return null;
    const { heap } = this.#device;
    const sizes = launches.map((step) => Math.ceil(step.words.length / 4) * 4);
    const bytes = sizes.reduce((sum, size) => sum + size * 4, 0);
    const start = heap.take(bytes);
    this.#memory = { start, bytes };
    let at = start;
    return this.#steps.map((step) => {
      if (step.kind === "plain") return step.command;
      const block = at;
      new Uint32Array(heap.memory.buffer, block, step.words.length).set(step.words);
      at += Math.ceil(step.words.length / 4) * 16;
      return { ...step.command(), block };
    });
  }
}
