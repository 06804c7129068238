import type { Allocation } from "./buffer.js";
import type { Heap } from "./heap.js";
import type { Queue } from "./queue.js";

/**
 * The buffers that are alive, for kernels that make pointers from addresses: in shared memory their number, and the start and the end of each, in
 * order. A launch gets the table as it is then; one that is out of date goes when the work before it is done.
 */
export class AddressTable {
  readonly #heap: Heap;
  readonly #queue: Queue;
  #table: { readonly start: number; readonly bytes: number; readonly state: number } | null = null;

  constructor(heap: Heap, queue: Queue) {
    this.#heap = heap;
    this.#queue = queue;
  }

  /** The address of a table of these allocations; `state` changes whenever they do. */
  place(allocations: Iterable<Allocation>, state: number): number {
    if (this.#table?.state === state) return this.#table.start;
    if (this.#table) this.#queue.retire(this.#table.start, this.#table.bytes);
    const sorted = [...allocations].sort((a, b) => a.start - b.start);
    const bytes = 4 + 8 * sorted.length;
    const start = this.#heap.take(bytes);
    const words = new Uint32Array(this.#heap.memory.buffer, start, bytes / 4);
    words[0] = sorted.length;
    for (const [index, one] of sorted.entries()) words.set([one.start, one.start + one.committed], 1 + 2 * index);
    this.#table = { start, bytes, state };
    return start;
  }
}
