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
  type Tile,
  to,
} from "tilescript";
import { attendLocal, type Beside } from "./beside.js";
import { certify } from "./certify.js";
import { type Choosing, chooseFromPicks } from "./choose.js";
import { middleLength } from "./middle.js";
import { pickRow, queryOf, type StepPicks } from "./row.js";

/** `finished` counts the programs of rows that have ended: zero before and after. */
type Deciding<T extends "f16" | "bf16"> = StepPicks<T> & Choosing & Beside<T> & { finished: Ptr<"i32"> };

/**
 * A program's part of a decision: the picks of its row, from what was read `early`, and by the program that is last, after `last`, the window. The first
 * programs are one a row; what further ones do says beside.ts.
 */
function decide(
  p: Deciding<"f16" | "bf16">,
  early: () => number,
  pick: (query: Tile, length: number, read: number) => void,
  last: (read: number) => void,
) {
  // The pass over the keys, which comes directly before, waited for all that is before it: only what it writes itself is to be waited for.
  const total = load(p.position) + p.queries;
  const rows = p.queries * p.G * p.kvHeads;
  if (programId(0) < rows) {
    const length = middleLength(total, p.global, p.local);
    // Rounded as the pass over the keys saw it.
    const query = to(queryOf(p, p.q, programId(0), p.queries), dtypeOf(p.keys));
    const read = early();
    gdcWait();
    gdcLaunchDependents();
    pick(query, length, read);
    // All picks and votes come before the count that publishes them.
    debugBarrier();
    if (atomicAdd(p.finished, 1) === rows - 1) {
      last(read);
      chooseFromPicks(p, rows, total);
    }
  } else {
    gdcLaunchDependents();
    attendLocal(p, programId(0) - rows, total);
  }
}

/**
 * `reattentionPick` and, by the program that is last, `reattentionChoose`: for a step with few picks, which does without a kernel's start
 * between them. `finished` is i32 [1].
 */
export const reattentionDecide = kernel(
  <T extends "f16" | "bf16">(p: StepPicks<T> & { finished: Ptr<"i32"> } & Choosing & Beside<T>) => {
    decide(
      p,
      () => 0,
      (query, length) => pickRow(p, query, length),
      () => store(p.finished, 0),
    );
  },
  {
    defaults: { warps: 4, stages: 1, pdl: true, alignment: "required", divisible: ["pointers", "qRow", "partRow"] },
  },
);

/** Steps that read keys as they are after one whose bounds did not tell them apart. */
const EXACT_STEPS = 1024;

/**
 * The same after `reattentionScanQuantized`: picks from bounds, or where that kept scores, from those. It counts `exactSteps` down, and sets it
 * where many keys had to be looked at. `finished` is i32 [2]; `listed` i32 [rows, 2 · SLOTS] is scratch.
 */
export const reattentionDecideQuantized = kernel(
  <T extends "f16" | "bf16">(
    p: StepPicks<T> & { finished: Ptr<"i32">; exactSteps: Ptr<"i32">; listed: Ptr<"i32"> } & Choosing & Beside<T>,
  ) => {
    decide(
      p,
      () => load(p.exactSteps),
      (query, length, steps) => {
        if (steps > 0 || length < p.longFrom) pickRow(p, query, length);
        else certify(p, query, length, p.finished + 1);
      },
      (steps) => {
        const late = load(p.finished + 1, { cache: "cg" });
        store(p.exactSteps, steps > 0 ? steps - 1 : late > 0 ? EXACT_STEPS : 0);
        store(p.finished, 0);
        store(p.finished + 1, 0);
      },
    );
  },
  {
    defaults: { warps: 4, stages: 1, pdl: true, alignment: "required", divisible: ["pointers", "qRow", "partRow"] },
  },
);
