import {
  arange,
  atomicExchange,
  type Const,
  col,
  cumsum,
  debugBarrier,
  type Int,
  load,
  maximum,
  minimum,
  type Ptr,
  range,
  row,
  store,
  sum,
  type Tile,
  to,
  where,
  zeros,
} from "tilescript";
import { middleLength } from "./middle.js";
import { mostVoted } from "./most.js";

/** Parameters of a kernel that makes a step's picks and, in its last program, the window; as for `reattentionChoose`. */
export interface Choosing {
  unordered: Ptr<"i32">;
  kept: Ptr<"i32">;
  selected: Ptr<"i32">;
  window: Ptr<"i32">;
  span: Int;
  clip: Int;
  /** A power of two that the picks of all rows do not exceed. */
  N: Const<"N">;
  CP: Const<"CP">;
  W: Const<"W">;
}

/**
 * A chunk's window, by one program: of candidates [N] and the votes `found` for them, 0 where there is none, the `clip` best, their spans
 * within the middle of a cache of `total` tokens, merged and in order. Gives `kept` [CP], `selected` and `window` as `reattentionChoose` does;
 * `unordered` [CP] is scratch: W places are compared with all at a time.
 */
export function chooseWindow(
  p: Choosing & { global: number; local: number },
  candidate: Tile,
  found: Tile,
  total: number,
) {
  const middle = middleLength(total, p.global, p.local);
  const stays = mostVoted(candidate, found, p.clip);
  const count = sum(to(stays, "i32"), 0);

  // Ascending: a position's place is the number of lower ones.
  const slot = arange(0, p.CP);
  store(p.unordered + cumsum(to(stays, "i32"), 0) - 1, candidate, { mask: stays });
  debugBarrier();
  const own = load(p.unordered + slot, { mask: slot < count, other: 0 });
  let place = zeros([p.CP], "i32");
  for (const from of range(0, count, p.W)) {
    const other = from + arange(0, p.W);
    const lower = row(load(p.unordered + other, { mask: other < count, other: 2147483647 })) < col(own);
    place += sum(to(lower, "i32"), 1);
  }
  store(p.kept + place, own, { mask: slot < count });
  debugBarrier();

  // Spans are equally long, so their ends ascend too, and each brings what lies behind the end of the one before.
  const there = slot < count;
  const first = load(p.kept + slot, { mask: there, other: 0 }) - (p.span >> 1);
  const before = load(p.kept + slot - 1, { mask: there && slot > 0, other: 0 }) - (p.span >> 1);
  const end = minimum(first + p.span, middle);
  const start = maximum(first, where(slot > 0, minimum(before + p.span, middle), 0));
  const size = where(there, maximum(end - start, 0), 0);
  const offset = cumsum(size, 0) - size;
  for (const step of range(p.span))
    store(p.selected + offset + step, p.global + start + step, { mask: there && step < size });
  const chosen = sum(size, 0);
  store(p.window, chosen);
  store(p.window + 4, total - middle + chosen - 1);
  store(p.window + 8, count);
}

/** The window of a step whose programs have all left the picks and votes of its rows, by the last of them. */
export function chooseFromPicks(
  p: Choosing & { picks: Ptr<"i32">; counts: Ptr<"i32">; topK: number; global: number; local: number },
  rows: number,
  total: number,
) {
  const index = arange(0, p.N);
  // Other programs wrote these: past L1.
  const pick = load(p.picks + index, { mask: index < rows * p.topK, other: -1, cache: "cg" });
  const found = where(pick >= 0, atomicExchange(p.counts + pick, 0, { mask: pick >= 0, sem: "relaxed" }), 0);
  chooseWindow(p, pick, found, total);
}
