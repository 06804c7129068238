import type { Allocator } from "../device/allocations.js";
import type { Device, GrowableBuffer } from "../device/device.js";
import { OutOfMemoryError } from "../device/errors.js";
import { cdiv } from "../tiling.js";
import type { ModelConfig } from "./config.js";
import { rowBytes } from "./sizes.js";

/** One layer's keys without positions and values, bf16 [capacity, KV heads · D] each. Memory is committed as tokens come. */
export interface LayerCache {
  readonly keys: GrowableBuffer;
  readonly values: GrowableBuffer;
}

export const cacheBytesPerToken = (config: ModelConfig): number => config.layers * 2 * rowBytes(config);

/** Pages of the driver: a cache of few tokens holds one for each buffer of each layer. */
const PAGE = 2 << 20;

export function reserveCache(memory: Allocator, config: ModelConfig, capacity: number): LayerCache[] {
  const bytes = capacity * rowBytes(config);
  const reserve = () => memory.reserve(bytes, { step: PAGE });
  return Array.from({ length: config.layers }, () => ({ keys: reserve(), values: reserve() }));
}

/** Tokens that would fit a cache in the memory that is free now, with some left for what else a model allocates. */
export function tokensThatFit(device: Device, config: ModelConfig, reserved = 0): number {
  const pages = 2 * config.layers * device.traits.page;
  return Math.max(0, Math.floor(((device.memory().free - reserved) * 0.95 - pages) / cacheBytesPerToken(config)));
}

/** Tokens whose keys and values fit what is committed in every layer. */
export function tokensHeld(caches: readonly LayerCache[], config: ModelConfig): number {
  return Math.floor(Math.min(...buffersOf(caches).map(({ committed }) => committed)) / rowBytes(config));
}

/** Commits memory for `tokens` tokens in every layer. Throws OutOfMemoryError, and what was there stays. */
export function growCache(caches: readonly LayerCache[], config: ModelConfig, tokens: number): void {
  const bytes = tokens * rowBytes(config);
  const growing = buffersOf(caches).filter(({ committed }) => committed < bytes);
  requireFree(growing, cdiv(bytes, PAGE) * PAGE);
  for (const buffer of growing) buffer.grow(bytes);
}

/** Throws before any buffer grows: what some layers had taken and others did not get would be of no use to a shorter sequence. */
function requireFree(growing: readonly GrowableBuffer[], bytes: number): void {
  const device = growing[0]?.device;
  // Where pages cost nothing, what was reserved is not free any more.
  if (!device?.traits.page) return;
  const { free, total } = device.memory();
  const committed = growing.reduce((sum, buffer) => sum + buffer.committed, 0);
  const wanted = growing.length * bytes;
  if (wanted - committed > free) throw new OutOfMemoryError({ wanted, committed, free, total });
}

const buffersOf = (caches: readonly LayerCache[]): GrowableBuffer[] =>
  caches.flatMap(({ keys, values }) => [keys, values]);
