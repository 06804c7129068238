import type { DeviceBuffer } from "../../device/device.js";
import type { Rotary } from "../../reattention/window-attention.js";
import type { LayerCache } from "../cache.js";

/** Tokens at positions `past` … `past + count − 1`; of windowed attention one or more of its chunks. */
export interface Chunk {
  readonly count: number;
  readonly past: number;
  /** Whether the queries select what they see of the middle, or see everything. */
  readonly selects: boolean;
  /** Whether the prompt ends with it. */
  readonly last: boolean;
}

/** A layer as attention sees it. */
export interface AttentionLayer {
  readonly index: number;
  readonly cache: LayerCache;
  readonly rotary: Rotary;
  /** i32 on the device: tokens that the cache holds before the one of a decode step, or before a chunk that selects. */
  readonly position: DeviceBuffer;
}

/** How the tokens of a layer see those before them. Both forms queue kernels and wait for nothing. */
export interface Attention {
  /**
   * One token's attention into `out`, f32 [heads · D], for q f32 [heads · D] without position; its key and value are in the cache, at the position
   * that the device knows. Capturable: one recording serves every position.
   */
  token(layer: AttentionLayer, q: DeviceBuffer, out: DeviceBuffer): void;
  /**
   * Attention of a chunk into `out`, bf16 [count, rows of the padded heads · D], from the product `qkv` bf16 [count, (heads + 2 · KV heads) · D]
   * without positions, whose keys and values it puts into the cache. `qkv` is not needed afterwards.
   */
  chunk(layer: AttentionLayer, qkv: DeviceBuffer, chunk: Chunk, out: DeviceBuffer): void;
}
