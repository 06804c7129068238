import {
  arange,
  atomicAdd,
  cdiv,
  col,
  cumsum,
  debugBarrier,
  floorDiv,
  full,
  load,
  max,
  maximum,
  type Ptr,
  programId,
  range,
  reshape,
  row,
  store,
  sum,
  type Tile,
  to,
  where,
} from "tilescript";
import { largest, takeBest, worthFrom } from "./best.js";
import { LEAST } from "./classes.js";
import type { StepPicks } from "./row.js";
import { order, scoreParts } from "./settle.js";
import { SLOTS } from "./tiles.js";

/*
 * Picks from what scores are at the most (quantize.ts): the keys of the most promising parts are scored as they are, and no part is
 * left out that may hold a better key than the K-th of those. So the picks are exact. How many parts that are depends on how close keys
 * are to each other: usually few, and where keys repeat, all.
 */

/** Where `wanted` [N] stands in the order of those that are. */
const placeOf = (wanted: boolean) => cumsum(to(wanted, "i32"), 0) - 1;

/** Of the best scores [KC] at positions [KC] and of further ones [W], the KC best. */
function merge(best: Tile, at: Tile, scores: Tile, positions: Tile, KC: number, W: number): [Tile, Tile] {
  const same = col(arange(0, KC)) === row(arange(0, W));
  const held = max(where(same, col(best), -Infinity), 0);
  const heldAt = max(where(same, col(at), -1), 0);
  const half = col(arange(0, 2));
  const all = where(half === 0, row(held), row(scores));
  const allAt = where(half === 0, row(heldAt), row(positions));
  return takeBest(reshape(all, [2 * W]), reshape(allAt, [2 * W]), KC, KC);
}

/** Parts that are scored at a time: at least topK. */
const FIRST = 4;

/**
 * The picks of a program's row, whose query is [DP], and votes for them. Up to SLOTS parts are scored at once, with `listed` [rows, 2 · SLOTS] as scratch;
 * where there are more, one after the other, and `late` counts the row.
 */
export function certify(
  p: StepPicks<"f16" | "bf16"> & { listed: Ptr<"i32"> },
  query: Tile,
  length: number,
  late: Ptr<"i32">,
) {
  const line = programId(0);
  const keys = p.keys + (to(p.global, "i64") * p.kvHeads + floorDiv(line, p.queries * p.G)) * p.D;
  const stride = p.kvHeads * p.D;
  const parts = p.parts + line * p.partRow;
  const supers = p.supers + line * p.superRow;
  const listed = p.listed + line * (2 * SLOTS);
  const picks = p.picks + line * p.topK;
  const keysOfPart = p.OUTER * p.INNER;
  const partsOfSuper = p.SUPER * p.CLASSES;
  const blocks = cdiv(length, p.CLASSES * keysOfPart);
  const number = arange(0, p.SUPERS);
  const peaks = load(supers + number, { mask: number < cdiv(blocks, p.SUPER), other: -Infinity });
  const within = row(arange(0, partsOfSuper));

  // The most promising parts say what a key must reach: each has a key as good as its best.
  const [, top] = takeBest(peaks, number, FIRST, FIRST);
  const near = reshape(where(col(top) >= 0, col(top) * partsOfSuper + within, -1), [FIRST * partsOfSuper]);
  const highest = load(parts + near, { mask: near >= 0 && near < blocks * p.CLASSES, other: -Infinity });
  const [, first] = takeBest(highest, near, FIRST, FIRST);
  const [firstScores, firstAt] = scoreParts(p, query, keys, length, stride, first, FIRST);
  const reached = largest(max(reshape(firstScores, [FIRST, keysOfPart]), 1), p.topK, FIRST);
  const least = maximum(worthFrom(reached), LEAST);

  const slot = arange(0, SLOTS);
  const high = peaks >= least;
  const superCount = sum(to(high, "i32"), 0);
  store(listed + placeOf(high), number, { mask: high && placeOf(high) < SLOTS });
  debugBarrier();
  const some = load(listed + slot, { mask: slot < superCount, other: -1 });
  const part = reshape(where(col(some) >= 0, col(some) * partsOfSuper + within, -1), [SLOTS * partsOfSuper]);
  const most = load(parts + part, { mask: part >= 0 && part < blocks * p.CLASSES, other: -Infinity });
  // The first parts' scores are there already.
  const again = max(where(col(first) === row(part), 1, 0), 0) > 0;
  const wanted = most >= least && !again;
  const count = sum(to(wanted, "i32"), 0);
  if (superCount <= SLOTS && count <= SLOTS - FIRST) {
    store(listed + SLOTS + placeOf(wanted), part, { mask: wanted });
    debugBarrier();
    const group = arange(0, floorDiv(SLOTS, FIRST));
    const isLast = col(group) === floorDiv(SLOTS, FIRST) - 1;
    let scores = where(isLast, row(firstScores), -Infinity);
    let positions = where(isLast, row(firstAt), -1);
    for (const turn of range(0, cdiv(count, FIRST))) {
      const at = turn * FIRST + arange(0, FIRST);
      const next = load(listed + SLOTS + at, { mask: at < count, other: -1 });
      const [newScores, newPositions] = scoreParts(p, query, keys, length, stride, next, FIRST);
      scores = where(col(group) === turn, row(newScores), scores);
      positions = where(col(group) === turn, row(newPositions), positions);
    }
    const [, best] = takeBest(
      reshape(scores, [SLOTS * keysOfPart]),
      reshape(positions, [SLOTS * keysOfPart]),
      p.KC,
      p.topK,
    );
    order(p, query, keys, stride, best, picks, p.counts);
  } else {
    let best = full([p.KC], -Infinity, "f32");
    let bestAt = full([p.KC], -1, "i32");
    for (const one of range(cdiv(blocks, p.SUPER))) {
      if (load(supers + one) >= least) {
        for (const turn of range(floorDiv(partsOfSuper, FIRST))) {
          const next = one * partsOfSuper + turn * FIRST + arange(0, FIRST);
          const highs = load(parts + next, { mask: next < blocks * p.CLASSES, other: -Infinity });
          if (max(highs, 0) >= least) {
            const some = where(highs >= least, next, -1);
            const [newScores, newPositions] = scoreParts(p, query, keys, length, stride, some, FIRST);
            [best, bestAt] = merge(best, bestAt, newScores, newPositions, p.KC, FIRST * keysOfPart);
          }
        }
      }
    }
    order(p, query, keys, stride, bestAt, picks, p.counts);
    atomicAdd(late, 1, { sem: "relaxed" });
  }
}
