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
import { takeBest } from "./best.js";
import { queryOf, type Scoring } from "./row.js";
import { settle } from "./settle.js";
import { SORTED } from "./tiles.js";

/** Picks of chunks, program (row, chunk), from the lists of `reattentionStream`: the best of its parts, and of their keys the best. */
export const reattentionPickStreamed = kernel(
  <T extends "f16" | "bf16">(
    p: {
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
      /** Entries of a row's lists: splits · CLASSES · SORTED. */
      lists: Int;
    } & Scoring & {
        /** A power of two that `lists` does not exceed. */
        LISTS: Const<"LISTS">;
      },
  ) => {
    const line = programId(0);
    const first = programId(1) * p.chunk;
    const last = minimum(first + p.chunk, p.queries);
    const length = p.before + last;
    const rows = p.G * p.kvHeads;
    if (line < (last - first) * rows) {
      const [entry, from] = [arange(0, p.LISTS), first * rows + line];
      const mask = entry < p.lists;
      const query = queryOf(p, p.q + first * p.qRow, line, last - first);
      const maxima = load(p.values + from * p.lists + entry, { mask, other: -Infinity });
      const block = load(p.blocks + from * p.lists + entry, { mask, other: 0 });
      const [, parts] = takeBest(maxima, block * p.CLASSES + mod(floorDiv(entry, SORTED), p.CLASSES), p.KC, p.topK);
      const head = p.keys + (to(p.global, "i64") * p.kvHeads + floorDiv(line, (last - first) * p.G)) * p.D;
      const [out, stride, votes] = [
        p.picks + from * p.topK,
        p.kvHeads * p.D,
        p.counts + to(programId(1), "i64") * p.countRow,
      ];
      settle(p, query, head, length, stride, parts, out, votes);
    }
  },
  { defaults: { warps: 1, stages: 1, alignment: "required", divisible: ["pointers", "qRow"] } },
);
