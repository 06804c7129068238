import type { DeviceBuffer } from "../device/device.js";
import type { Chunk } from "./attention/attention.js";
import type { ChunkBuffers } from "./chunk-buffers.js";
import type { ModelHost } from "./host.js";
import { RowsPass } from "./rows-pass.js";

/** A chunk of a prompt through the model, its keys and values into the cache; the residual of token i is row i of the buffer. */
export class ChunkPass extends RowsPass {
  protected readonly ids: DeviceBuffer;
  readonly #host: ModelHost;
  readonly #buffers: ChunkBuffers;
  readonly #chunk: Chunk;

  constructor(host: ModelHost, buffers: ChunkBuffers, chunk: Chunk) {
    super(host, buffers, chunk.count);
    this.ids = buffers.ids;
    this.#host = host;
    this.#buffers = buffers;
    this.#chunk = chunk;
  }

  run(): void {
    this.through();
  }

  attend(index: number): void {
    const { attentions, layers } = this.#host;
    attentions[index]!.chunk(layers[index]!, this.#buffers.qkv, this.#chunk, this.#buffers.attention);
  }
}
