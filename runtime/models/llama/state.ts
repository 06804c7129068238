import type { Allocator } from "../../device/allocations.js";
import type { Device, DeviceBuffer, GrowableBuffer } from "../../device/device.js";
import { OutOfMemoryError } from "../../device/errors.js";
import { cdiv } from "../../tiling.js";
import type { ModelConfig } from "../config.js";
import type { KernelLauncher, Tiles } from "./launcher.js";

/** Tokens that the ring on the device holds: more than a host may lag behind. */
export const RING = 64;

/** i32 indices within `state`, 16 bytes apart so that each may be loaded as an aligned pointer. */
export const STATE = { position: 0, token: 4, step: 8, length: 12 } as const;

/** What decode steps keep on the device. Sequence length, token and step live here, so that one recorded step serves every position. */
export interface DecodeState {
  readonly state: DeviceBuffer;
  readonly position: DeviceBuffer;
  readonly token: DeviceBuffer;
  readonly ring: DeviceBuffer;
  /** f32 [hidden]: the residual stream of the token. */
  readonly residual: DeviceBuffer;
  readonly q: DeviceBuffer;
  readonly partial: DeviceBuffer;
  readonly peak: DeviceBuffer;
  readonly total: DeviceBuffer;
  /** i32 [KV heads], zero between launches. */
  readonly finished: DeviceBuffer;
  /** f32 [heads · D] */
  readonly attention: DeviceBuffer;
  readonly activation: DeviceBuffer;
  readonly logits: DeviceBuffer;
  readonly bestLogit: DeviceBuffer;
  readonly bestRow: DeviceBuffer;
  /** f32 [inverse temperature, topP] and i32 [topK, seed]: read by the kernel, so that one recorded step serves every request. */
  readonly chances: DeviceBuffer;
  readonly choices: DeviceBuffer;
}

/** Programs of `decodeLogits`: what a GPU runs at a time, at the most one for each block of rows. */
export const logitPrograms = (device: Device, config: ModelConfig, tiles: Tiles): number =>
  Math.min(cdiv(config.vocabulary, tiles.logits.R), device.processors * (device.kind === "cuda" ? 6 : 8));

export function allocateDecodeState({ device, memory, tiles }: KernelLauncher, config: ModelConfig): DecodeState {
  const f32 = (elements: number) => memory.alloc(elements * 4);
  const state = f32(STATE.length);
  const { SPLITS } = tiles.attention;
  const programs = logitPrograms(device, config, tiles);
  const finished = f32(config.kvHeads);
  device.fill(finished, 0);
  return {
    state,
    position: state.view(STATE.position * 4, 4),
    token: state.view(STATE.token * 4, 4),
    ring: f32(RING),
    residual: f32(config.hidden),
    q: f32(config.heads * config.headSize),
    partial: f32(config.heads * SPLITS * config.headSize),
    peak: f32(config.heads * SPLITS),
    total: f32(config.heads * SPLITS),
    finished,
    attention: f32(config.heads * config.headSize),
    activation: f32(config.feedForward),
    logits: f32(config.vocabulary),
    bestLogit: f32(programs),
    bestRow: f32(programs),
    chances: f32(2),
    choices: f32(2),
  };
}

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
export function tokensThatFit(device: Device, config: ModelConfig): number {
  const pages = device.kind === "cuda" ? 2 * config.layers * PAGE : 0;
  return Math.max(0, Math.floor((device.memory().free * 0.95 - pages) / cacheBytesPerToken(config)));
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
  // Of the CPU executor's memory nothing is free that was reserved.
  if (device?.kind !== "cuda") return;
  const { free, total } = device.memory();
  const committed = growing.reduce((sum, buffer) => sum + buffer.committed, 0);
  const wanted = growing.length * bytes;
  if (wanted - committed > free) throw new OutOfMemoryError({ wanted, committed, free, total });
}

const buffersOf = (caches: readonly LayerCache[]): GrowableBuffer[] =>
  caches.flatMap(({ keys, values }) => [keys, values]);

/** Bytes of a token's keys in a layer, and of its values. */
export const rowBytes = ({ kvHeads, headSize }: ModelConfig): number => kvHeads * headSize * 2;
