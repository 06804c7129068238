import {
  arange,
  atomicAdd,
  broadcastTo,
  cdiv,
  col,
  dot,
  floorDiv,
  full,
  load,
  max,
  maximum,
  type Ptr,
  range,
  reshape,
  row,
  store,
  sum,
  type Tile,
  to,
  trans,
  where,
} from "tilescript";
import { placeAmong, takeBest } from "./best.js";
import { keyOfPart, LEAST } from "./classes.js";
import type { Scoring } from "./row.js";

/**
 * Scores the keys of parts [C] (−1: none) → scores and positions, [C · OUTER · INNER] each. −∞ is where there is no key, LEAST stands for
 * −∞ and NaN. `keys` is at the KV head of the middle's first token, `stride` elements before the next one's. The query [DP] is repeated
 * QR times, as many rows as a product must have.
 */
export function scoreParts(
  p: { QR: number; D: number; DP: number; OUTER: number; CLASSES: number; INNER: number },
  query: Tile,
  keys: Ptr,
  length: number,
  stride: number,
  parts: Tile,
  C: number,
): [Tile, Tile] {
  const column = row(arange(0, p.DP));
  const each = keyOfPart(col(parts), row(arange(0, p.OUTER * p.INNER)), p.OUTER, p.CLASSES, p.INNER);
  const positions = reshape(where(col(parts) >= 0, each, length), [C * p.OUTER * p.INNER]);
  const there = positions < length;
  const at = keys + to(col(positions), "i64") * stride + column;
  const key = load(at, { mask: col(there) && column < p.D, other: 0 });
  const scores = max(dot(broadcastTo(row(query), [p.QR, p.DP]), trans(key)), 0);
  return [where(there, maximum(scores, LEAST), -Infinity), positions];
}

/** Gives a row's picks [K] and votes for them. A pick of −1 is none. */
function vote(picks: Ptr<"i32">, counts: Ptr<"i32">, place: Tile, position: Tile, K: number) {
  store(picks + place, position, { mask: place < K });
  atomicAdd(counts + position, 1, { mask: place < K && position >= 0, sem: "relaxed" });
}

/** The K best of the keys at `best` [KC], −1 for none, by their scores in f64. */
export function order(
  p: { topK: number; KC: number; D: number; DP: number },
  query: Tile,
  keys: Ptr,
  stride: number,
  best: Tile,
  picks: Ptr<"i32">,
  counts: Ptr<"i32">,
) {
  const slot = arange(0, p.KC);
  const column = row(arange(0, p.DP));
  const at = keys + to(col(best), "i64") * stride + column;
  const key = load(at, { mask: col(best) >= 0 && column < p.D, other: 0 });
  const exact = sum(to(to(key, "f32") * to(row(query), "f32"), "f64"), 1);
  const isNumber = best >= 0 && exact >= -Infinity;
  const ranked = where(isNumber, exact, -Infinity);
  const tied = where(best >= 0, best, 2147483647 - p.KC + slot);
  vote(picks, counts, placeAmong(ranked, tied), where(isNumber, best, -1), p.topK);
}

/**
 * The K best keys of a row, from the parts [KC] that may hold them, best first, −1 behind them. Their keys are scored in f32, C parts at a time, and the
 * KC best of them in f64, where products of halves and their sums are as good as exact: so the order is that of the true scores, equal
 * ones by position. Where parts are whole blocks it is the approximate pick of the paper's released kernel, for comparison: the best key of each.
 */
export function settle(
  p: Scoring,
  query: Tile,
  keys: Ptr,
  length: number,
  stride: number,
  parts: Tile,
  picks: Ptr<"i32">,
  counts: Ptr<"i32">,
) {
  if (p.CLASSES === 1) {
    const slot = arange(0, p.KC);
    let found = full([p.KC], -1, "i32");
    for (const place of range(p.topK)) {
      const block = reshape(sum(where(slot === place, parts, 0), 0), [1]);
      const [scores, positions] = scoreParts({ ...p, OUTER: 1, CLASSES: 1 }, query, keys, length, stride, block, 1);
      const [, best] = takeBest(scores, positions, 1, 1);
      found = where(slot === place, best, found);
    }
    vote(picks, counts, slot, found, p.topK);
  } else {
    const grouped = reshape(parts, [floorDiv(p.KC, p.C), p.C]);
    const group = arange(0, floorDiv(p.KC, p.C));
    let scores = full([floorDiv(p.KC, p.C), p.C * p.OUTER * p.INNER], -Infinity, "f32");
    let positions = full([floorDiv(p.KC, p.C), p.C * p.OUTER * p.INNER], -1, "i32");
    // Those wanted come first.
    for (const turn of range(0, cdiv(sum(to(parts >= 0, "i32"), 0), p.C), { numStages: 3 })) {
      const some = sum(where(col(group) === turn, grouped, 0), 0);
      const [newScores, newPositions] = scoreParts(p, query, keys, length, stride, some, p.C);
      scores = where(col(group) === turn, row(newScores), scores);
      positions = where(col(group) === turn, row(newPositions), positions);
    }
    const [, best] = takeBest(
      reshape(scores, [p.KC * p.OUTER * p.INNER]),
      reshape(positions, [p.KC * p.OUTER * p.INNER]),
      p.KC,
      p.topK,
    );
    order(p, query, keys, stride, best, picks, counts);
  }
}
