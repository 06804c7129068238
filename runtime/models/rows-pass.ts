import type { DeviceBuffer } from "../device/device.js";
import { LOGITS_TILE, paddedRows } from "../kernels/linear/product-tiles.js";
import { rowsOfTile, TILES, type Tiles } from "../kernels/tiles.js";
import { cdiv } from "../tiling.js";
import type { ChunkBuffers } from "./chunk-buffers.js";
import { runExperts } from "./chunk-experts.js";
import type { PassHost } from "./host.js";
import { type Inner, type Pass, runLayer } from "./pass.js";
import { isAsItIs, Products } from "./products.js";
import { type Sizes, sizesOf } from "./sizes.js";
import { type LayerWeights, type Matrix, matrixArguments, weightArguments } from "./weights.js";

/** Rows between which `logits` may begin: descriptors begin where memory is aligned, and end where there are rows. */
export const LOGIT_ROWS = LOGITS_TILE.BM;

/** Several tokens on their way through a model, row i of every buffer the i-th one's: what a chunk of a prompt and a step of several sequences share. */
export abstract class RowsPass implements Pass {
  readonly #host: PassHost;
  readonly #buffers: ChunkBuffers;
  readonly #count: number;
  readonly #tiles: Tiles;
  readonly #products: Products;
  protected readonly sizes: Sizes;

  constructor(host: PassHost, buffers: ChunkBuffers, count: number) {
    this.#host = host;
    this.#buffers = buffers;
    this.#count = count;
    this.sizes = sizesOf(host.config);
    this.#tiles = TILES[host.device.traits.tiles];
    this.#products = new Products(host, buffers, count);
  }

  /** i32: the token of each row. */
  protected abstract readonly ids: DeviceBuffer;

  abstract attend(index: number): void;

  /** Embeddings, and all layers. */
  protected through(): void {
    const { weights } = this.#host;
    this.embed(weights.embedding);
    for (const [index, layer] of weights.layers.entries()) runLayer(this, layer, index);
  }

  embed(embedding: Matrix): void {
    const { kernels, config } = this.#host;
    const blockCount = embedding.columns / 32;
    kernels.embed.launch([this.#count, cdiv(blockCount, this.#tiles.embed.B)], {
      ids: this.ids,
      ...matrixArguments(embedding),
      out: this.#buffers.residual,
      scale: config.embeddingScale,
      rowCount: embedding.rows,
      blockCount,
      ...this.#tiles.embed,
    });
  }

  project({ attentionNorm, qkv }: LayerWeights): void {
    this.norm(attentionNorm);
    this.#products.store(this.#buffers.normed, qkv, this.#buffers.qkv);
  }

  normHeads(norms: NonNullable<LayerWeights["headNorms"]>): void {
    const { kernels, config } = this.#host;
    const { heads, kvHeads, rmsEpsilon: epsilon } = config;
    const { D, DP, normedHeadsP: HP } = this.sizes;
    kernels.normHeads.launch([this.#count], {
      ...{ qkv: this.#buffers.qkv, ...norms, epsilon, heads, kvHeads, HP, D, DP },
    });
  }

  join(inner: Inner, matrix: Matrix, norm: DeviceBuffer | undefined): void {
    const { residual } = this.#buffers;
    if (!norm) {
      this.#products.add(this.#buffers[inner], matrix, residual);
      return;
    }
    const { kernels, config } = this.#host;
    this.#products.store(this.#buffers[inner], [matrix], this.#buffers.normed);
    kernels.addNormed.launch([this.#count], {
      ...{ y: this.#buffers.normed, weight: norm, residual, padded: this.sizes.residual, width: config.hidden },
      ...{ epsilon: config.rmsEpsilon, KP: this.sizes.residualP, T: "bf16" },
    });
  }

  gate({ feedForwardNorm, gateUp }: LayerWeights): void {
    this.norm(feedForwardNorm);
    this.#products.gated(this.#buffers.normed, gateUp, this.#buffers.activation);
  }

  experts(layer: LayerWeights, router: Matrix): void {
    this.norm(layer.feedForwardNorm);
    runExperts(this.#host, this.#buffers, this.#count, layer, router);
  }

  /** The residual through an RMS norm, in bf16. */
  protected norm(weight: DeviceBuffer): void {
    const { kernels, config } = this.#host;
    const { residual: x, normed: out } = this.#buffers;
    kernels.rmsNorm.launch([this.#count], {
      ...{ x, weight, out, padded: this.sizes.residual, width: config.hidden, epsilon: config.rmsEpsilon },
      KP: Math.min(this.sizes.residualP, this.#tiles.norm.KP),
    });
  }

  /** Logits f32 [count, vocabulary] of `count` rows from `at` on, a multiple of LOGIT_ROWS, that are through the last norm. */
  protected logits(logits: DeviceBuffer, at: number, count: number): void {
    const { kernels, config, device, weights } = this.#host;
    const { head } = weights;
    const { rows: N, columns: K } = head;
    const a = this.#buffers.normed.view(at * K * 2);
    const cap = { cap: config.logitCap ?? 0, CAP: config.logitCap !== undefined };
    const shared = { logits, M: count, N, tokens: config.tokens, ...cap };
    if (isAsItIs(device, head)) {
      const [tile, bias] = [LOGITS_TILE, head.bias];
      kernels.batchLogitsRows.launch([cdiv(count, tile.BM), cdiv(N, tile.BN)], {
        a: { buffer: a, shape: [paddedRows(count, tile), K], strides: [K, 1] },
        b: { buffer: head.buffer, shape: [N, K], strides: [K, 1] },
        ...{ bias: bias ?? head.buffer, BIAS: bias !== undefined, ...shared, K, ...tile },
      });
      return;
    }
    const { few } = this.#tiles;
    const BM = rowsOfTile(device.traits.tiles, few.BM, count);
    kernels.batchLogits.launch([cdiv(count, BM), cdiv(N, few.BN)], {
      ...{ a, ...weightArguments(head), ...shared, blockCount: K / 32, ...few, BM },
    });
  }
}
