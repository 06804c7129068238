import { arange, type Const, col, type Int, kernel, load, type Ptr, programId, row, to } from "tilescript";
import { storeQuantized } from "./reattention-quantize.js";

/**
 * Keys [tokens, KV heads · D] from token `first` on, `count` of them, in 8 bits: program (BT tokens, KV head) writes their codes, beside each
 * other as the keys are, and `bounds` [tokens, KV heads], the scale and the bound of each.
 */
export const reattentionQuantize = kernel(
  <T extends "f16" | "bf16">({
    keys,
    codes,
    bounds,
    first,
    count,
    kvHeads,
    D,
    DP,
    BT,
  }: {
    keys: Ptr<T>;
    codes: Ptr<"i8">;
    bounds: Ptr<"i32">;
    first: Int;
    count: Int;
    kvHeads: Int;
    D: Const<"D">;
    DP: Const<"DP">;
    /** Tokens of a program. */
    BT: Const<"BT">;
  }) => {
    const kvHead = programId(1);
    const index = programId(0) * BT + arange(0, BT);
    const column = row(arange(0, DP));
    const there = index < count;
    const token = first + index;
    const at = (to(col(token), "i64") * kvHeads + kvHead) * D + column;
    const key = load(keys + at, { mask: col(there) && column < D, other: 0 });
    storeQuantized(to(key, "f32"), token, there, codes, bounds, kvHead, kvHeads, D, DP);
  },
  { defaults: { warps: 4, stages: 1, alignment: "required", divisible: ["keys", "codes", "bounds"] } },
);
