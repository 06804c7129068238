import type {} from "../../../compiler/backends/wasm/index.js";
import { OutOfMemoryError } from "../errors.js";
import { HEAP_START } from "./control.js";

const PAGE = 65536;
const MAX_PAGES = 65536;
const ALIGN = 256;
/** Memory grows by at least this much, so that many small buffers do not each grow it. */
const STEP_PAGES = 256;

/** A free stretch of the heap. */
interface Gap {
  readonly start: number;
  readonly end: number;
}

const sizeOf = (bytes: number): number => Math.max(ALIGN, Math.ceil(bytes / ALIGN) * ALIGN);

/**
 * The memory that host, workers and kernels share, and the buffers in it: at most 4 GiB, all that a 32-bit address reaches. Addresses are
 * given out of all the 4 GiB; the memory grows as far as they are used.
 */
export class Heap {
  readonly memory: WebAssembly.Memory;
  readonly limit = MAX_PAGES * PAGE;
  #pages: number;
  #used = 0;
  /** Sorted by address; neighbours are joined. */
  #gaps: Gap[];
  #view: Uint8Array;

  constructor() {
    this.#pages = HEAP_START / PAGE + STEP_PAGES;
    this.memory = new WebAssembly.Memory({ initial: this.#pages, maximum: MAX_PAGES, shared: true });
    this.#gaps = [{ start: HEAP_START, end: this.limit }];
    this.#view = new Uint8Array(this.memory.buffer);
  }

  /** All of the memory; a new view after it has grown. */
  get bytes(): Uint8Array {
    return this.#view;
  }

  get free(): number {
    return this.limit - HEAP_START - this.#used;
  }

  /** The address of a new stretch, a multiple of 256. Throws OutOfMemoryError that says what would fit in one piece. */
  take(bytes: number): number {
    const start = this.reserve(bytes);
    if (this.cover(start + sizeOf(bytes))) return start;
    this.give(start, bytes);
    throw this.shortage(bytes);
  }

  /** As `take`, but the memory need not reach there yet: see `cover`. */
  reserve(bytes: number): number {
    const size = sizeOf(bytes);
    const fitting = this.#gaps.filter((gap) => gap.end - gap.start >= size);
    if (fitting.length === 0) throw this.shortage(bytes);
    const gap = fitting.reduce((a, b) => (b.end - b.start < a.end - a.start ? b : a));
    const rest = gap.end - gap.start > size ? [{ start: gap.start + size, end: gap.end }] : [];
    this.#gaps.splice(this.#gaps.indexOf(gap), 1, ...rest);
    this.#used += size;
    return gap.start;
  }

  give(start: number, bytes: number): void {
    const size = sizeOf(bytes);
    this.#used -= size;
    this.#insert({ start, end: start + size });
  }

  /** Makes the memory reach up to an address; false where the system does not let it. */
  cover(end: number): boolean {
    const needed = Math.ceil(end / PAGE) - this.#pages;
    if (needed <= 0) return true;
    const pages = Math.min(Math.max(needed, STEP_PAGES), MAX_PAGES - this.#pages);
    try {
      this.memory.grow(pages);
    } catch {
      return false;
    }
    this.#pages += pages;
    this.#view = new Uint8Array(this.memory.buffer);
    return true;
  }

  /** The error for memory that was not there. */
  shortage(wanted: number, committed?: number): OutOfMemoryError {
    const free = Math.max(0, ...this.#gaps.map((gap) => gap.end - gap.start));
    const hint =
      "The CPU executor reaches 4 GiB, and free is what fits in one piece: free buffers, shorten the context, or use a smaller model.";
    return new OutOfMemoryError({
      wanted,
      free,
      total: this.limit,
      hint,
      ...(committed !== undefined && { committed }),
    });
  }

  #insert(gap: Gap): void {
    const before = this.#gaps.filter((one) => one.end < gap.start);
    const after = this.#gaps.filter((one) => one.start > gap.end);
    const touching = this.#gaps.filter((one) => one.end >= gap.start && one.start <= gap.end);
    const start = Math.min(gap.start, ...touching.map((one) => one.start));
    const end = Math.max(gap.end, ...touching.map((one) => one.end));
    this.#gaps = [...before, { start, end }, ...after];
  }
}
