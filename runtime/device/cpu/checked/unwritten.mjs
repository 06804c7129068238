/** Which bytes of the heap nobody has written since they were allocated: a bit for each, shared by the host and all workers. */
export class Unwritten {
  #bits;

  /** @param shared one bit for each byte of the heap, all of them 0 at first */
  constructor(shared) {
    this.#bits = new Uint8Array(shared);
  }

  /** Notes that a stretch is written, or that it no longer is. */
  set(start, bytes, unwritten) {
    const end = start + bytes;
    const [first, last] = [Math.ceil(start / 8), Math.floor(end / 8)];
    if (first >= last) return this.#each(start, end, unwritten);
    this.#each(start, first * 8, unwritten);
    this.#bits.fill(unwritten ? 255 : 0, first, last);
    this.#each(last * 8, end, unwritten);
  }

  /** The first byte of a stretch that is not written; null where all are. */
  first(start, bytes) {
    for (let at = start; at < start + bytes; at++) if (this.#has(at)) return at;
    return null;
  }

  /** What is copied is as written as it was. */
  copy(to, from, bytes) {
    for (let at = 0; at < bytes; at++) this.#each(to + at, to + at + 1, this.#has(from + at));
  }

  #has(at) {
    return (this.#bits[Math.floor(at / 8)] & (1 << (at % 8))) !== 0;
  }

  /** Programs of a cooperative launch set bits of one byte at once. */
  #each(start, end, unwritten) {
    for (let at = start; at < end; at++) {
      const bit = 1 << (at % 8);
      if (unwritten) Atomics.or(this.#bits, Math.floor(at / 8), bit);
      else Atomics.and(this.#bits, Math.floor(at / 8), ~bit);
    }
  }
}
