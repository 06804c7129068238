import { load, type Mask, type Ptr, type Tile, where } from "tilescript";

/**
 * Cache positions of the window's indices: the first `global` tokens, the `count` selected ones, then what follows the middle. A middle
 * of `middle` tokens of which `count` are selected shifts what follows by the difference.
 */
export function windowTokens(
  index: Tile,
  mask: Mask,
  selected: Ptr<"i32">,
  count: number,
  global: number,
  middle: number,
) {
  const fromMiddle = index >= global && index < global + count;
  const chosen = load(selected + index - global, { mask: mask && fromMiddle, other: 0 });
  return where(fromMiddle, chosen, where(index < global, index, index - count + middle));
}
