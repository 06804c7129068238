import {
  arange,
  type Const,
  cdiv,
  col,
  floorDiv,
  type Int,
  load,
  mod,
  type Ptr,
  programId,
  reshape,
  row,
  type Tile,
  to,
} from "tilescript";
import { takeBest } from "./best.js";
import { settle } from "./settle.js";

/*
 * The second step of retrieval: the topK best keys of each row, from what the pass over the keys kept. One program a row. Rows are
 * numbered KV head · rows of a KV head + query · G + head of the group. Gives picks [rows, topK], −1 where there are fewer, and adds the votes to
 * `counts` [middle], which must be zero before; `reattentionNarrow` sets it back.
 */

/** Parameters of every kernel that scores the best parts again. */
export interface Scoring {
  /** Picks a row. */
  topK: Int;
  G: Const<"G">;
  /** Parts and keys that are scored again: a power of two of at least 8 and topK + 4 (classes.ts). */
  KC: Const<"KC">;
  /** Parts scored at a time, a divisor of KC. */
  C: Const<"C">;
  /** Rows of a product that the device wants at least. */
  QR: Const<"QR">;
  D: Const<"D">;
  DP: Const<"DP">;
  OUTER: Const<"OUTER">;
  CLASSES: Const<"CLASSES">;
  INNER: Const<"INNER">;
}

/** Parameters of picks from the maxima of parts, [rows, partRow], and of SUPER blocks of them, [rows, superRow]. */
export type FromMaxima<T extends "f16" | "bf16"> = {
  keys: Ptr<T>;
  parts: Ptr<"f32">;
  supers: Ptr<"f32">;
  picks: Ptr<"i32">;
  counts: Ptr<"i32">;
  global: Int;
  kvHeads: Int;
  partRow: Int;
  superRow: Int;
} & Scoring & {
    SUPER: Const<"SUPER">;
    /** A power of two that the supers of the longest middle do not exceed. */
    SUPERS: Const<"SUPERS">;
  };

/** Parameters of a decode step's picks, from what `reattentionScan` gives. */
export type StepPicks<T extends "f16" | "bf16"> = {
  q: Ptr<"f32">;
  position: Ptr<"i32">;
  queries: Int;
  qRow: Int;
  local: Int;
} & FromMaxima<T>;

/** A row's query [DP]. */
export function queryOf(p: { qRow: number; G: number; D: number; DP: number }, q: Ptr, line: number, queries: number) {
  const member = mod(line, queries * p.G);
  const head = floorDiv(line, queries * p.G) * p.G + mod(member, p.G);
  const column = arange(0, p.DP);
  return load(q + floorDiv(member, p.G) * p.qRow + head * p.D + column, { mask: column < p.D, other: 0 });
}

/** The picks of a row of a decode step. */
export function pickRow<T extends "f16" | "bf16">(p: StepPicks<T>, query: Tile, length: number) {
  const line = programId(0);
  pickFromMaxima(p, query, length, floorDiv(line, p.queries * p.G), line, line);
}

/** The picks of row `line` of KV head `kvHead`, whose maxima are in row `kept`: the best of its supers, of their parts the best, of their keys the best. */
export function pickFromMaxima<T extends "f16" | "bf16">(
  p: FromMaxima<T>,
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
  const [out, stride] = [p.picks + line * p.topK, p.kvHeads * p.D];
  settle(p, query, head, length, stride, best, out, p.counts);
}
