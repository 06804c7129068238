import type {} from "../../../compiler/interpret/index.js";
import { DeviceError } from "../errors.js";
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

const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

/** The memory that host, workers and kernels share, and the buffers in it: at most 4 GiB, all that a 32-bit address reaches. */
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
    this.#gaps = [{ start: HEAP_START, end: this.#pages * PAGE }];
    this.#view = new Uint8Array(this.memory.buffer);
  }

  /** All of the memory; a new view after it has grown. */
  get bytes(): Uint8Array {
    return this.#view;
  }

  get free(): number {
    return this.limit - HEAP_START - this.#used;
  }

  /** The address of a new stretch, a multiple of 256. Throws DeviceError that says what was free. */
  take(bytes: number): number {
    const size = Math.max(ALIGN, Math.ceil(bytes / ALIGN) * ALIGN);
    const fitting = this.#gaps.filter((gap) => gap.end - gap.start >= size);
    const gap =
      fitting.length > 0 ? fitting.reduce((a, b) => (b.end - b.start < a.end - a.start ? b : a)) : this.#grow(size);
    if (!gap)
      throw new DeviceError(
        `Out of memory: ${mebibytes(bytes)} wanted, ${mebibytes(this.free)} of ${mebibytes(this.limit)} free. The CPU executor reaches 4 GiB: free buffers, shorten the context, or use a smaller model.`,
      );
    const at = this.#gaps.indexOf(gap);
    const rest = gap.end - gap.start > size ? [{ start: gap.start + size, end: gap.end }] : [];
    this.#gaps.splice(at, 1, ...rest);
    this.#used += size;
    return gap.start;
  }

  give(start: number, bytes: number): void {
    const size = Math.max(ALIGN, Math.ceil(bytes / ALIGN) * ALIGN);
    this.#used -= size;
    this.#insert({ start, end: start + size });
  }

  #insert(gap: Gap): void {
    const before = this.#gaps.filter((one) => one.end < gap.start);
    const after = this.#gaps.filter((one) => one.start > gap.end);
    const touching = this.#gaps.filter((one) => one.end >= gap.start && one.start <= gap.end);
    const start = Math.min(gap.start, ...touching.map((one) => one.start));
    const end = Math.max(gap.end, ...touching.map((one) => one.end));
    this.#gaps = [...before, { start, end }, ...after];
  }

  #grow(bytes: number): Gap | undefined {
    const last = this.#gaps.at(-1);
    const end = this.#pages * PAGE;
    const tail = last && last.end === end ? end - last.start : 0;
    const needed = Math.ceil((bytes - tail) / PAGE);
    if (this.#pages + needed > MAX_PAGES) return undefined;
    const pages = Math.min(Math.max(needed, STEP_PAGES), MAX_PAGES - this.#pages);
    try {
      this.memory.grow(pages);
    } catch {
      return undefined;
    }
    this.#pages += pages;
    this.#view = new Uint8Array(this.memory.buffer);
    this.#insert({ start: end, end: this.#pages * PAGE });
    return this.#gaps.at(-1);
  }
}
