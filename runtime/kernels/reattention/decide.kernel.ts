import {
  atomicAdd,
  debugBarrier,
  dtypeOf,
  gdcLaunchDependents,
  gdcWait,
  kernel,
  load,
  numPrograms,
  type Ptr,
  programId,
  store,
  to,
} from "tilescript";
import { type Choosing, chooseFromPicks } from "./choose.js";
import { middleLength } from "./middle.js";
import { pickRow, queryOf, type StepPicks } from "./row.js";

/**
 * `reattentionPick` and, by the program that is last, `reattentionChoose`: for a step with few picks, which does without a kernel's start
 * between them. `finished` i32 [1] is zero before and after.
 */
export const reattentionDecide = kernel(
  <T extends "f16" | "bf16">(
    p: StepPicks<T> & {
      finished: Ptr<"i32">;
    } & Choosing,
  ) => {
    // The pass over the keys, which comes directly before, waited for all that is before it: only what it writes itself is to be waited for.
    const total = load(p.position) + p.queries;
    const length = middleLength(total, p.global, p.local);
    // Rounded as the pass over the keys saw it.
    const query = to(queryOf(p, p.q, programId(0), p.queries), dtypeOf(p.keys));
    gdcWait();
    gdcLaunchDependents();
    pickRow(p, query, length);
    // All picks and votes come before the count that publishes them.
    debugBarrier();
    if (atomicAdd(p.finished, 1) === numPrograms(0) - 1) {
      store(p.finished, 0);
      chooseFromPicks(p, total);
    }
  },
  {
    defaults: {
      warps: 4,
      stages: 1,
      pdl: true,
      alignment: "required",
      divisible: [
        "q",
        "keys",
        "position",
        "parts",
        "supers",
        "picks",
        "counts",
        "qRow",
        "partRow",
        "unordered",
        "kept",
        "selected",
        "window",
      ],
    },
  },
);
