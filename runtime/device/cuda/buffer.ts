import type { Memory } from "../../native/index.js";
import { type LiveBuffer, requireRange } from "../check.js";
import type { CudaDevice } from "./device.js";

/** One allocation, shared by the buffer that owns it and its views. */
export interface Allocation extends AllocationKind {
  readonly memory: Memory;
  freed: boolean;
  /** The devices whose kernels were given it, besides its own. */
  readonly lentTo: Set<CudaDevice>;
}

/** What sets an allocation apart from memory of its device that is freed at once. */
export interface AllocationKind {
  /** Letting go of it would wait for queued work, so that is done behind that. */
  readonly waits?: boolean;
  /** It is the host's, which every device reaches. */
  readonly host?: boolean;
  /** No other device reaches it. */
  readonly alone?: boolean;
  /** What was lent to the device, and whose it is. */
  readonly of?: { readonly device: CudaDevice; readonly allocation: Allocation };
}

/** A stretch of an allocation. The one that `alloc` gave frees it; views leave it alone. */
export class CudaBuffer implements LiveBuffer {
  readonly device: CudaDevice;
  readonly allocation: Allocation;
  /** Bytes from the start of the allocation. */
  readonly offset: number;
  readonly address: bigint;
  /** Whether the address is a multiple of 16, which kernels compiled for that rely on. */
  readonly aligned: boolean;
  readonly #bytes: number;
  readonly #owner: boolean;

  constructor(device: CudaDevice, allocation: Allocation, offset: number, bytes: number, owner: boolean) {
    this.device = device;
    this.allocation = allocation;
    this.offset = offset;
    this.#bytes = bytes;
    this.address = allocation.memory.address + BigInt(offset);
    this.aligned = this.address % 16n === 0n;
    this.#owner = owner;
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

  view(byteOffset: number, bytes = this.bytes - byteOffset): CudaBuffer {
    this.requireRange(byteOffset, bytes);
    return new CudaBuffer(this.device, this.allocation, this.offset + byteOffset, bytes, false);
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
