import { powerOfTwo } from "../../tiling.js";

/** A model's attention heads: query head h reads KV head h div (heads / kvHeads). */
export interface Heads {
  readonly heads: number;
  readonly kvHeads: number;
  readonly headSize: number;
}

/** The constants that kernels take for heads, with the powers of two that hold them. */
export function headConstants({ heads, kvHeads, headSize }: Heads) {
  return {
    G: heads / kvHeads,
    GM: powerOfTwo(heads / kvHeads),
    D: headSize,
    DP: powerOfTwo(headSize),
    HALF: headSize / 2,
    // A product needs 16 columns.
    HALFP: Math.max(16, powerOfTwo(headSize / 2)),
    HP: powerOfTwo(heads),
    KVP: powerOfTwo(kvHeads),
  };
}

/** Of a combination of splits: what a program's registers hold of all heads of a group at a time. */
const COMBINED = 8192;

/** How many of `SPLITS` are combined at a time, each [GM, DP]. */
export const combinedPart = (SPLITS: number, { GM, DP }: { readonly GM: number; readonly DP: number }): number =>
  Math.min(SPLITS, Math.max(1, COMBINED / (GM * DP)));
