import {
  arange,
  type Const,
  gdcLaunchDependents,
  gdcWait,
  type Int,
  kernel,
  load,
  max,
  type Ptr,
  range,
  where,
  zeros,
} from "tilescript";
import { emit, progressOf } from "./emit.js";

/** The token with the largest logit, from each program's best of `decodeLogits`; ties go to the lower token. */
export const sampleGreedy = kernel(
  (p: {
    bestLogit: Ptr<"f32">;
    bestRow: Ptr<"i32">;
    state: Ptr<"i32">;
    ring: Ptr<"i32">;
    count: Int;
    ringSize: Int;
    BLOCK: Const<"BLOCK">;
  }) => {
    const progress = progressOf(p.state);
    gdcWait();
    gdcLaunchDependents();
    const index = arange(0, p.BLOCK);
    let top = zeros([p.BLOCK], "f32") - Infinity;
    let row = zeros([p.BLOCK], "i32");
    for (const start of range(0, p.count, p.BLOCK)) {
      const mask = start + index < p.count;
      const logit = load(p.bestLogit + start + index, { mask, other: -Infinity });
      const candidate = load(p.bestRow + start + index, { mask, other: 0 });
      const better = logit > top || (logit === top && candidate < row);
      row = where(better, candidate, row);
      top = where(better, logit, top);
    }
    const best = max(top, 0);
    // Programs interleave rows, so among equal logits the lowest row is looked for, not the lowest lane.
    emit(p.state, p.ring, -max(where(top === best, -row, -2147483647), 0), p.ringSize, progress);
  },
  { defaults: { warps: 4, stages: 1, pdl: true, alignment: "required", divisible: ["pointers"] } },
);
