import { dtypeOf, gdcLaunchDependents, gdcWait, kernel, load, programId, to } from "tilescript";
import { middleLength } from "./reattention-middle.js";
import { pickRow, queryOf, type StepPicks } from "./reattention-row.js";
import { CANDIDATES, REATTENTION_GPU, REATTENTION_MODELS } from "./reattention-tiles.js";

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
    builds: REATTENTION_MODELS.flatMap(({ G, D, DP }) =>
      [
        // What a scan of few rows leaves, and one of many: the same where heads are wide.
        ...[REATTENTION_GPU.scan.wide, ...[REATTENTION_GPU.scan.narrow].filter(() => DP <= 64)].flatMap((tiles) => [
          ...REATTENTION_GPU.supers.map((SUPERS) => ({ ...tiles, SUPERS, KC: CANDIDATES[0] })),
          ...REATTENTION_GPU.supersDeep.map((SUPERS) => ({ ...tiles, SUPERS, KC: CANDIDATES[1] })),
        ]),
        ...REATTENTION_GPU.supersDeep.map((SUPERS) => ({
          ...REATTENTION_GPU.scanByBlock,
          SUPERS,
          KC: CANDIDATES[0],
        })),
      ].map(({ OUTER, CLASSES, INNER, SUPER, SUPERS, KC }) => ({
        dtypes: { T: "bf16" as const },
        constants: { G, D, DP, KC, OUTER, CLASSES, INNER, SUPER, SUPERS, ...REATTENTION_GPU.pick },
        warps: 4,
        stages: 1,
        pdl: true,
        alignment: "required" as const,
        divisible: ["q", "keys", "position", "parts", "supers", "picks", "counts", "qRow", "partRow"] as const,
      })),
    ),
  },
);
