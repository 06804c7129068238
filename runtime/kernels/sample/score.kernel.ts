import {
  arange,
  type Const,
  type Int,
  kernel,
  load,
  max,
  maximum,
  type Ptr,
  programId,
  range,
  store,
  to,
  zeros,
} from "tilescript";
import { logSum } from "./tell.kernel.js";

/**
 * The log probability that each row of `logits` f32 [rows, count] gives to a token, `targets` i32 [rows], into `scores` f32 [rows]. One program a row.
 */
export const scoreTokens = kernel(
  (p: { logits: Ptr<"f32">; targets: Ptr<"i32">; scores: Ptr<"f32">; count: Int; BLOCK: Const<"BLOCK"> }) => {
    const row = programId(0);
    const logits = p.logits + to(row, "i64") * p.count;
    const index = arange(0, p.BLOCK);
    let tops = zeros([p.BLOCK], "f32") - Infinity;
    for (const start of range(0, p.count, p.BLOCK))
      tops = maximum(tops, load(logits + start + index, { mask: start + index < p.count, other: -Infinity }));
    const all = logSum(logits, max(tops, 0), p.count, p.BLOCK);
    store(p.scores + row, load(logits + load(p.targets + row)) - all);
  },
  { defaults: { warps: 8, stages: 1, alignment: "required", divisible: ["pointers"] } },
);
