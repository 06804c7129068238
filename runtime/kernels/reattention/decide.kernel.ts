import {
  atomicAdd,
  debugBarrier,
  dtypeOf,
  gdcLaunchDependents,
  gdcWait,
  kernel,
  load,
  type Ptr,
  programId,
  store,
  to,
} from "tilescript";
import { attendLocal, type Beside } from "./beside.js";
import { type Choosing, chooseFromPicks } from "./choose.js";
import { middleLength } from "./middle.js";
import { pickRow, queryOf, type StepPicks } from "./row.js";

/**
 * `reattentionPick` and, by the program that is last, `reattentionChoose`: for a step with few picks, which does without a kernel's start
 * between them. `finished` i32 [1] is zero before and after. The first programs are one a row; what further ones do says beside.ts.
 */
export const reattentionDecide = kernel(
  <T extends "f16" | "bf16">(
    p: StepPicks<T> & {
      finished: Ptr<"i32">;
    } & Choosing &
      Beside<T>,
  ) => {
    // The pass over the keys, which comes directly before, waited for all that is before it: only what it writes itself is to be waited for.
    const total = load(p.position) + p.queries;
    const rows = p.queries * p.G * p.kvHeads;
    if (programId(0) < rows) {
      const length = middleLength(total, p.global, p.local);
      // Rounded as the pass over the keys saw it.
      const query = to(queryOf(p, p.q, programId(0), p.queries), dtypeOf(p.keys));
      gdcWait();
      gdcLaunchDependents();
      pickRow(p, query, length);
      // All picks and votes come before the count that publishes them.
      debugBarrier();
      if (atomicAdd(p.finished, 1) === rows - 1) {
        store(p.finished, 0);
        chooseFromPicks(p, rows, total);
      }
    } else {
      gdcLaunchDependents();
      attendLocal(p, programId(0) - rows, total);
    }
  },
  {
    defaults: {
      warps: 4,
      stages: 1,
      pdl: true,
      alignment: "required",
      divisible: ["pointers", "qRow", "partRow"],
    },
  },
);
