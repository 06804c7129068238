import {
  arange,
  cdiv,
  col,
  dot,
  dtypeOf,
  full,
  gdcLaunchDependents,
  gdcWait,
  kernel,
  load,
  minimum,
  numPrograms,
  type Ptr,
  programId,
  range,
  row,
  to,
  trans,
  where,
} from "tilescript";
import { LEAST } from "./reattention-classes.js";
import { keepMaxima, type Scanning, stepQueries } from "./reattention-maxima.js";
import { middleLength } from "./reattention-middle.js";

/**
 * One pass over the middle's keys for the few queries of a decode step: program (KV head, split) scores all query heads of its KV head
 * with one read of the keys and keeps the largest score of each part (reattention-classes.ts) and of each SUPER blocks together.
 *
 * q [queries, rows of `qRow`], heads beside each other, without positions; keys [tokens, KV heads · D]. The cache holds `position` tokens
 * before these queries, the first `global` and the last `local` of all do not count. `parts` is [rows, partRow] and `supers`
 * [rows, superRow], where row = KV head · rows of a KV head + query · G + head of the group.
 */
export const reattentionScan = kernel(
  <T extends "f16" | "bf16">({
    q,
    keys,
    position,
    parts,
    supers,
    queries,
    qRow,
    global,
    local,
    kvHeads,
    G,
    partRow,
    superRow,
    RP,
    D,
    DP,
    BN,
    OUTER,
    CLASSES,
    INNER,
    SUPER,
  }: { q: Ptr<"f32">; keys: Ptr<T> } & Scanning) => {
    const kvHead = programId(0);
    const member = arange(0, RP);
    const column = arange(0, DP);
    const token = arange(0, BN);
    gdcWait();
    gdcLaunchDependents();
    const length = middleLength(load(position) + queries, global, local);
    const share = cdiv(cdiv(length, BN * SUPER), numPrograms(1)) * BN * SUPER;
    const start = programId(1) * share;
    const end = minimum(start + share, length);
    if (start < length) {
      const mine = member < queries * G;
      const query = to(stepQueries(q, member, mine, kvHead, qRow, G, D, DP), dtypeOf(keys));
      const line = kvHead * queries * G + member;
      const within = (col(token) * kvHeads + kvHead) * D + row(column);
      let best = full([RP], LEAST, "f32");
      for (const from of range(start, end, BN)) {
        // In 64 bits: a cache of millions of tokens has more elements than 31 bits count.
        const block = keys + to(global + from, "i64") * kvHeads * D;
        const inside = from + token < end;
        const key = load(block + within, { mask: col(inside) && row(column) < D, other: 0 });
        const scores = where(row(inside), dot(query, trans(key)), LEAST);
        const last = from + BN >= end;
        best = keepMaxima(
          scores,
          best,
          from,
          last,
          parts,
          supers,
          line,
          mine,
          partRow,
          superRow,
          RP,
          OUTER,
          CLASSES,
          INNER,
          SUPER,
        );
      }
    }
  },
  {
    defaults: {
      warps: 4,
      stages: 4,
      pdl: true,
      alignment: "required",
      divisible: ["q", "keys", "position", "parts", "supers", "qRow", "partRow"],
    },
  },
);
