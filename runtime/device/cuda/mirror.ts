import type { PinnedMemory } from "../../native/index.js";
import type { DeviceBuffer, Mirror } from "../device.js";
import { DeviceError } from "../errors.js";
import type { CudaDevice } from "./device.js";

export class CudaMirror implements Mirror {
  readonly host: ArrayBuffer;
  readonly #device: CudaDevice;
  readonly #pinned: PinnedMemory;
  readonly #bytes: number;

  constructor(device: CudaDevice, pinned: PinnedMemory, bytes: number) {
    this.#device = device;
    this.#pinned = pinned;
    this.#bytes = bytes;
    this.host = pinned.buffer;
  }

  copyFrom(from: DeviceBuffer, bytes: number): void {
    const source = this.#device.own(from);
    source.requireRange(0, bytes);
    if (bytes > this.#bytes) throw new DeviceError(`A mirror of ${this.#bytes} bytes cannot take ${bytes}.`);
    this.#device.stream.enqueueRead(source.allocation.memory, source.offset, this.#pinned, 0, bytes);
  }

  arrived(): Promise<void> {
    return this.#device.arrived();
  }

  free(): void {
    this.#pinned.destroy();
  }
}
