import { bitcast, load, type Mask, type Ptr, type Tile, to } from "tilescript";
import { loadPairs } from "./numbers.js";

/*
 * Unquantised weights: `block` [R, B, 1] counts blocks of 32 columns, lane is [16]; columns lane and 16 + lane as f32 [R, B, 16].
 */

/** f16 or bf16, whichever the pointer is to. */
export function halves(source: Ptr, block: Tile, mask: Mask, lane: Tile): [Tile, Tile] {
  const at = source + lane + to(block, "i64") * 32;
  return [to(load(at, { mask, other: 0 }), "f32"), to(load(at + 16, { mask, other: 0 }), "f32")];
}

/** f32, joined from the two halves that a pointer to bf16 reaches. */
export function words(bf16: Ptr, block: Tile, mask: Mask, lane: Tile): [Tile, Tile] {
  const at = bf16 + lane * 2 + to(block, "i64") * 64;
  const low = loadPairs(at, mask) | (loadPairs(at + 1, mask) << 16);
  const high = loadPairs(at + 32, mask) | (loadPairs(at + 33, mask) << 16);
  return [bitcast(low, "f32"), bitcast(high, "f32")];
}
