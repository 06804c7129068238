import type { DeviceBuffer } from "../device/device.js";
import { TILES } from "../kernels/tiles.js";
import type { Chunk } from "./attention/attention.js";
import type { ChunkBuffers } from "./chunk-buffers.js";
import type { ModelHost } from "./host.js";
import { RowsPass } from "./rows-pass.js";
import type { ScoreBuffers } from "./scoring.js";

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

  /** Behind `run`: the log probabilities of the first `count` targets, each of which follows a token of the chunk. */
  score({ rows, logits, targets, scores }: ScoreBuffers, count: number): void {
    const { kernels, config, device, weights } = this.#host;
    const { score } = TILES[device.traits.tiles];
    this.norm(weights.outputNorm);
    for (let at = 0; at < count; at += rows) {
      const some = Math.min(rows, count - at);
      this.logits(logits, at, some);
      kernels.scoreTokens.launch([some], {
        ...{ logits, targets: targets.view(at * 4), scores: scores.view(at * 4), count: config.vocabulary, ...score },
      });
    }
  }

  attend(index: number): void {
    const { attentions, layers } = this.#host;
    attentions[index]!.chunk(layers[index]!, this.#buffers.qkv, this.#chunk, this.#buffers.attention);
  }
}
