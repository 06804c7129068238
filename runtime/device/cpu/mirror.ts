import type { DeviceBuffer, Mirror } from "../device.js";
import { DeviceError } from "../errors.js";
import { COMMAND } from "./control.js";
import type { CpuDevice } from "./device.js";

export class CpuMirror implements Mirror {
  readonly host: SharedArrayBuffer;
  readonly #device: CpuDevice;
  readonly #id: number;
  readonly #bytes: number;
  #freed = false;

  constructor(device: CpuDevice, id: number, bytes: number) {
    this.#device = device;
    this.#id = id;
    this.#bytes = bytes;
    this.host = new SharedArrayBuffer(Math.max(bytes, 1));
    device.queue.post({ kind: "mirror", id, buffer: this.host });
  }

  get freed(): boolean {
    return this.#freed;
  }

  copyFrom(from: DeviceBuffer, bytes: number): void {
    const source = this.#device.own(from);
    if (this.#freed) throw new DeviceError("A mirror was used after it was freed.");
    source.requireRange(0, bytes);
    if (bytes > this.#bytes) throw new DeviceError(`A mirror of ${this.#bytes} bytes cannot take ${bytes}.`);
    if (bytes > 0)
      this.#device.issue(
        { kind: COMMAND.mirror, id: this.#id, block: source.start, total: bytes, to: 0, value: 0 },
        source,
        this,
      );
  }

  arrived(): Promise<void> {
    return this.#device.passed();
  }

  free(): void {
    if (this.#freed) return;
    this.#freed = true;
    this.#device.freedBuffers++;
    this.#device.queue.post({ kind: "mirror", id: this.#id, buffer: null });
  }
}
