import { arange, full, max, min, range, type Tile, where } from "tilescript";

/**
 * The COUNT largest of x [N], largest first, and their indices; of equal ones the lower index first. −∞ is never taken: where there are
 * too few others, values are −∞ and indices −1.
 */
export function takeBest(x: Tile, index: Tile, COUNT: number): [Tile, Tile] {
  const slot = arange(0, COUNT);
  let left = x;
  let values = full([COUNT], -Infinity, "f32");
  let indices = full([COUNT], -1, "i32");
  for (const place of range(COUNT)) {
    const best = max(left, 0);
    const at = min(where(left === best, index, 2147483647), 0);
    const mine = slot === place && best > -Infinity;
    values = where(mine, best, values);
    indices = where(mine, at, indices);
    left = where(index === at, -Infinity, left);
  }
  return [values, indices];
}
