import { reshape, sum, type Tile } from "tilescript";

/** Σ over all columns of sums [R, B, 16] that threads kept apart: once, since it goes across them. */
export function rowSums(sums: Tile, R: number, B: number) {
  return sum(reshape(sums, [R, B * 16]), 1);
}
