import type { Allocator } from "../device/allocations.js";
import type { Device, DeviceBuffer } from "../device/device.js";
import { PRODUCT_ROWS } from "../kernels/linear/product-tiles.js";
import { cdiv } from "../tiling.js";
import type { ModelConfig } from "./config.js";
import { allocateExpertBuffers, type ExpertBuffers } from "./experts.js";
import { MANY_TOKENS } from "./products.js";
import { sizesOf } from "./sizes.js";
import { rowsOfStack, type Stack, type Weights } from "./weights.js";
import { allocateWordBuffers, isInWords, type WordBuffers } from "./word-products.js";

/**
 * Scratch of a prefill of up to `tokens` tokens. Rows are padded to whole blocks; behind those of what products read are as many more as fill a
 * tile.
 */
export interface ChunkBuffers {
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
  /** bf16: the largest matrix of a layer, experts apart, that is not bf16 already, nor multiplied in words. */
  readonly matrix: DeviceBuffer;
  /** Where products are in whole numbers. */
  readonly words: WordBuffers | undefined;
  readonly experts: ExpertBuffers | undefined;
}

export function allocateChunkBuffers(
  device: Device,
  memory: Allocator,
  config: ModelConfig,
  weights: Weights,
  tokens: number,
): ChunkBuffers {
  const { residual, qkvRows, attention, activation } = sizesOf(config);
  const bf16 = (elements: number) => memory.alloc(elements * 2);
  const rows = cdiv(tokens, PRODUCT_ROWS) * PRODUCT_ROWS;
  // What is behind their elements and behind the last token is read and never written.
  const cleared = (columns: number) => {
    const buffer = bf16(rows * columns);
    device.fill(buffer, 0);
    return buffer;
  };
  return {
    tokens,
    ids: memory.alloc(tokens * 4),
    residual: memory.alloc(tokens * residual * 4),
    normed: cleared(residual),
    // Written by descriptors' stores, which compute-sanitizer does not see.
    qkv: cleared(qkvRows),
    attention: cleared(attention),
    gateUp: bf16(Math.min(tokens, MANY_TOKENS) * 2 * activation),
    activation: cleared(activation),
    matrix: bf16(largestConverted(device, weights)),
    words: device.traits.tiles === "cpu" ? allocateWordBuffers(memory, stacksOf(weights).flat(), tokens) : undefined,
    experts: config.experts && allocateExpertBuffers(memory, config, config.experts, tokens),
  };
}

/** The matrices of all layers, experts apart. */
const stacksOf = ({ layers }: Weights): Stack[] =>
  layers.flatMap(({ qkv, out, gateUp, down, router }): Stack[] => [
    qkv,
    [out],
    ...(router ? [] : [[gateUp] as const, [down] as const]),
  ]);

function largestConverted(device: Device, weights: Weights): number {
  const converted = stacksOf(weights).filter(
    (stack) => !isInWords(device, stack, 2) && (stack[0].format !== "bf16" || stack.length > 1),
  );
  return Math.max(0, ...converted.map((stack) => rowsOfStack(stack) * stack[0].columns));
}
