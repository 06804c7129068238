import type { GrowableMemory } from "../../native/index.js";
import type { GrowableBuffer } from "../device.js";
import { CudaError, OutOfMemoryError } from "../errors.js";
import { checkGrowth } from "../growth.js";
import { type Allocation, CudaBuffer } from "./buffer.js";
import type { CudaDevice } from "./device.js";

/** Bytes that a commit takes at least, where the capacity and the GPU's memory allow it. */
export const DEFAULT_STEP = 32 << 20;

export const isOutOfMemory = (error: unknown): error is CudaError =>
  error instanceof CudaError && error.name === "CUDA_ERROR_OUT_OF_MEMORY";

/** Memory behind addresses that were reserved for all it may become. */
export class CudaGrowable extends CudaBuffer implements GrowableBuffer {
  readonly capacity: number;
  readonly #memory: GrowableMemory;
  readonly #step: number;

  constructor(device: CudaDevice, allocation: Allocation, memory: GrowableMemory, capacity: number, step: number) {
    super(device, allocation, 0, 0, true);
    this.capacity = capacity;
    this.#memory = memory;
    this.#step = step;
  }

  /** The driver's pages may reach beyond what was reserved; what was not asked for is out of bounds all the same. */
  get committed(): number {
    return Math.min(this.#memory.byteLength, this.capacity);
  }

  override get bytes(): number {
    return this.committed;
  }

  override get reach(): number {
    return this.capacity;
  }

  grow(bytes: number): void {
    checkGrowth(this, bytes);
    if (bytes <= this.committed) return;
    const step = Math.min(Math.ceil(bytes / this.#step) * this.#step, this.capacity);
    const cause = this.#commit(step) && this.#commit(bytes);
    if (!cause) return;
    throw new OutOfMemoryError({ wanted: bytes, committed: this.committed, ...this.device.memory() }, { cause });
  }

  override free(): void {
    // Freeing waits for the kernels that use the memory.
    if (!this.freed) this.device.requireIdle("free");
    super.free();
  }

  /** Answers the driver's error where memory does not suffice. */
  #commit(bytes: number): CudaError | undefined {
    try {
      this.#memory.grow(bytes);
      return undefined;
    } catch (error) {
      if (isOutOfMemory(error)) return error;
      throw error;
    }
  }
}

/** All of it committed from the start, on a GPU that cannot reserve addresses apart from memory. */
export class CudaWhole extends CudaBuffer implements GrowableBuffer {
  get capacity(): number {
    return this.bytes;
  }

  get committed(): number {
    return this.bytes;
  }

  grow(bytes: number): void {
    checkGrowth(this, bytes);
  }
}
