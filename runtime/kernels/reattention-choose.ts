import {
  arange,
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
import { middleLength } from "./reattention-middle.js";
import { mostVoted } from "./reattention-most.js";

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
  candidate: Tile,
  found: Tile,
  total: number,
  global: number,
  local: number,
  span: number,
  clip: number,
  unordered: Ptr<"i32">,
  kept: Ptr<"i32">,
  selected: Ptr<"i32">,
  window: Ptr<"i32">,
  CP: number,
  W: number,
) {
  const middle = middleLength(total, global, local);
  const stays = mostVoted(candidate, found, clip);
  const count = sum(to(stays, "i32"), 0);

  // Ascending: a position's place is the number of lower ones.
  const slot = arange(0, CP);
  store(unordered + cumsum(to(stays, "i32"), 0) - 1, candidate, { mask: stays });
  debugBarrier();
  const own = load(unordered + slot, { mask: slot < count, other: 0 });
  let place = zeros([CP], "i32");
  for (const from of range(0, count, W)) {
    const other = from + arange(0, W);
    const lower = row(load(unordered + other, { mask: other < count, other: 2147483647 })) < col(own);
    place += sum(to(lower, "i32"), 1);
  }
  store(kept + place, own, { mask: slot < count });
  debugBarrier();

  // Spans are equally long, so their ends ascend too, and each brings what lies behind the end of the one before.
  const there = slot < count;
  const first = load(kept + slot, { mask: there, other: 0 }) - (span >> 1);
  const before = load(kept + slot - 1, { mask: there && slot > 0, other: 0 }) - (span >> 1);
  const end = minimum(first + span, middle);
  const start = maximum(first, where(slot > 0, minimum(before + span, middle), 0));
  const size = where(there, maximum(end - start, 0), 0);
  const offset = cumsum(size, 0) - size;
  for (const step of range(span))
    store(selected + offset + step, global + start + step, { mask: there && step < size });
  const chosen = sum(size, 0);
  store(window, chosen);
  store(window + 4, total - middle + chosen - 1);
  store(window + 8, count);
}
