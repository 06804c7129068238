import type { GrowableBuffer } from "../device.js";
import { checkGrowth } from "../growth.js";
import { type Allocation, CpuBuffer } from "./buffer.js";
import type { CpuDevice } from "./device.js";

/** A stretch of the heap of which the kernels may use a first part. */
export class CpuGrowable extends CpuBuffer implements GrowableBuffer {
  readonly capacity: number;

  constructor(device: CpuDevice, allocation: Allocation, owner = true) {
    super(device, allocation, allocation.start, 0, owner);
    this.capacity = allocation.bytes;
  }

  get committed(): number {
    return this.allocation.committed;
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
    const { heap } = this.device;
    if (!heap.cover(this.start + bytes)) throw heap.shortage(bytes, this.committed);
    this.device.checks?.allocated(this.start + this.committed, bytes - this.committed);
    this.allocation.committed = bytes;
    this.device.grownBuffers++;
  }
}
