import {
  arange,
  col,
  type Descriptor,
  dot,
  dtypeOf,
  exp2,
  full,
  loadTensorDescriptor,
  max,
  maximum,
  type Ptr,
  reshape,
  row,
  store,
  type Tile,
  to,
  trans,
  zeros,
} from "tilescript";
import { capped } from "../epilogue.js";
import { absorb } from "./softmax.js";

/* Attention of a block of BM queries of a head to blocks of BN keys and values that lie in order, rotated (FlashAttention-2). */

interface Blocks {
  keys: Descriptor<"f16" | "bf16">;
  values: Descriptor<"f16" | "bf16">;
  out: Ptr<"f16" | "bf16">;
  outRow: number;
  cap: number;
  BM: number;
  BN: number;
  D: number;
  DP: number;
  CAP: boolean;
}

/** The largest score in base 2, the sum of the weights relative to it [BM], and the unnormalised sum of the values [BM, DP]. */
type State = readonly [Tile, Tile, Tile];

/** Nothing seen yet; a finite `least` keeps rows that go on to see nothing from NaN. */
export const unseen = (p: Blocks, least: number): [Tile, Tile, Tile] => [
  full([p.BM], least, "f32"),
  zeros([p.BM], "f32"),
  zeros([p.BM, p.DP], "f32"),
];

/** What is known with the block of keys from `at` on too. `scores` are those of its queries and these keys: −∞ for what is not seen. */
export function withKeys(
  p: Blocks,
  kvHead: number,
  at: number,
  [top, weight, acc]: State,
  scores: (key: Tile) => Tile,
): [Tile, Tile, Tile] {
  const score = scores(reshape(loadTensorDescriptor(p.keys, [at, kvHead, 0]), [p.BN, p.DP]));
  const value = reshape(loadTensorDescriptor(p.values, [at, kvHead, 0]), [p.BN, p.DP]);
  const newTop = maximum(top, max(score, 1));
  const weights = exp2(score - col(newTop));
  const [newWeight, newAcc] = absorb(weights, to(weights, dtypeOf(p.out)), value, top, newTop, weight, acc);
  return [newTop, newWeight, newAcc];
}

/** Scores of queries and keys, in base 2. */
export const scoresOf = (p: Blocks, query: Tile, key: Tile): Tile => capped(dot(query, trans(key)), p.cap, p.CAP);

/** Stores the attention of a head's queries; `rows` are theirs in the block's chunk, which has `count` from `first` on. */
export function leaveRows(p: Blocks, head: number, rows: Tile, first: number, count: number, [, weight, acc]: State) {
  const column = row(arange(0, p.DP));
  store(p.out + col(first + rows) * p.outRow + head * p.D + column, to(acc / col(weight), dtypeOf(p.out)), {
    mask: col(rows) < count && column < p.D,
  });
}
