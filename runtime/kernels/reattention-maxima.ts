import { arange, col, floorDiv, max, maximum, mod, type Ptr, row, store, type Tile, where } from "tilescript";
import { classMaxima, LEAST } from "./reattention-classes.js";

/**
 * Keeps the maxima of a block's scores [RP, keys], whose first key is `from`, in the `parts` of the rows `line`, and with the last block of a
 * super, or of all, the super's in `supers`. Gives the maxima of the super so far [RP], from those of its blocks before.
 */
export function keepMaxima(
  scores: Tile,
  best: Tile,
  from: number,
  last: boolean,
  parts: Ptr<"f32">,
  supers: Ptr<"f32">,
  line: Tile,
  mine: boolean,
  partRow: number,
  superRow: number,
  RP: number,
  OUTER: number,
  CLASSES: number,
  INNER: number,
  SUPER: number,
): Tile {
  const maxima = classMaxima(scores, RP, OUTER, CLASSES, INNER);
  const number = floorDiv(from, OUTER * CLASSES * INNER);
  store(parts + col(line) * partRow + number * CLASSES + row(arange(0, CLASSES)), maxima, { mask: col(mine) });
  const ofSuper = maximum(best, max(maxima, 1));
  const done = mod(number, SUPER) === SUPER - 1 || last;
  store(supers + line * superRow + floorDiv(number, SUPER), ofSuper, { mask: mine && done });
  return where(done, LEAST, ofSuper);
}
