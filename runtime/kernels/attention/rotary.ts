import { load, type Mask, type Ptr, type Tile } from "tilescript";

/**
 * Rotary position embedding (arXiv 2104.09864, section 3.2) of pairs (i, i + D/2). `cosine` and `sine` are tables [positions, D/2].
 * `angle` indexes them: position · D/2 + i, in the shape of the halves.
 */
export function rotate(
  first: Tile,
  second: Tile,
  cosine: Ptr<"f32">,
  sine: Ptr<"f32">,
  angle: Tile,
  mask: Mask,
): [Tile, Tile] {
  const c = load(cosine + angle, { mask, other: 0 });
  const s = load(sine + angle, { mask, other: 0 });
  return turned(first, second, c, s);
}

/** Pairs turned by angles whose cosines and sines are at hand. */
export function turned(first: Tile, second: Tile, c: Tile, s: Tile): [Tile, Tile] {
  return [first * c - second * s, second * c + first * s];
}
