import {
  abs,
  arange,
  bitcast,
  col,
  floorDiv,
  max,
  mod,
  type Ptr,
  row,
  sqrt,
  store,
  sum,
  type Tile,
  to,
  where,
} from "tilescript";
import { TOGETHER } from "./tiles.js";

/*
 * Keys in 8 bits, for a pass over all of them at half the bytes. A key k becomes codes c of −127 … 127 and a scale s; what is lost,
 * k − s · c, has a norm of at most `bound`. So q · k is at most s · (q · c) + ‖q‖ · bound by the Cauchy–Schwarz inequality, whatever the query
 * is: only keys that may be among the best by this need be looked at as they are.
 *
 * Codes lie [tokens / TOGETHER, KV heads, TOGETHER, D], bounds likewise: a program passes over one KV head, and reads runs of memory instead
 * of a row here and there. Tokens still come at the end, so the memory for them can be committed as they come.
 */

/** Rounded to bf16, a bound must not become smaller. */
const UP = 1.015625;
/** Of ‖q‖ · ‖k‖: queries in two planes of 8 bits are off by up to 2⁻¹² of it, and sums in f32 of up to 256 products by less than 2⁻¹⁴. */
const SUMS = 0.00035;
/** Of the largest element: 1/126, which rounded to bf16 is still above 1/127. */
const PART = 0.00793650794;
/** What squares in f32 lose of the smallest numbers. */
const TINY = 1e-18;
/** Of keys that are smaller or larger, or no numbers, nothing is kept but how large they are. */
const SMALLEST = 1e-30;
const LARGEST = 3e38;

/** Codes of keys x [N, DP], f32, and their scales and bounds [N]. */
function quantized(x: Tile): [Tile, Tile, Tile] {
  const peak = max(abs(x), 1);
  const usable = peak > SMALLEST && peak < LARGEST;
  const scale = where(usable, to(to(peak * PART, "bf16"), "f32"), 0);
  const inverse = where(usable, 1 / where(usable, scale, 1), 0);
  // Truncated from above zero, so that all devices round alike.
  const codes = to(where(col(usable), x, 0) * col(inverse) + 128.5, "i32") - 128;
  const lost = x - to(codes, "f32") * col(scale);
  const bound = sqrt(sum(lost * lost, 1)) * UP + sqrt(sum(x * x, 1)) * SUMS + TINY;
  return [codes, scale, where(bound < LARGEST, bound, Infinity)];
}

/** Where a KV head's key of each token is among codes and bounds, in keys. */
export const placeOfCodes = (token: Tile, kvHeads: number, kvHead: number) =>
  (floorDiv(token, TOGETHER) * kvHeads + kvHead) * TOGETHER + mod(token, TOGETHER);

/**
 * Stores codes of the keys x [N, DP] of one KV head, of the tokens [N], and in `bounds` their scales and bounds: the bits of two
 * bf16 numbers, so that one load brings both.
 */
export function storeQuantized(
  p: { codes: Ptr<"i8">; bounds: Ptr<"i32">; kvHeads: number; D: number; DP: number },
  x: Tile,
  token: Tile,
  there: boolean,
  kvHead: number,
) {
  const column = row(arange(0, p.DP));
  const [code, scale, bound] = quantized(x);
  const place = placeOfCodes(token, p.kvHeads, kvHead);
  const at = to(col(place), "i64") * p.D + column;
  store(p.codes + at, to(code, "i8"), { mask: col(there) && column < p.D });
  const low = bitcast(to(to(bound, "bf16"), "f32"), "i32") >> 16;
  store(p.bounds + place, bitcast(scale, "i32") | (low & 65535), { mask: there });
}

/** Scales and bounds of what `storeQuantized` stored. */
export function scaleAndBound(stored: Tile): [Tile, Tile] {
  return [bitcast(stored & -65536, "f32"), bitcast(stored << 16, "f32")];
}

/**
 * Queries x [RP, DP], f32, as two planes of codes and the scale of the first: x is nearly scale · (high + low / 254). Products of codes are
 * sums of integers, which matrix units add up exactly.
 */
export function queryPlanes(x: Tile): [Tile, Tile, Tile] {
  const scale = max(abs(x), 1) * 0.0078740157480315;
  const inverse = col(where(scale > SMALLEST, 1 / where(scale > SMALLEST, scale, 1), 0));
  const high = to(x * inverse + 128.5, "i32") - 128;
  const low = to((x * inverse - to(high, "f32")) * 254 + 128.5, "i32") - 128;
  return [to(high, "i8"), to(low, "i8"), scale];
}
