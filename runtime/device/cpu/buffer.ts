import { type LiveBuffer, requireRange } from "../check.js";
import type { CpuDevice } from "./device.js";

/** One stretch of the heap, shared by the buffer that owns it and its views. */
export interface Allocation {
  readonly start: number;
  readonly bytes: number;
  /** How many of them there are so far. */
  committed: number;
  freed: boolean;
  /** The devices whose kernels may have it: its own, and those that it was lent to. */
  readonly users: Set<CpuDevice>;
}

export class CpuBuffer implements LiveBuffer {
  readonly device: CpuDevice;
  readonly allocation: Allocation;
  /** Where it starts in the shared memory. */
  readonly start: number;
  readonly #bytes: number;
  readonly #owner: boolean;

  constructor(device: CpuDevice, allocation: Allocation, start: number, bytes: number, owner: boolean) {
    this.device = device;
    this.allocation = allocation;
    this.start = start;
    this.#bytes = bytes;
    this.#owner = owner;
  }

  get address(): bigint {
    return BigInt(this.start);
  }

  get bytes(): number {
    return this.#bytes;
  }

  get reach(): number {
    return this.bytes;
  }

  get freed(): boolean {
    return this.allocation.freed;
  }

  view(byteOffset: number, bytes = this.bytes - byteOffset): CpuBuffer {
    this.requireRange(byteOffset, bytes);
    return new CpuBuffer(this.device, this.allocation, this.start + byteOffset, bytes, false);
  }

  /** Throws DeviceError unless the buffer is alive and holds the range. */
  requireRange(byteOffset: number, bytes: number): void {
    requireRange(this, byteOffset, bytes);
  }

  free(): void {
    if (this.#owner) this.device.release(this.allocation);
  }

  [Symbol.dispose](): void {
    this.free();
  }
}
