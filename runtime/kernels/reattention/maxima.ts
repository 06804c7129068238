import {
  arange,
  type Const,
  col,
  floorDiv,
  type Int,
  load,
  max,
  maximum,
  mod,
  type Ptr,
  row,
  store,
  type Tile,
  where,
} from "tilescript";
import { classMaxima, LEAST } from "./classes.js";

/** Parameters of a pass over the middle's keys, beside the queries and the keys. */
export interface Scanning {
  position: Ptr<"i32">;
  parts: Ptr<"f32">;
  supers: Ptr<"f32">;
  queries: Int;
  qRow: Int;
  global: Int;
  local: Int;
  kvHeads: Int;
  partRow: Int;
  superRow: Int;
  G: Const<"G">;
  /** Power of two of at least 16 that holds queries · G. */
  RP: Const<"RP">;
  D: Const<"D">;
  DP: Const<"DP">;
  BN: Const<"BN">;
  OUTER: Const<"OUTER">;
  CLASSES: Const<"CLASSES">;
  INNER: Const<"INNER">;
  SUPER: Const<"SUPER">;
}

/** The queries of a KV head's rows [RP, DP], `member` in order and `mine` those that there are. */
export function stepQueries(p: Scanning & { q: Ptr<"f32"> }, member: Tile, mine: boolean, kvHead: number) {
  const column = row(arange(0, p.DP));
  const head = kvHead * p.G + mod(member, p.G);
  const at = p.q + col(floorDiv(member, p.G) * p.qRow + head * p.D) + column;
  return load(at, { mask: col(mine) && column < p.D, other: 0 });
}

/**
 * Keeps the maxima of a block's scores [RP, keys], whose first key is `from`, in the `parts` of the rows `line`, and with the last block of a
 * super, or of all, the super's in `supers`. Gives the maxima of the super so far [RP], from those of its blocks before.
 */
export function keepMaxima(
  p: Scanning,
  scores: Tile,
  best: Tile,
  from: number,
  last: boolean,
  line: Tile,
  mine: boolean,
): Tile {
  const maxima = classMaxima(scores, p.RP, p.OUTER, p.CLASSES, p.INNER);
  const number = floorDiv(from, p.OUTER * p.CLASSES * p.INNER);
  store(p.parts + col(line) * p.partRow + number * p.CLASSES + row(arange(0, p.CLASSES)), maxima, { mask: col(mine) });
  const ofSuper = maximum(best, max(maxima, 1));
  const done = mod(number, p.SUPER) === p.SUPER - 1 || last;
  store(p.supers + line * p.superRow + floorDiv(number, p.SUPER), ofSuper, { mask: mine && done });
  return where(done, LEAST, ofSuper);
}
