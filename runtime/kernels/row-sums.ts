import { sum, type Tile } from "tilescript";

/** Σ over columns of two halves of blocks: [R, B, 16] · [B, 16] → [R]. */
export function rowSums(low: Tile, high: Tile, xLow: Tile, xHigh: Tile): Tile {
  return sum(sum(low * xLow + high * xHigh, 2), 1);
}
