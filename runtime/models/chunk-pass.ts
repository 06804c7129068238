import type { DeviceBuffer } from "../device/device.js";
import { TILES, type Tiles } from "../kernels/tiles.js";
import { cdiv } from "../tiling.js";
import type { Chunk } from "./attention/attention.js";
import type { ChunkBuffers } from "./chunk-buffers.js";
import { runExperts } from "./chunk-experts.js";
import type { ModelHost } from "./host.js";
import { type Inner, type Pass, runLayer } from "./pass.js";
import { Products } from "./products.js";
import { type Sizes, sizesOf } from "./sizes.js";
import { type LayerWeights, type Matrix, matrixArguments } from "./weights.js";

/** A chunk of a prompt through the model, its keys and values into the cache; the residual of token i is row i of the buffer. */
export class ChunkPass implements Pass {
  readonly #host: ModelHost;
  readonly #buffers: ChunkBuffers;
  readonly #chunk: Chunk;
  readonly #sizes: Sizes;
  readonly #tiles: Tiles;
  readonly #products: Products;

  constructor(host: ModelHost, buffers: ChunkBuffers, chunk: Chunk) {
    this.#host = host;
    this.#buffers = buffers;
    this.#chunk = chunk;
    this.#sizes = sizesOf(host.config);
    this.#tiles = TILES[host.device.traits.tiles];
    this.#products = new Products(host, buffers, chunk.count);
  }

  run(): void {
    const { weights } = this.#host;
    this.embed(weights.embedding);
    for (const [index, layer] of weights.layers.entries()) runLayer(this, layer, index);
  }

  embed(embedding: Matrix): void {
    const { kernels, config } = this.#host;
    const blockCount = embedding.columns / 32;
    kernels.embed.launch([this.#chunk.count, cdiv(blockCount, this.#tiles.embed.B)], {
      ids: this.#buffers.ids,
      ...matrixArguments(embedding),
      out: this.#buffers.residual,
      scale: config.embeddingScale,
      rowCount: embedding.rows,
      blockCount,
      ...this.#tiles.embed,
    });
  }

  project({ attentionNorm, qkv }: LayerWeights): void {
    this.#norm(attentionNorm);
    this.#products.store(this.#buffers.normed, qkv, this.#buffers.qkv);
  }

  normHeads(norms: NonNullable<LayerWeights["headNorms"]>): void {
    const { kernels, config } = this.#host;
    const { heads, kvHeads, rmsEpsilon: epsilon } = config;
    const { D, DP, normedHeadsP: HP } = this.#sizes;
    kernels.normHeads.launch([this.#chunk.count], {
      ...{ qkv: this.#buffers.qkv, ...norms, epsilon, heads, kvHeads, HP, D, DP },
    });
  }

  attend(index: number): void {
    const { attentions, layers } = this.#host;
    attentions[index]!.chunk(layers[index]!, this.#buffers.qkv, this.#chunk, this.#buffers.attention);
  }

  join(inner: Inner, matrix: Matrix, norm: DeviceBuffer | undefined): void {
    const { residual } = this.#buffers;
    if (!norm) {
      this.#products.add(this.#buffers[inner], matrix, residual);
      return;
    }
    const { kernels, config } = this.#host;
    this.#products.store(this.#buffers[inner], [matrix], this.#buffers.normed);
    kernels.addNormed.launch([this.#chunk.count], {
      ...{ y: this.#buffers.normed, weight: norm, residual, padded: this.#sizes.residual, width: config.hidden },
      ...{ epsilon: config.rmsEpsilon, KP: this.#sizes.residualP, T: "bf16" },
    });
  }

  gate({ feedForwardNorm, gateUp }: LayerWeights): void {
    this.#norm(feedForwardNorm);
    this.#products.gated(this.#buffers.normed, gateUp, this.#buffers.activation);
  }

  experts(layer: LayerWeights, router: Matrix): void {
    this.#norm(layer.feedForwardNorm);
    runExperts(this.#host, this.#buffers, this.#chunk.count, layer, router);
  }

  /** The residual through an RMS norm, in bf16. */
  #norm(weight: DeviceBuffer): void {
    const { kernels, config } = this.#host;
    const { residual: x, normed: out } = this.#buffers;
    kernels.rmsNorm.launch([this.#chunk.count], {
      ...{ x, weight, out, padded: this.#sizes.residual, width: config.hidden, epsilon: config.rmsEpsilon },
      KP: Math.min(this.#sizes.residualP, this.#tiles.norm.KP),
    });
  }
}
