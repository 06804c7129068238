import { arange, load, type Mask, type Ptr, range, rsqrt, sum, type Tile, zeros } from "tilescript";

/**
 * 1 / root mean square of x[0 … width−1] (arXiv 1910.07467, section 4), read KP elements at a time. `padded` elements are there; those from
 * `width` on are zero.
 */
export function inverseRms(x: Ptr<"f32">, padded: number, width: number, KP: number, epsilon: number) {
  const index = arange(0, KP);
  let squares = zeros([KP], "f32");
  for (const start of range(0, padded, KP)) {
    const values = load(x + start + index, { mask: start + index < padded, other: 0 });
    squares += values * values;
  }
  return rsqrt(sum(squares, 0) / width + epsilon);
}

/** Elements of x at `columns`, scaled by the norm's weight and the inverse root mean square. */
export function normed(x: Ptr<"f32">, weight: Ptr<"f32">, columns: Tile, mask: Mask, inverse: number) {
  return load(x + columns, { mask, other: 0 }) * load(weight + columns, { mask, other: 0 }) * inverse;
}
