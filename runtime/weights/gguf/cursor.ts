/** Reads a header front to back. Every read is checked against the file's end before anything is allocated for it. */

import { ModelError, type ModelErrorCode } from "../errors.js";
import type { FileBytes } from "../file-bytes.js";

/** Real headers are dominated by the vocabulary and stay below 50 MB. */
const largestHeader = 1 << 30;
const firstWindow = 1 << 20;

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export class Cursor {
  /** Next byte to read, from the start of the file. */
  offset = 0;
  readonly #file: FileBytes;
  #window: Uint8Array;
  #data: DataView;

  constructor(file: FileBytes) {
    this.#file = file;
    this.#window = this.#read(firstWindow);
    this.#data = viewOf(this.#window);
  }

  /** Bytes between here and the end of the file. */
  get remaining(): number {
    return this.#file.size - this.offset;
  }

  u8(): number {
    return this.#data.getUint8(this.#take(1));
  }
  i8(): number {
    return this.#data.getInt8(this.#take(1));
  }
  u16(): number {
    return this.#data.getUint16(this.#take(2), true);
  }
  i16(): number {
    return this.#data.getInt16(this.#take(2), true);
  }
  u32(): number {
    return this.#data.getUint32(this.#take(4), true);
  }
  i32(): number {
    return this.#data.getInt32(this.#take(4), true);
  }
  f32(): number {
    return this.#data.getFloat32(this.#take(4), true);
  }
  f64(): number {
    return this.#data.getFloat64(this.#take(8), true);
  }
  u64(): bigint {
    return this.#data.getBigUint64(this.#take(8), true);
  }
  i64(): bigint {
    return this.#data.getBigInt64(this.#take(8), true);
  }

  /** A u64 that counts or addresses something, so must be a safe integer. `what` names it in the error. */
  size(what: string): number {
    // Two halves instead of a BigInt: a vocabulary has a hundred thousand of these.
    const at = this.#take(8);
    const size = this.#data.getUint32(at + 4, true) * 2 ** 32 + this.#data.getUint32(at, true);
    if (!Number.isSafeInteger(size)) throw this.error("gguf-limit", `${what} is ${size}`, at);
    return size;
  }

  /** Moves over `length` bytes, which must be in the file. */
  skip(length: number): void {
    this.#take(length);
  }

  /** Moves over `count` strings and gives where each starts and ends, relative to the first one's length field. */
  stringBounds(count: number): Uint32Array {
    if (count > this.remaining / 8)
      throw this.error("file-truncated", `${count} strings cannot follow here`, this.offset);
    const first = this.offset;
    const bounds = new Uint32Array(count * 2);
    for (let i = 0; i < count; i++) {
      const length = this.size("a string's length");
      bounds[2 * i] = this.offset - first;
      this.skip(length);
      bounds[2 * i + 1] = this.offset - first;
    }
    return bounds;
  }

  /** A length-prefixed UTF-8 string of at most `limit` bytes. */
  string(what: string, limit: number): string {
    const at = this.offset;
    const length = this.size(`the length of ${what}`);
    if (length > limit) throw this.error("gguf-limit", `${what} is ${length} bytes long, more than ${limit}`, at);
    const start = this.#take(length);
    try {
      return strictUtf8.decode(this.#window.subarray(start, start + length));
    } catch {
      throw this.error("gguf-value", `${what} is not UTF-8 text`, start);
    }
  }

  /** Bytes already passed, [offset, offset + length). */
  passed(offset: number, length: number): Uint8Array {
    return this.#window.subarray(offset, offset + length);
  }

  error(code: ModelErrorCode, what: string, offset: number, hint?: string): ModelError {
    return new ModelError(code, what, { file: this.#file.path, offset, hint });
  }

  /** Claims the next `length` bytes and returns where they start. */
  #take(length: number): number {
    const start = this.offset;
    const end = start + length;
    if (end > this.#file.size) {
      throw this.error("file-truncated", `${length} bytes wanted, but the file ends at ${this.#file.size}`, start);
    }
    if (end > this.#window.byteLength) this.#widen(end);
    this.offset = end;
    return start;
  }

  /** Doubles the window: read from the front again, the whole costs at most three times its final size. */
  #widen(end: number): void {
    if (end > largestHeader) throw this.error("gguf-limit", "the header is longer than 1 GiB", this.offset);
    this.#window = this.#read(Math.max(end, this.#window.byteLength * 2));
    this.#data = viewOf(this.#window);
  }

  /** A copy, because metadata is decoded late and must outlive the mapping. */
  #read(length: number): Uint8Array {
    return this.#file.view(0, Math.min(this.#file.size, length)).slice();
  }
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
