import type { Modules } from "./compiled.js";
import { HEAP_START } from "./control.js";
import type { CpuDevice } from "./device.js";
import { Heap } from "./heap.js";

/** What devices beside each other have together: one memory, so that a kernel of each reaches the buffers of all, and what is to be known of it. */
export class SharedMemory {
  readonly heap = new Heap();
  /** Counts up with every buffer freed, so that a launch need not look at each of its own. */
  freedBuffers = 0;
  /** Counts up with every growth of a buffer, so that a launch need not compare its bounds with each of its own. */
  grownBuffers = 0;
  readonly devices = new Set<CpuDevice>();
  readonly modules: Modules = new Map();

  /** Room for another device's control words and blocks, all zero: the memory begins with the first one's. */
  takeBase(): number {
    if (this.devices.size === 0) return 0;
    const base = this.heap.take(HEAP_START);
    this.heap.bytes.fill(0, base, base + HEAP_START);
    return base;
  }
}
