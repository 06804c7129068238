import { arange, type Const, col, type Int, kernel, load, type Ptr, programId, row, to } from "tilescript";
import { storeQuantized } from "./quantize.js";

/**
 * Keys [tokens, KV heads · D] from token `first` on, `count` of them, in 8 bits: program (BT tokens, KV head) writes their codes and
 * `bounds`, the scale and the bound of each, where `placeOfCodes` says.
 */
export const reattentionQuantize = kernel(
  <T extends "f16" | "bf16">(p: {
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
    const index = programId(0) * p.BT + arange(0, p.BT);
    const column = row(arange(0, p.DP));
    const there = index < p.count;
    const token = p.first + index;
    const at = (to(col(token), "i64") * p.kvHeads + kvHead) * p.D + column;
    const key = load(p.keys + at, { mask: col(there) && column < p.D, other: 0 });
    storeQuantized(p, to(key, "f32"), token, there, kvHead);
  },
  { defaults: { warps: 4, stages: 1, alignment: "required", divisible: ["pointers"] } },
);
