import {
  arange,
  atomicAdd,
  atomicExchange,
  debugBarrier,
  dtypeOf,
  floorDiv,
  gdcLaunchDependents,
  gdcWait,
  kernel,
  load,
  numPrograms,
  type Ptr,
  programId,
  store,
  to,
  where,
} from "tilescript";
import { certify } from "./reattention-certify.js";
import { type Choosing, chooseWindow } from "./reattention-choose.js";
import { middleLength } from "./reattention-middle.js";
import { pickRow, queryOf, type StepPicks } from "./reattention-row.js";
import { SLOTS } from "./reattention-tiles.js";

/** Parts that are scored at a time: at least topK. */
const FIRST = 4;

/** Steps that read keys as they are after one whose bounds did not tell them apart. */
const EXACT_STEPS = 1024;

/**
 * `reattentionDecide` after `reattentionScanQuantized`: picks from bounds, or where `exactSteps` is not 0, from maxima. It counts `exactSteps` down, and sets it
 * where many keys had to be looked at. `finished` i32 [2] is zero before and after; `listed` i32 [rows, 2 · SLOTS] is scratch.
 */
export const reattentionDecideQuantized = kernel(
  <T extends "f16" | "bf16">({
    q,
    keys,
    position,
    parts,
    supers,
    picks,
    counts,
    queries,
    qRow,
    global,
    local,
    kvHeads,
    partRow,
    superRow,
    topK,
    G,
    KC,
    C,
    QR,
    D,
    DP,
    OUTER,
    CLASSES,
    INNER,
    SUPER,
    SUPERS,
    finished,
    exactSteps,
    listed,
    unordered,
    kept,
    selected,
    window,
    span,
    clip,
    N,
    CP,
    W,
  }: StepPicks<T> & {
    finished: Ptr<"i32">;
    exactSteps: Ptr<"i32">;
    listed: Ptr<"i32">;
  } & Choosing) => {
    // The pass over the keys, which comes directly before, waited for all that is before it: only what it writes itself is to be waited for.
    const total = load(position) + queries;
    const length = middleLength(total, global, local);
    // Rounded as the pass over the keys saw it.
    const query = to(queryOf(q, programId(0), queries, qRow, G, D, DP), dtypeOf(keys));
    const steps = load(exactSteps);
    gdcWait();
    gdcLaunchDependents();
    if (steps > 0)
      pickRow(
        query,
        keys,
        length,
        parts,
        supers,
        picks,
        counts,
        queries,
        global,
        kvHeads,
        partRow,
        superRow,
        topK,
        G,
        KC,
        C,
        QR,
        D,
        DP,
        OUTER,
        CLASSES,
        INNER,
        SUPER,
        SUPERS,
      );
    else {
      const line = programId(0);
      const head = keys + (to(global, "i64") * kvHeads + floorDiv(line, queries * G)) * D;
      certify(
        query,
        head,
        length,
        kvHeads * D,
        parts + line * partRow,
        supers + line * superRow,
        listed + line * (2 * SLOTS),
        finished + 1,
        picks + line * topK,
        counts,
        topK,
        FIRST,
        SLOTS,
        KC,
        QR,
        D,
        DP,
        OUTER,
        CLASSES,
        INNER,
        SUPER,
        SUPERS,
      );
    }
    // All picks and votes come before the count that publishes them.
    debugBarrier();
    if (atomicAdd(finished, 1) === numPrograms(0) - 1) {
      const late = load(finished + 1, { cache: "cg" });
      store(exactSteps, steps > 0 ? steps - 1 : late > 0 ? EXACT_STEPS : 0);
      store(finished, 0);
      store(finished + 1, 0);
      const index = arange(0, N);
      // Other programs wrote these: past L1.
      const pick = load(picks + index, { mask: index < numPrograms(0) * topK, other: -1, cache: "cg" });
      const found = where(pick >= 0, atomicExchange(counts + pick, 0, { mask: pick >= 0, sem: "relaxed" }), 0);
      chooseWindow(pick, found, total, global, local, span, clip, unordered, kept, selected, window, CP, W);
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
        "listed",
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
