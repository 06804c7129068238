import {
  arange,
  atomicAdd,
  atomicExchange,
  type Const,
  cdiv,
  col,
  debugBarrier,
  dtypeOf,
  floorDiv,
  gdcLaunchDependents,
  gdcWait,
  type Int,
  kernel,
  load,
  minimum,
  mod,
  numPrograms,
  type Ptr,
  programId,
  reshape,
  row,
  store,
  type Tile,
  to,
  where,
} from "tilescript";
import { takeBest } from "./reattention-best.js";
import { chooseWindow } from "./reattention-choose.js";
import { middleLength } from "./reattention-middle.js";
import { settle, settleByBlock } from "./reattention-settle.js";
import { CANDIDATES, REATTENTION_GPU, REATTENTION_MODELS, widthOf } from "./reattention-tiles.js";

/*
 * The second step of retrieval: the topK best keys of each row, from what the pass over the keys kept. One program a row. Rows are
 * numbered KV head · rows of a KV head + query · G + head of the group. Gives picks [rows, topK], −1 where there are fewer, and adds the votes to
 * `counts` [middle], which must be zero before; `reattentionNarrow` sets it back.
 */

/** A row's query [DP]. */
function queryOf(q: Ptr, line: number, queries: number, qRow: number, G: number, D: number, DP: number) {
  const member = mod(line, queries * G);
  const head = floorDiv(line, queries * G) * G + mod(member, G);
  const column = arange(0, DP);
  return load(q + floorDiv(member, G) * qRow + head * D + column, { mask: column < D, other: 0 });
}

/** The picks of a row of a decode step: the best of its supers, of their parts the best, of their keys the best. */
function pickRow(
  query: Tile,
  keys: Ptr,
  length: number,
  parts: Ptr<"f32">,
  supers: Ptr<"f32">,
  picks: Ptr<"i32">,
  counts: Ptr<"i32">,
  queries: number,
  global: number,
  kvHeads: number,
  partRow: number,
  superRow: number,
  topK: number,
  G: number,
  KC: number,
  C: number,
  QR: number,
  D: number,
  DP: number,
  OUTER: number,
  CLASSES: number,
  INNER: number,
  SUPER: number,
  SUPERS: number,
) {
  const line = programId(0);
  const blocks = cdiv(length, OUTER * CLASSES * INNER);
  const number = arange(0, SUPERS);
  const peaks = load(supers + line * superRow + number, { mask: number < cdiv(blocks, SUPER), other: -Infinity });
  const [, top] = takeBest(peaks, number, KC);
  const part = reshape(col(top) * (SUPER * CLASSES) + row(arange(0, SUPER * CLASSES)), [KC * SUPER * CLASSES]);
  const there = part >= 0 && part < blocks * CLASSES;
  const maxima = load(parts + line * partRow + part, { mask: there, other: -Infinity });
  const [values, best] = takeBest(maxima, part, KC);
  const head = keys + (to(global, "i64") * kvHeads + floorDiv(line, queries * G)) * D;
  const [out, stride] = [picks + line * topK, kvHeads * D];
  if (CLASSES === 1) settleByBlock(query, head, length, stride, best, out, counts, topK, KC, QR, D, DP, INNER);
  else settle(query, head, length, stride, values, best, out, counts, topK, KC, C, QR, D, DP, OUTER, CLASSES, INNER);
}

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
  }: {
    q: Ptr<"f32">;
    keys: Ptr<T>;
    position: Ptr<"i32">;
    parts: Ptr<"f32">;
    supers: Ptr<"f32">;
    picks: Ptr<"i32">;
    counts: Ptr<"i32">;
    queries: Int;
    qRow: Int;
    global: Int;
    local: Int;
    kvHeads: Int;
    partRow: Int;
    superRow: Int;
    /** Picks a row. */
    topK: Int;
    G: Const<"G">;
    /** Parts and keys that are scored again: a power of two of at least 8 and topK + 4 (reattention-classes.ts). */
    KC: Const<"KC">;
    /** Parts scored at a time, a divisor of KC. */
    C: Const<"C">;
    /** Rows of a product that the device wants at least. */
    QR: Const<"QR">;
    D: Const<"D">;
    DP: Const<"DP">;
    OUTER: Const<"OUTER">;
    CLASSES: Const<"CLASSES">;
    INNER: Const<"INNER">;
    SUPER: Const<"SUPER">;
    /** A power of two that the supers of the longest middle do not exceed. */
    SUPERS: Const<"SUPERS">;
  }) => {
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
  }: {
    q: Ptr<"f32">;
    keys: Ptr<T>;
    position: Ptr<"i32">;
    parts: Ptr<"f32">;
    supers: Ptr<"f32">;
    picks: Ptr<"i32">;
    counts: Ptr<"i32">;
    queries: Int;
    qRow: Int;
    global: Int;
    local: Int;
    kvHeads: Int;
    partRow: Int;
    superRow: Int;
    /** Picks a row. */
    topK: Int;
    G: Const<"G">;
    /** Parts and keys that are scored again: a power of two of at least 8 and topK + 4 (reattention-classes.ts). */
    KC: Const<"KC">;
    /** Parts scored at a time, a divisor of KC. */
    C: Const<"C">;
    /** Rows of a product that the device wants at least. */
    QR: Const<"QR">;
    D: Const<"D">;
    DP: Const<"DP">;
    OUTER: Const<"OUTER">;
    CLASSES: Const<"CLASSES">;
    INNER: Const<"INNER">;
    SUPER: Const<"SUPER">;
    /** A power of two that the supers of the longest middle do not exceed. */
    SUPERS: Const<"SUPERS">;
    finished: Ptr<"i32">;
    /** As for `reattentionChoose`. */
    unordered: Ptr<"i32">;
    kept: Ptr<"i32">;
    selected: Ptr<"i32">;
    window: Ptr<"i32">;
    span: Int;
    clip: Int;
    /** A power of two that the picks of all rows do not exceed. */
    N: Const<"N">;
    CP: Const<"CP">;
    W: Const<"W">;
  }) => {
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
    // All picks and votes come before the count that publishes them.
    debugBarrier();
    if (atomicAdd(finished, 1) === numPrograms(0) - 1) {
      store(finished, 0);
      const index = arange(0, N);
      // Other programs wrote these: past L1.
      const pick = load(picks + index, { mask: index < numPrograms(0) * topK, other: -1, cache: "cg" });
      const found = where(pick >= 0, atomicExchange(counts + pick, 0, { mask: pick >= 0, sem: "relaxed" }), 0);
      const total = load(position) + queries;
      chooseWindow(pick, found, total, global, local, span, clip, unordered, kept, selected, window, CP, W);
    }
  },
  {
    builds: REATTENTION_MODELS.flatMap(({ G, D, DP }) =>
      REATTENTION_GPU.supers.map((SUPERS) => ({
        dtypes: { T: "bf16" as const },
        constants: {
          ...{ G, D, DP, KC: CANDIDATES[0], SUPERS, ...REATTENTION_GPU.pick, ...REATTENTION_GPU.fewVotes },
          OUTER: REATTENTION_GPU.scan[widthOf(DP)].OUTER,
          CLASSES: REATTENTION_GPU.scan[widthOf(DP)].CLASSES,
          INNER: REATTENTION_GPU.scan[widthOf(DP)].INNER,
          SUPER: REATTENTION_GPU.scan[widthOf(DP)].SUPER,
        },
        warps: 4,
        stages: 1,
        pdl: true,
        alignment: "required" as const,
        divisible: [
          ...(["q", "keys", "position", "parts", "supers", "picks", "counts", "qRow", "partRow"] as const),
          ...(["unordered", "kept", "selected", "window"] as const),
        ],
      })),
    ),
  },
);

/** For the sorted lists of up to 4 picks. */
const STREAMED = { ...REATTENTION_GPU.pickStreamed, KC: CANDIDATES[0], DEPTH: 4 };

/** Picks of chunks, program (row, chunk), from the lists of `reattentionStream`: the best of its parts, and of their keys the best. */
export const reattentionPickStreamed = kernel(
  <T extends "f16" | "bf16">({
    q,
    keys,
    values,
    blocks,
    picks,
    counts,
    countRow,
    queries,
    chunk,
    qRow,
    global,
    before,
    kvHeads,
    lists,
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
    DEPTH,
    LISTS,
  }: {
    q: Ptr<T>;
    keys: Ptr<T>;
    values: Ptr<"f32">;
    blocks: Ptr<"i32">;
    picks: Ptr<"i32">;
    counts: Ptr<"i32">;
    /** Of `counts`, from a chunk's to the next one's. */
    countRow: Int;
    queries: Int;
    chunk: Int;
    qRow: Int;
    global: Int;
    /** Length of the middle before the first query. */
    before: Int;
    kvHeads: Int;
    /** Entries of a row's lists: splits · CLASSES · DEPTH. */
    lists: Int;
    /** Picks a row. */
    topK: Int;
    G: Const<"G">;
    /** Parts and keys that are scored again: a power of two of at least 8 and topK + 4 (reattention-classes.ts). */
    KC: Const<"KC">;
    /** Parts scored at a time, a divisor of KC. */
    C: Const<"C">;
    /** Rows of a product that the device wants at least. */
    QR: Const<"QR">;
    D: Const<"D">;
    DP: Const<"DP">;
    OUTER: Const<"OUTER">;
    CLASSES: Const<"CLASSES">;
    INNER: Const<"INNER">;
    DEPTH: Const<"DEPTH">;
    /** A power of two that `lists` does not exceed. */
    LISTS: Const<"LISTS">;
  }) => {
    const line = programId(0);
    const first = programId(1) * chunk;
    const last = minimum(first + chunk, queries);
    const length = before + last;
    const rows = G * kvHeads;
    if (line < (last - first) * rows) {
      const [entry, from] = [arange(0, LISTS), first * rows + line];
      const mask = entry < lists;
      const query = queryOf(q + first * qRow, line, last - first, qRow, G, D, DP);
      const maxima = load(values + from * lists + entry, { mask, other: -Infinity });
      const block = load(blocks + from * lists + entry, { mask, other: 0 });
      const [best, parts] = takeBest(maxima, block * CLASSES + mod(floorDiv(entry, DEPTH), CLASSES), KC);
      const head = keys + (to(global, "i64") * kvHeads + floorDiv(line, (last - first) * G)) * D;
      const [out, stride, votes] = [picks + from * topK, kvHeads * D, counts + to(programId(1), "i64") * countRow];
      if (CLASSES === 1) settleByBlock(query, head, length, stride, parts, out, votes, topK, KC, QR, D, DP, INNER);
      else settle(query, head, length, stride, best, parts, out, votes, topK, KC, C, QR, D, DP, OUTER, CLASSES, INNER);
    }
  },
  {
    builds: REATTENTION_MODELS.flatMap(({ G, D, DP }) =>
      [
        ...REATTENTION_GPU.lists.map((LISTS) => ({
          ...STREAMED,
          ...REATTENTION_GPU.stream[widthOf(DP)],
          LISTS,
          warps: 1,
        })),
        ...REATTENTION_GPU.listsByBlock.map((LISTS) => ({
          ...STREAMED,
          ...REATTENTION_GPU.streamByBlock,
          LISTS,
          warps: 4,
        })),
        ...REATTENTION_GPU.listsDeep.map((LISTS) => ({
          ...REATTENTION_GPU.pickDeep,
          ...REATTENTION_GPU.streamDeep,
          KC: CANDIDATES[1],
          LISTS,
          warps: 4,
        })),
      ].map(({ KC, C, QR, OUTER, CLASSES, INNER, DEPTH, LISTS, warps }) => ({
        dtypes: { T: "bf16" as const },
        constants: { G, D, DP, KC, C, QR, OUTER, CLASSES, INNER, DEPTH, LISTS },
        warps,
        stages: 1,
        alignment: "required" as const,
        divisible: ["q", "keys", "values", "blocks", "picks", "counts", "qRow"] as const,
      })),
    ),
  },
);
