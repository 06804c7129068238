import {
  arange,
  atomicAdd,
  atomicExchange,
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
  where,
} from "tilescript";
import { type Choosing, chooseWindow } from "./reattention-choose.js";
import { middleLength } from "./reattention-middle.js";
import { pickRow, queryOf, type StepPicks } from "./reattention-row.js";

/**
 * `reattentionPick` and, by the program that is last, `reattentionChoose`: for a step with few picks, which does without a kernel's start
 * between them. `finished` i32 [1] is zero before and after.
 */
export const reattentionDecide = kernel(
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
  } & Choosing) => {
    // The pass over the keys, which comes directly before, waited for all that is before it: only what it writes itself is to be waited for.
    const total = load(position) + queries;
    const length = middleLength(total, global, local);
    // Rounded as the pass over the keys saw it.
    const query = to(queryOf(q, programId(0), queries, qRow, G, D, DP), dtypeOf(keys));
    gdcWait();
    gdcLaunchDependents();
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
    // All picks and votes come before the count that publishes them.
    debugBarrier();
    if (atomicAdd(finished, 1) === numPrograms(0) - 1) {
      store(finished, 0);
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
