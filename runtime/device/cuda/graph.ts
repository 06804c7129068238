import type { GraphExec, Stream } from "../../native/index.js";
import type { Graph } from "../device.js";

export class CudaGraph implements Graph {
  readonly launches: number;
  readonly #exec: GraphExec;
  readonly #stream: Stream;

  constructor(exec: GraphExec, stream: Stream, launches: number) {
    this.launches = launches;
    this.#exec = exec;
    this.#stream = stream;
  }

  replay(): void {
    this.#exec.launch(this.#stream);
  }

  destroy(): void {
    this.#exec.destroy();
  }

  [Symbol.dispose](): void {
    this.destroy();
  }
}
