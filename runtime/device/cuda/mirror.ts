import type { PinnedMemory } from "../../native/index.js";
import type { DeviceBuffer, Mirror } from "../device.js";
import { DeviceError } from "../errors.js";
import type { CudaDevice } from "./device.js";

export class CudaMirror implements Mirror {
  readonly host: ArrayBuffer;
  readonly #device: CudaDevice;
  readonly #pinned: PinnedMemory;
  readonly #bytes: number;
  #freed = false;

  constructor(device: CudaDevice, pinned: PinnedMemory, bytes: number) {
    this.#device = device;
    this.#pinned = pinned;
    this.#bytes = bytes;
    this.host = pinned.buffer;
  }

  get freed(): boolean {
    return this.#freed;
  }

  copyFrom(from: DeviceBuffer, bytes: number): void {
    const source = this.#device.own(from);
    if (this.#freed) throw new DeviceError("A mirror was used after it was freed.");
    source.requireRange(0, bytes);
    if (bytes > this.#bytes) throw new DeviceError(`A mirror of ${this.#bytes} bytes cannot take ${bytes}.`);
    this.#device.captured?.add(source, this);
    this.#device.stream.enqueueRead(source.allocation.memory, source.offset, this.#pinned, 0, bytes);
  }

  arrived(): Promise<void> {
    return this.#device.arrived();
  }

  free(): void {
    if (this.#freed) return;
    this.#freed = true;
    this.#device.freedBuffers++;
    this.#pinned.destroy();
  }
}
