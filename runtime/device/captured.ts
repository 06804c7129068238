import type { Argument, Arguments } from "./device.js";
import { DeviceError } from "./errors.js";

/** A buffer or a mirror. */
export interface Freeable {
  readonly freed: boolean;
}

const bufferOf = (value: Argument | null | undefined): unknown =>
  typeof value === "object" && value !== null && "buffer" in value ? value.buffer : value;

/** What a graph was recorded with. A replay after some of it was freed would use memory that may be another's by then. */
export class Captured {
  readonly #used = new Set<Freeable>();
  /** How many buffers the device had freed when these were last found alive. */
  #checkedAt = -1;

  add(...used: readonly Freeable[]): void {
    for (const one of used) this.#used.add(one);
  }

  addArguments(args: Arguments): void {
    for (const value of Object.values(args)) {
      const buffer = bufferOf(value);
      if (typeof buffer === "object" && buffer !== null) this.#used.add(buffer as unknown as Freeable);
    }
  }

  /** Throws DeviceError where something of it is gone. `freedBuffers` counts what the device has freed in all. */
  requireAlive(freedBuffers: number): void {
    if (freedBuffers === this.#checkedAt) return;
    for (const one of this.#used) {
      if (one.freed)
        throw new DeviceError("A graph was replayed after a buffer that it uses was freed: capture it again.");
    }
    this.#checkedAt = freedBuffers;
  }
}
