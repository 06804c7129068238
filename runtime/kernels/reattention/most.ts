import { type Mask, max, maximum, sum, type Tile, to, where } from "tilescript";

/**
 * The `most` positions with the most votes, of equal counts the lower positions; exact, whatever order they come in. `votes` [N] is 0
 * where there is no position; positions [N] are different where it is not. Both thresholds are found by bisection.
 */
export function mostVoted(positions: Tile, votes: Tile, most: number): Mask {
  // The largest count that at least `most` positions reach; 1 where fewer were voted for.
  let count = 1;
  let highest = sum(to(votes >= 1, "i32"), 0) > most ? max(votes, 0) : 1;
  while (count < highest) {
    const middle = highest - ((highest - count) >> 1);
    if (sum(to(votes >= middle, "i32"), 0) >= most) count = middle;
    else highest = middle - 1;
  }
  const above = votes > count;
  const tied = votes === count;
  const room = most - sum(to(above, "i32"), 0);
  // The lowest position up to which the tied ones fill the room.
  let last = maximum(max(where(tied, positions, -1), 0), 0);
  if (sum(to(tied, "i32"), 0) > room) {
    let first = 0;
    while (first < last) {
      const middle = first + ((last - first) >> 1);
      if (sum(to(tied && positions <= middle, "i32"), 0) >= room) last = middle;
      else first = middle + 1;
    }
  }
  return above || (tied && positions <= last);
}
