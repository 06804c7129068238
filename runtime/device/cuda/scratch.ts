import type { CudaBuffer } from "./buffer.js";
import type { CudaDevice } from "./device.js";

/**
 * Memory that kernels use for themselves. Launches of one stream run one after another, so they share it. It grows; what was outgrown
 * stays until the device closes, because a captured graph may still point there.
 */
export class Scratch {
  readonly #device: CudaDevice;
  #current: CudaBuffer | undefined;

  constructor(device: CudaDevice) {
    this.#device = device;
  }

  address(bytes: number): bigint {
    if (!this.#current || this.#current.bytes < bytes) {
      this.#current = this.#device.alloc(bytes);
      // What makes a descriptor there is no store that NVIDIA's initcheck would see.
      this.#device.fill(this.#current, 0);
    }
    return this.#current.address;
  }
}
