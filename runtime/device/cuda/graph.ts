import type { GraphExec } from "../../native/index.js";
import type { Captured } from "../captured.js";
import type { Graph } from "../device.js";
import { DeviceError } from "../errors.js";
import type { CudaDevice } from "./device.js";

export class CudaGraph implements Graph {
  readonly launches: number;
  readonly #device: CudaDevice;
  readonly #exec: GraphExec;
  readonly #captured: Captured;
  #destroyed = false;

  constructor(device: CudaDevice, exec: GraphExec, captured: Captured, launches: number) {
    this.#device = device;
    this.#exec = exec;
    this.#captured = captured;
    this.launches = launches;
  }

  replay(): void {
    if (this.#destroyed) throw new DeviceError("A graph was replayed after it was destroyed.");
    this.#device.requireIdle("replay");
    this.#captured.requireAlive(this.#device.freedBuffers);
    this.#exec.launch(this.#device.stream);
  }

  destroy(): void {
    this.#destroyed = true;
    this.#exec.destroy();
  }

  [Symbol.dispose](): void {
    this.destroy();
  }
}
