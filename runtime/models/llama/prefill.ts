import type { Allocator } from "../../device/allocations.js";
import type { DeviceBuffer } from "../../device/device.js";
import { cdiv } from "../../tiling.js";
import type { ModelConfig } from "../config.js";
import type { Matrix } from "../matrix.js";
import type { DecodeContext } from "./decode.js";
import { type KernelLauncher, weightArguments } from "./launcher.js";
import { scoreScale } from "./score-scale.js";
import type { LayerCache } from "./state.js";

/** From so many tokens on, writing a matrix out as bf16 once and multiplying at full speed beats dequantising inside the product. */
const MANY_TOKENS = 128;

/** Scratch of a prefill of up to `tokens` tokens over a window of up to `positions`. */
export interface PrefillBuffers {
  readonly tokens: number;
  readonly ids: DeviceBuffer;
  /** f32 [tokens, hidden] */
  readonly residual: DeviceBuffer;
  /** bf16 [tokens, hidden] */
  readonly normed: DeviceBuffer;
  /** bf16 [tokens, (heads + 2 · KV heads) · D] */
  readonly qkv: DeviceBuffer;
  /** bf16 [tokens, heads · D] */
  readonly attention: DeviceBuffer;
  /** bf16 [tokens, 2 · feedForward] for few tokens, [tokens, feedForward] for many. */
  readonly gateUp: DeviceBuffer;
  readonly activation: DeviceBuffer;
  /** bf16 [positions, KV heads · D]: a layer's keys with their rotation. */
  readonly window: DeviceBuffer;
  /** bf16: the largest matrix of a layer. */
  readonly matrix: DeviceBuffer;
}

export function allocatePrefill(
  memory: Allocator,
  config: ModelConfig,
  tokens: number,
  positions: number,
): PrefillBuffers {
  const { hidden, heads, kvHeads, headSize, feedForward } = config;
  const bf16 = (elements: number) => memory.alloc(elements * 2);
  return {
    tokens,
    ids: memory.alloc(tokens * 4),
    residual: memory.alloc(tokens * hidden * 4),
    normed: bf16(tokens * hidden),
    qkv: bf16(tokens * (heads + 2 * kvHeads) * headSize),
    attention: bf16(tokens * heads * headSize),
    gateUp: bf16(Math.min(tokens, MANY_TOKENS) * 2 * feedForward),
    activation: bf16(tokens * feedForward),
    window: bf16(positions * kvHeads * headSize),
    matrix: bf16(Math.max(2 * feedForward * hidden, (heads + 2 * kvHeads) * headSize * hidden)),
  };
}

/** A run of tokens at positions `past` … `past + count − 1`; of windowed attention one or more of its chunks. */
export interface Chunk {
  readonly count: number;
  readonly past: number;
  /** Whether the queries select what they see of the middle, or see everything. */
  readonly selects: boolean;
  /** Whether the prompt ends with it. */
  readonly last: boolean;
}

/** Tokens `buffers.ids` [count] through all layers, their keys and values into the cache; the residual of token i is at row i. */
export function prefillChunk(context: DecodeContext, buffers: PrefillBuffers, chunk: Chunk): void {
  const { launcher, config, weights } = context;
  const blockCount = config.hidden / 32;
  launcher.run("embed", [chunk.count, cdiv(blockCount, launcher.tiles.embed.B)], {
    ids: buffers.ids,
    ...weightArguments(weights.embedding),
    out: buffers.residual,
    rowCount: config.vocabulary,
    blockCount,
    ...launcher.tiles.embed,
  });
  for (const index of weights.layers.keys()) prefillLayer(context, buffers, chunk, index);
}

function prefillLayer(context: DecodeContext, buffers: PrefillBuffers, chunk: Chunk, index: number): void {
  const layer = context.weights.layers[index]!;
  const product = new Products(context.launcher, buffers, chunk.count);

  product.norm(buffers.residual, layer.attentionNorm, context.config);
  product.store(buffers.normed, layer.qkv, buffers.qkv);
  if (chunk.selects) windowedAttention(context, buffers, chunk, index);
  else denseAttention(context, buffers, chunk, context.caches[index]!);
  product.add(buffers.attention, layer.out, buffers.residual);

  product.norm(buffers.residual, layer.feedForwardNorm, context.config);
  product.swiglu(buffers.normed, layer.gateUp, buffers.activation);
  product.add(buffers.activation, layer.down, buffers.residual);
}

/** Attention of the chunk over everything before it, whose keys are rotated into a window first. */
function denseAttention(
  { launcher, config, rotary }: DecodeContext,
  buffers: PrefillBuffers,
  { count, past }: Chunk,
  cache: LayerCache,
): void {
  const { heads, kvHeads, headSize } = config;
  const { G, D, HALF, HP, KVP } = launcher.heads;
  launcher.run("rotateAppend", [count], {
    qkv: buffers.qkv,
    ...cache,
    ...rotary,
    firstPosition: past,
    scale: scoreScale(headSize),
    heads,
    kvHeads,
    HP,
    KVP,
    D,
    HALF,
  });
  launcher.run("rotateKeys", [past + count], {
    keys: cache.keys,
    window: buffers.window,
    ...rotary,
    kvHeads,
    KVP,
    D,
    HALF,
  });
  const { BM } = launcher.tiles.prefillAttention;
  const window = { shape: [past + count, kvHeads * D], strides: [kvHeads * D, 1] };
  const qkvRow = (heads + 2 * kvHeads) * D;
  launcher.run("prefillAttention", [cdiv(count, BM), heads], {
    q: { buffer: buffers.qkv, shape: [count, qkvRow], strides: [qkvRow, 1] },
    keys: { buffer: buffers.window, ...window },
    values: { buffer: cache.values, ...window },
    out: buffers.attention,
    queries: count,
    past,
    outRow: heads * D,
    group: G,
    D,
    ...launcher.tiles.prefillAttention,
  });
}

/** Attention of the chunks, each over the window that its queries select. */
function windowedAttention(
  { launcher, config, windowed, caches }: DecodeContext,
  { qkv, attention }: PrefillBuffers,
  { count, past, last }: Chunk,
  index: number,
): void {
  const cache = caches[index]!;
  const { heads, kvHeads } = config;
  const { D, KVP } = launcher.heads;
  launcher.run("appendCache", [count], { qkv, ...cache, firstPosition: past, heads, kvHeads, KVP, D });
  windowed!.prefill({ qkv, row: (heads + 2 * kvHeads) * D, count, past }, cache, attention);
  // The next layer selects in the same place.
  if (last) windowed!.keep(index, count);
}

/** The matrix products of a chunk: dequantised inside the product for few tokens, through a bf16 copy of the matrix for many. */
class Products {
  readonly #launcher: KernelLauncher;
  readonly #buffers: PrefillBuffers;
  readonly #count: number;

  constructor(launcher: KernelLauncher, buffers: PrefillBuffers, count: number) {
    this.#launcher = launcher;
    this.#buffers = buffers;
    this.#count = count;
  }

  norm(x: DeviceBuffer, weight: DeviceBuffer, { hidden, rmsEpsilon }: ModelConfig): void {
    const { KP } = this.#launcher.tiles.norm;
    this.#launcher.run("rmsNorm", [this.#count], {
      x,
      weight,
      out: this.#buffers.normed,
      width: hidden,
      epsilon: rmsEpsilon,
      KP,
    });
  }

  /** out [count, rows] = a · Wᵀ */
  store(a: DeviceBuffer, matrix: Matrix, out: DeviceBuffer): void {
    if (this.#count < MANY_TOKENS) this.#few(a, matrix, out, this.#buffers.residual, "store");
    else this.#many("matmul", a, matrix, out, matrix.rows);
  }

  /** residual [count, rows] += a · Wᵀ */
  add(a: DeviceBuffer, matrix: Matrix, residual: DeviceBuffer): void {
    if (this.#count < MANY_TOKENS) this.#few(a, matrix, this.#buffers.qkv, residual, "add");
    else this.#many("matmulAdd", a, matrix, residual, matrix.rows);
  }

  /** out [count, F] = silu(a · gateᵀ) · (a · upᵀ) for the stacked matrix [gate; up]. */
  swiglu(a: DeviceBuffer, matrix: Matrix, out: DeviceBuffer): void {
    const F = matrix.rows / 2;
    if (this.#count >= MANY_TOKENS) {
      this.#many("matmulSwiglu", a, matrix, out, F);
      return;
    }
    this.#few(a, matrix, this.#buffers.gateUp, this.#buffers.residual, "store");
    const { BLOCK } = this.#launcher.tiles.swiglu;
    this.#launcher.run("swiglu", [this.#count, cdiv(F, BLOCK)], { gateUp: this.#buffers.gateUp, out, F, BLOCK });
  }

  #few(a: DeviceBuffer, matrix: Matrix, c: DeviceBuffer, residual: DeviceBuffer, EPILOGUE: "store" | "add"): void {
    const tiles = this.#launcher.tiles.few;
    this.#launcher.run("matmulQuantized", [cdiv(this.#count, tiles.BM), cdiv(matrix.rows, tiles.BN)], {
      a,
      ...weightArguments(matrix),
      c,
      residual,
      M: this.#count,
      N: matrix.rows,
      blockCount: matrix.columns / 32,
      EPILOGUE,
      ...tiles,
    });
  }

  #many(
    kernel: "matmul" | "matmulAdd" | "matmulSwiglu",
    a: DeviceBuffer,
    matrix: Matrix,
    c: DeviceBuffer,
    N: number,
  ): void {
    const b = matrix.format === "bf16" ? matrix.buffer : this.#dequantized(matrix);
    const K = matrix.columns;
    const tiles = this.#launcher.tiles[kernel];
    this.#launcher.run(kernel, [cdiv(this.#count, tiles.BM) * cdiv(N, tiles.BN)], {
      a: { buffer: a, shape: [this.#count, K], strides: [K, 1] },
      b: { buffer: b, shape: [matrix.rows, K], strides: [K, 1] },
      c,
      M: this.#count,
      N,
      K,
      ...tiles,
    });
  }

  #dequantized(matrix: Matrix): DeviceBuffer {
    const tiles = this.#launcher.tiles.dequantize;
    const out = this.#buffers.matrix;
    this.#launcher.run("dequantizeMatrix", [cdiv(matrix.rows, tiles.R), cdiv(matrix.columns / 32, tiles.B)], {
      ...weightArguments(matrix),
      out,
      rowCount: matrix.rows,
      blockCount: matrix.columns / 32,
      ...tiles,
    });
    return out;
  }
}
