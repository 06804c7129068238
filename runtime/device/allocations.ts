import type { Device, DeviceBuffer, GrowableBuffer, Mirror, ReserveOptions } from "./device.js";

/** What gives memory out: a device, or an owner's share of one. */
export type Allocator = Pick<Device, "alloc" | "reserve" | "mirror">;

/**
 * What one owner has of a device's memory, freed all at once: also where making the owner failed half-way. May be freed while work that uses it
 * is queued, but not inside a capture.
 */
export class Allocations implements Allocator {
  readonly device: Device;
  readonly #held = new Set<{ free(): void }>();

  constructor(device: Device) {
    this.device = device;
  }

  alloc(bytes: number): DeviceBuffer {
    return this.#hold(this.device.alloc(bytes));
  }

  reserve(maxBytes: number, options?: ReserveOptions): GrowableBuffer {
    return this.#hold(this.device.reserve(maxBytes, options));
  }

  mirror(bytes: number): Mirror {
    return this.#hold(this.device.mirror(bytes));
  }

  /** Frees what is there, oldest first; it can be used again. */
  free(): void {
    for (const one of this.#held) {
      one.free();
      this.#held.delete(one);
    }
  }

  [Symbol.dispose](): void {
    this.free();
  }

  #hold<Held extends { free(): void }>(held: Held): Held {
    this.#held.add(held);
    return held;
  }
}
