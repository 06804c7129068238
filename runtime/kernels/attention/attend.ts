import {
  arange,
  type Const,
  col,
  dot,
  dtypeOf,
  exp2,
  full,
  load,
  type Mask,
  max,
  maximum,
  type Ptr,
  range,
  row,
  sum,
  type Tile,
  to,
  trans,
  where,
  zeros,
} from "tilescript";
import { capped } from "../epilogue.js";
import { turned } from "./rotary.js";
import { absorb } from "./softmax.js";

/*
 * One new token's attention to a run of keys, by a program for all G query heads of a KV head with one read of K and V. Keys come from the
 * cache without positions. Scores depend on distances alone, so a block's keys are rotated by their place in it, whose angles stay in
 * registers, and the query by its distance from the block: no table is read along with the keys.
 */

/** What a kernel is compiled for. */
export interface HeadTiles {
  /** Query heads of a KV head, and a power of two that holds them: as many rows as a product must have. */
  G: Const<"G">;
  GP: Const<"GP">;
  D: Const<"D">;
  DP: Const<"DP">;
  HALF: Const<"HALF">;
  HALFP: Const<"HALFP">;
  SPLITS: Const<"SPLITS">;
  BN: Const<"BN">;
  CAP: Const<"CAP", boolean>;
}

export interface Attending extends HeadTiles {
  q: Ptr<"f32">;
  keys: Ptr<"f16" | "bf16">;
  values: Ptr<"f16" | "bf16">;
  cosine: Ptr<"f32">;
  sine: Ptr<"f32">;
  scale: number;
  cap: number;
  kvHeads: number;
  rotaryRow: number;
}

/** Cosines and sines of the places in a block, [BN, HALFP] each. */
export function anglesOfBlock(p: Attending): [Tile, Tile] {
  const half = row(arange(0, p.HALFP));
  const place = col(arange(0, p.BN)) * p.rotaryRow + half;
  const used = half < p.HALF;
  return [load(p.cosine + place, { mask: used, other: 0 }), load(p.sine + place, { mask: used, other: 0 })];
}

/** Cosines and sines of the query's distance from the beginning of a block, [1, HALFP] each. */
export function angleOf(p: Attending, distance: number): [Tile, Tile] {
  const half = row(arange(0, p.HALFP));
  const angle = distance * p.rotaryRow + half;
  const used = half < p.HALF;
  return [load(p.cosine + angle, { mask: used, other: 0 }), load(p.sine + angle, { mask: used, other: 0 })];
}

/** A block's keys in their halves [BN, HALFP], and its values [BN, DP]. */
type Block = readonly [Tile, Tile, Tile];

/** The largest score in base 2, the sum of the weights relative to it [GP], and the unnormalised sum of the values [GP, DP]. */
type State = readonly [Tile, Tile, Tile];

/** Keys and values of a KV head at these places in the cache, as far as they are `inside`; else 0. */
export function blockAt(p: Attending, kvHead: number, token: Tile, inside: Mask): Block {
  const half = row(arange(0, p.HALFP));
  const column = row(arange(0, p.DP));
  // In 64 bits: a cache of millions of tokens has more elements than 31 bits count.
  const cell = col((to(token, "i64") * p.kvHeads + kvHead) * p.D);
  const seen = col(inside) && half < p.HALF;
  const key1 = load(p.keys + cell + half, { mask: seen, other: 0 });
  const key2 = load(p.keys + cell + p.HALF + half, { mask: seen, other: 0 });
  const value = load(p.values + cell + column, { mask: col(inside) && column < p.D, other: 0 });
  return [key1, key2, value];
}

/** The group's queries in their halves, times the scale: [GP, HALFP] each. */
export function queryHalves(p: Attending, kvHead: number): [Tile, Tile] {
  const half = row(arange(0, p.HALFP));
  const group = arange(0, p.GP);
  const at = p.q + col(kvHead * p.G + group) * p.D + half;
  const there = col(group < p.G) && half < p.HALF;
  return [load(at, { mask: there, other: 0 }) * p.scale, load(at + p.HALF, { mask: there, other: 0 }) * p.scale];
}

/** No score is as low. */
export const BELOW_ALL = -3.4028234663852886e38;

/** Before the first key. Where a block may have none that counts, `top` is a number below every score. */
export const nothingSeen = (p: Attending, top = -Infinity): State => [
  full([p.GP], top, "f32"),
  zeros([p.GP], "f32"),
  zeros([p.GP, p.DP], "f32"),
];

/** What is known with a block, of whose keys those that are `inside` count, for queries that turn by their distance from it. */
export function withBlock(
  p: Attending,
  [query1, query2]: readonly [Tile, Tile],
  [key1, key2, value]: Block,
  [keyCosine, keySine]: readonly [Tile, Tile],
  [cosine, sine]: readonly [Tile, Tile],
  inside: Mask,
  [top, weight, sumOfValues]: State,
): State {
  const [turned1, turned2] = turned(query1, query2, cosine, sine);
  const [k1, k2] = turned(to(key1, "f32"), to(key2, "f32"), keyCosine, keySine);
  const partialScore = dot(to(turned1, dtypeOf(p.keys)), trans(to(k1, dtypeOf(p.keys))));
  const allScores = dot(to(turned2, dtypeOf(p.keys)), trans(to(k2, dtypeOf(p.keys))), { acc: partialScore });
  const score = where(row(inside), capped(allScores, p.cap, p.CAP), -Infinity);
  const newTop = maximum(top, max(score, 1));
  const weights = exp2(score - col(newTop));
  const [newWeight, newSum] = absorb(weights, to(weights, dtypeOf(p.values)), value, top, newTop, weight, sumOfValues);
  return [newTop, newWeight, newSum];
}

/** A token's own key in its halves [1, HALFP], and its value [1, DP]; 0 where they are not `mine`. */
export function ownAt(p: Attending, kvHead: number, now: number, mine: boolean): Block {
  const half = row(arange(0, p.HALFP));
  const column = row(arange(0, p.DP));
  const cell = (to(now, "i64") * p.kvHeads + kvHead) * p.D;
  const seen = mine && half < p.HALF;
  return [
    load(p.keys + cell + half, { mask: seen, other: 0 }),
    load(p.keys + cell + p.HALF + half, { mask: seen, other: 0 }),
    load(p.values + cell + column, { mask: mine && column < p.D, other: 0 }),
  ];
}

/** What is known with the token's own key too, if it is `mine`. At no distance nothing turns, but tables may stretch what they turn, by any row as much. */
export function withOwn(
  p: Attending,
  [query1, query2]: readonly [Tile, Tile],
  [key1, key2, value]: Block,
  [cosine, sine]: readonly [Tile, Tile],
  mine: boolean,
  [top, weight, sumOfValues]: State,
): State {
  const stretched = cosine * cosine + sine * sine;
  const product = sum((query1 * to(key1, "f32") + query2 * to(key2, "f32")) * stretched, 1);
  const score = where(mine, capped(product, p.cap, p.CAP), top);
  const newTop = maximum(top, score);
  const [keep, own] = [exp2(top - newTop), where(mine, exp2(score - newTop), 0)];
  return [newTop, weight * keep + own, sumOfValues * col(keep) + to(value, "f32") * col(own)];
}

/** What is known with the keys from index `start` to before `end` too, for the token at index `now`. `tokens` says where in the cache indices are. */
export function alongKeys(
  p: Attending,
  kvHead: number,
  queries: readonly [Tile, Tile],
  start: number,
  end: number,
  now: number,
  angles: readonly [Tile, Tile],
  tokens: (index: Tile, inside: Mask) => Tile,
  seen: State,
): State {
  let [top, weight, sumOfValues] = seen;
  // Whatever else the kernel does: as many blocks on their way as registers and shared memory hold.
  for (const from of range(start, end, p.BN, { numStages: p.DP > 128 ? 2 : 3 })) {
    const index = from + arange(0, p.BN);
    const inside = index < end;
    const block = blockAt(p, kvHead, tokens(index, inside), inside);
    const [turn, state] = [angleOf(p, now - from), [top, weight, sumOfValues] as const];
    [top, weight, sumOfValues] = withBlock(p, queries, block, angles, turn, inside, state);
  }
  return [top, weight, sumOfValues];
}

/** All of that from the first key on: the unnormalised sum of the values [GP, DP], the largest score in base 2 and the sum of the weights relative to it [GP]. */
export function attend(
  p: Attending,
  kvHead: number,
  start: number,
  end: number,
  now: number,
  angles: readonly [Tile, Tile],
  tokens: (index: Tile, inside: Mask) => Tile,
) {
  const queries = queryHalves(p, kvHead);
  const nothing = nothingSeen(p);
  const [top, weight, sumOfValues] = alongKeys(p, kvHead, queries, start, end, now, angles, tokens, nothing);
  return { top, weight, sumOfValues };
}
