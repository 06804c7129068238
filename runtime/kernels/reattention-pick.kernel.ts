import { dtypeOf, gdcLaunchDependents, gdcWait, kernel, load, programId, to } from "tilescript";
import { middleLength } from "./reattention-middle.js";
import { pickRow, queryOf, type StepPicks } from "./reattention-row.js";

/** Picks of a decode step, from `reattentionScan`: the best of its supers, of their parts the best, of their keys the best. */
export const reattentionPick = kernel(
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
  }: StepPicks<T>) => {
    gdcWait();
    gdcLaunchDependents();
    const length = middleLength(load(position) + queries, global, local);
    // Rounded as the pass over the keys saw it.
    const query = to(queryOf(q, programId(0), queries, qRow, G, D, DP), dtypeOf(keys));
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
  },
  {
    defaults: {
      warps: 4,
      stages: 1,
      pdl: true,
      alignment: "required",
      divisible: ["q", "keys", "position", "parts", "supers", "picks", "counts", "qRow", "partRow"],
    },
  },
);
