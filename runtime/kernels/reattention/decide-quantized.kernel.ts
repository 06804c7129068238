import {
  atomicAdd,
  debugBarrier,
  dtypeOf,
  floorDiv,
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
import { certify } from "./certify.js";
import { type Choosing, chooseFromPicks } from "./choose.js";
import { middleLength } from "./middle.js";
import { pickRow, queryOf, type StepPicks } from "./row.js";
import { SLOTS } from "./tiles.js";

/** Parts that are scored at a time: at least topK. */
const FIRST = 4;

/** Steps that read keys as they are after one whose bounds did not tell them apart. */
const EXACT_STEPS = 1024;

/**
 * `reattentionDecide` after `reattentionScanQuantized`: picks from bounds, or where that kept scores, from those. It counts `exactSteps` down, and sets it
 * where many keys had to be looked at. `finished` i32 [2] is zero before and after; `listed` i32 [rows, 2 · SLOTS] is scratch.
 */
export const reattentionDecideQuantized = kernel(
  <T extends "f16" | "bf16">(
    p: StepPicks<T> & {
      finished: Ptr<"i32">;
      exactSteps: Ptr<"i32">;
      listed: Ptr<"i32">;
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
      const steps = load(p.exactSteps);
      gdcWait();
      gdcLaunchDependents();
      if (steps > 0 || length < p.longFrom) pickRow(p, query, length);
      else {
        const line = programId(0);
        const head = p.keys + (to(p.global, "i64") * p.kvHeads + floorDiv(line, p.queries * p.G)) * p.D;
        certify(
          p,
          query,
          head,
          length,
          p.kvHeads * p.D,
          p.parts + line * p.partRow,
          p.supers + line * p.superRow,
          p.listed + line * (2 * SLOTS),
          p.finished + 1,
          p.picks + line * p.topK,
          FIRST,
          SLOTS,
        );
      }
      // All picks and votes come before the count that publishes them.
      debugBarrier();
      if (atomicAdd(p.finished, 1) === rows - 1) {
        const late = load(p.finished + 1, { cache: "cg" });
        store(p.exactSteps, steps > 0 ? steps - 1 : late > 0 ? EXACT_STEPS : 0);
        store(p.finished, 0);
        store(p.finished + 1, 0);
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
