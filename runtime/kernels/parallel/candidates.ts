import {
  arange,
  cdiv,
  col,
  floorDiv,
  full,
  type Int,
  load,
  type Ptr,
  range,
  reshape,
  row,
  store,
  sum,
  type Tile,
  to,
  where,
} from "tilescript";
import { placeAmong, takeBest } from "../reattention/best.js";
import type { FromMaxima, Scoring } from "../reattention/row.js";
import { scoreParts } from "../reattention/settle.js";
import { positionOf } from "./dealt.js";

/*
 * What a rank says of the part of the middle that it owns: for each row the topK best of its keys, in the order of one GPU's picks, with their scores
 * in f64, by which those are ordered too (settle.ts): scores [rows, topK], −∞ for none, and positions [rows, topK] from the middle's first token, −1
 * for none. The best of all are among the best of each (merge.kernel.ts). Keys are those that the rank owns, at their slots, and `global` and the
 * length of the middle count them.
 */
export interface Candidates {
  scores: Ptr<"f64">;
  positions: Ptr<"i32">;
  /** Tokens before the middle, whoever owns them. */
  skipped: Int;
  rank: Int;
  ranks: Int;
  block: Int;
}

/** The KC best keys of a row by their scores in f32, from the parts [KC] that may hold them: as `settle`. */
function bestOfParts(p: Scoring, query: Tile, keys: Ptr, length: number, stride: number, parts: Tile): Tile {
  const grouped = reshape(parts, [floorDiv(p.KC, p.C), p.C]);
  const group = arange(0, floorDiv(p.KC, p.C));
  let scores = full([floorDiv(p.KC, p.C), p.C * p.OUTER * p.INNER], -Infinity, "f32");
  let positions = full([floorDiv(p.KC, p.C), p.C * p.OUTER * p.INNER], -1, "i32");
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
  return best;
}

/** Leaves the candidates of row `line` among the keys of the parts [KC]. `keys` is at the KV head of the middle's first own token. */
export function leaveCandidates(
  p: Scoring & Candidates & { global: number },
  query: Tile,
  keys: Ptr,
  length: number,
  stride: number,
  parts: Tile,
  line: number,
) {
  const best = bestOfParts(p, query, keys, length, stride, parts);
  const slot = arange(0, p.KC);
  const column = row(arange(0, p.DP));
  const at = keys + to(col(best), "i64") * stride + column;
  const key = load(at, { mask: col(best) >= 0 && column < p.D, other: 0 });
  const exact = sum(to(to(key, "f32") * to(row(query), "f32"), "f64"), 1);
  const isNumber = best >= 0 && exact >= -Infinity;
  const ranked = where(isNumber, exact, -Infinity);
  const place = placeAmong(ranked, where(best >= 0, best, 2147483647 - p.KC + slot));
  const position = where(isNumber, positionOf(p, p.global + best) - p.skipped, -1);
  store(p.scores + line * p.topK + place, ranked, { mask: place < p.topK });
  store(p.positions + line * p.topK + place, position, { mask: place < p.topK });
}

/** Those of row `line` of KV head `kvHead`, whose maxima are in row `kept`: as `pickFromMaxima`. */
export function candidatesFromMaxima<T extends "f16" | "bf16">(
  p: Omit<FromMaxima<T>, "picks" | "counts"> & Candidates,
  query: Tile,
  length: number,
  kvHead: number,
  kept: number,
  line: number,
) {
  const blocks = cdiv(length, p.OUTER * p.CLASSES * p.INNER);
  const number = arange(0, p.SUPERS);
  const peaks = load(p.supers + kept * p.superRow + number, { mask: number < cdiv(blocks, p.SUPER), other: -Infinity });
  const [, top] = takeBest(peaks, number, p.KC, p.topK);
  const part = reshape(col(top) * (p.SUPER * p.CLASSES) + row(arange(0, p.SUPER * p.CLASSES)), [
    p.KC * p.SUPER * p.CLASSES,
  ]);
  const there = part >= 0 && part < blocks * p.CLASSES;
  const maxima = load(p.parts + kept * p.partRow + part, { mask: there, other: -Infinity });
  const [, best] = takeBest(maxima, part, p.KC, p.topK);
  const head = p.keys + (to(p.global, "i64") * p.kvHeads + kvHead) * p.D;
  leaveCandidates(p, query, head, length, p.kvHeads * p.D, best, line);
}
