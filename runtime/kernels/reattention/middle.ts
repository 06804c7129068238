import { maximum } from "tilescript";

/** Tokens between the first `global` and the last `local` of a cache of `total`: those that are only seen when picked. */
export function middleLength(total: number, global: number, local: number) {
  return maximum(total - global - local, 0);
}
