import {
  arange,
  type Const,
  floorDiv,
  type Int,
  kernel,
  load,
  minimum,
  mod,
  type Ptr,
  programId,
  to,
} from "tilescript";
import { takeBest } from "./reattention-best.js";
import { queryOf, type Scoring } from "./reattention-row.js";
import { settle, settleByBlock } from "./reattention-settle.js";

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
  } & Scoring & {
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
      const [, parts] = takeBest(maxima, block * CLASSES + mod(floorDiv(entry, DEPTH), CLASSES), KC, topK);
      const head = keys + (to(global, "i64") * kvHeads + floorDiv(line, (last - first) * G)) * D;
      const [out, stride, votes] = [picks + from * topK, kvHeads * D, counts + to(programId(1), "i64") * countRow];
      if (CLASSES === 1) settleByBlock(query, head, length, stride, parts, out, votes, topK, KC, QR, D, DP, INNER);
      else settle(query, head, length, stride, parts, out, votes, topK, KC, C, QR, D, DP, OUTER, CLASSES, INNER);
    }
  },
  {
    defaults: {
      warps: 1,
      stages: 1,
      alignment: "required",
      divisible: ["q", "keys", "values", "blocks", "picks", "counts", "qRow"],
    },
  },
);
