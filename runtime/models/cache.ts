import type { Allocator } from "../device/allocations.js";
import type { Device, GrowableBuffer } from "../device/device.js";
import { OutOfMemoryError } from "../device/errors.js";
import { TOGETHER } from "../kernels/reattention/tiles.js";
import type { AttentionOptions } from "../reattention/attention-options.js";
import { quantizedBytes, quantizedFrom } from "../reattention/retrieval.js";
import { cdiv } from "../tiling.js";
import type { ModelConfig } from "./config.js";
import { rowBytes } from "./sizes.js";

/** One layer's keys without positions and values, bf16 [capacity, KV heads · D] each. Memory is committed as tokens come. */
export interface LayerCache {
  readonly keys: GrowableBuffer;
  readonly values: GrowableBuffer;
  /** The keys in 8 bits, where decode steps pass over them: `QuantizedKeys`. */
  readonly codes?: GrowableBuffer;
  readonly bounds?: GrowableBuffer;
  /** Where keys are dealt to several ranks, those that this one owns, at their slots (parallel/dealing.ts). They grow with the keys. */
  readonly own?: GrowableBuffer;
}

/** What a layer keeps of every token. */
type Kept = "keys" | "values" | "codes" | "bounds";

/** Bytes of a token in each buffer of each layer. */
export type CacheShape = readonly Readonly<Record<Kept, number>>[];

/** What the layers of a model keep of a token, where they may hold `capacity` tokens. Layers with a window of their own never retrieve. */
export function cacheShape(
  device: Pick<Device, "traits">,
  config: ModelConfig,
  attention: AttentionOptions,
  capacity: number,
): CacheShape {
  const row = rowBytes(config);
  const scans = capacity >= quantizedFromTokens(device, config, attention);
  const none = { codes: 0, bounds: 0 };
  return config.layerKinds.map(({ window }) => ({
    ...{ keys: row, values: row },
    ...(scans && window === undefined ? quantizedBytes(config) : none),
  }));
}

/** Tokens of a cache from which on layers keep their keys in 8 bits too. */
export const quantizedFromTokens = (
  device: Pick<Device, "traits">,
  config: ModelConfig,
  attention: AttentionOptions,
): number =>
  attention.kind === "reattention"
    ? quantizedFrom(device, { ...config, topK: attention.topK })
    : Number.POSITIVE_INFINITY;

/** Tokens of the longest cache that fits into the memory that is free now beside `reserved` bytes. */
export function longestCache(
  device: Device,
  config: ModelConfig,
  attention: AttentionOptions,
  reserved: number,
): number {
  const fits = (capacity: number) => tokensThatFit(device, cacheShape(device, config, attention, capacity), reserved);
  const from = quantizedFromTokens(device, config, attention);
  const quantized = fits(Number.POSITIVE_INFINITY);
  return quantized >= from ? quantized : Math.min(fits(0), from - 1);
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

export const cacheBytesPerToken = (shape: CacheShape): number => sum(shape.flatMap((layer) => Object.values(layer)));

/** Tokens that lie together in a buffer: it holds all of them or none. */
const TOGETHER_IN = { keys: 1, values: 1, codes: TOGETHER, bounds: TOGETHER } as const;

/** Bytes that hold `tokens` tokens. */
const bytesFor = (name: Kept, bytes: number, tokens: number) =>
  cdiv(tokens, TOGETHER_IN[name]) * TOGETHER_IN[name] * bytes;

/** Pages of the driver: a cache of few tokens holds one for each buffer of each layer. */
const PAGE = 2 << 20;

export function reserveCache(memory: Allocator, shape: CacheShape, capacity: number): LayerCache[] {
  const reserve = (name: Kept, bytes: number) => memory.reserve(bytesFor(name, bytes, capacity), { step: PAGE });
  return shape.map(({ keys, values, codes, bounds }) => ({
    ...{ keys: reserve("keys", keys), values: reserve("values", values) },
    ...(codes > 0 ? { codes: reserve("codes", codes), bounds: reserve("bounds", bounds) } : {}),
  }));
}

/** Tokens that would fit a cache in the memory that is free now, with some left for what else a model allocates. */
export function tokensThatFit(device: Device, shape: CacheShape, reserved = 0): number {
  const buffers = sum(shape.map((layer) => Object.values(layer).filter((bytes) => bytes > 0).length));
  const pages = buffers * device.traits.page;
  return Math.max(0, Math.floor(((device.memory().free - reserved) * 0.95 - pages) / cacheBytesPerToken(shape)));
}

/** Tokens whose keys and values fit what is committed in every layer. */
export function tokensHeld(caches: readonly LayerCache[], shape: CacheShape): number {
  const held = buffersOf(caches, shape).map(({ buffer, bytes, name }) => {
    const together = TOGETHER_IN[name];
    return Math.floor(buffer.committed / (together * bytes)) * together;
  });
  return Math.min(...held);
}

/** Commits memory for `tokens` tokens in every layer. Throws OutOfMemoryError, and what was there stays. */
export function growCache(caches: readonly LayerCache[], shape: CacheShape, tokens: number): void {
  const growing = buffersOf(caches, shape)
    .map(({ buffer, bytes, name }) => ({ buffer, wanted: bytesFor(name, bytes, tokens) }))
    .filter(({ buffer, wanted }) => buffer.committed < wanted);
  requireFree(growing);
  for (const { buffer, wanted } of growing) buffer.grow(wanted);
}

/** Throws before any buffer grows: what some layers had taken and others did not get would be of no use to a shorter sequence. */
function requireFree(growing: readonly { readonly buffer: GrowableBuffer; readonly wanted: number }[]): void {
  const device = growing[0]?.buffer.device;
  // Where pages cost nothing, what was reserved is not free any more.
  if (!device?.traits.page) return;
  const { free, total } = device.memory();
  const committed = sum(growing.map(({ buffer }) => buffer.committed));
  const wanted = sum(growing.map((one) => cdiv(one.wanted, PAGE) * PAGE));
  if (wanted - committed > free) throw new OutOfMemoryError({ wanted, committed, free, total });
}

/** Every buffer of a cache, and its bytes of a token. */
const buffersOf = (caches: readonly LayerCache[], shape: CacheShape) =>
  caches.flatMap((cache, layer) =>
    (["keys", "values", "codes", "bounds"] as const).flatMap((name) => {
      const buffer = cache[name];
      return buffer ? [{ name, buffer, bytes: shape[layer]![name] }] : [];
    }),
  );
