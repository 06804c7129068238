/** The least time that a device can take: what must be read at its memory's speed, what must be multiplied at its matrix units' rate. */

import type { ModelConfig } from "../../runtime/models/config.js";
import { rowBytes } from "../../runtime/models/sizes.js";
import { quantizedBytes } from "../../runtime/reattention/retrieval.js";

/** A device at its best: TB/s and TFLOP/s. */
export interface Best {
  readonly memoryTBs: number;
  readonly matmulTFLOPs: number;
}

/** Elements of the matrices that every token of a prompt goes through; the output head is for its last one alone. */
const layerElements = ({ layers, hidden, heads, kvHeads, headSize, feedForward }: ModelConfig): number =>
  layers * hidden * ((2 * heads + 2 * kvHeads) * headSize + 3 * feedForward);

/**
 * Milliseconds of a step after `tokens` tokens. Every weight is read (`weightBytes`), and of the cache all keys in 8 bits, which retrieval
 * cannot do without, or all keys and values as they are, as dense attention does.
 */
export function tokenFloor(
  config: ModelConfig,
  weightBytes: number,
  { memoryTBs }: Best,
  tokens: number,
  reads: "quantized keys" | "keys and values",
): number {
  const { codes, bounds } = quantizedBytes(config);
  const row = reads === "quantized keys" ? codes + bounds : 2 * rowBytes(config);
  return (weightBytes + tokens * config.layers * row) / memoryTBs / 1e9;
}

/**
 * Milliseconds to read a prompt of `tokens` tokens. Each goes through the weights, 2 operations an element; in every layer each head's query is
 * multiplied with all keys before it, tokens² / 2 pairs: exact retrieval is that, and dense attention as much again with the values.
 */
export function firstTokenFloor(
  config: ModelConfig,
  { matmulTFLOPs }: Best,
  tokens: number,
  does: "retrieval" | "dense attention",
): number {
  const { layers, heads, headSize } = config;
  const scores = layers * 2 * heads * headSize * (tokens ** 2 / 2);
  const operations = 2 * layerElements(config) * tokens + scores * (does === "retrieval" ? 1 : 2);
  return operations / matmulTFLOPs / 1e9;
}
