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
import { LEAST } from "./classes.js";
import { keepMaxima, type Scanning, stepQueries } from "./maxima.js";
import { middleLength } from "./middle.js";

/**
 * One pass over the middle's keys for the few queries of a decode step: program (KV head, split) scores all query heads of its KV head
 * with one read of the keys and keeps the largest score of each part (classes.ts) and of each SUPER blocks together.
 *
 * q [queries, rows of `qRow`], heads beside each other, without positions; keys [tokens, KV heads · D]. The cache holds `position` tokens
 * before these queries, the first `global` and the last `local` of all do not count. `parts` is [rows, partRow] and `supers`
 * [rows, superRow], where row = KV head · rows of a KV head + query · G + head of the group.
 */
export const reattentionScan = kernel(
  <T extends "f16" | "bf16">(p: { q: Ptr<"f32">; keys: Ptr<T> } & Scanning) => {
    const kvHead = programId(0);
    const member = arange(0, p.RP);
    const column = arange(0, p.DP);
    const token = arange(0, p.BN);
    gdcWait();
    gdcLaunchDependents();
    const mine = member < p.queries * p.G;
    const query = to(stepQueries(p, member, mine, kvHead), dtypeOf(p.keys));
    const length = middleLength(load(p.position) + p.queries, p.global, p.local);
    const share = cdiv(cdiv(length, p.BN * p.SUPER), numPrograms(1)) * p.BN * p.SUPER;
    const start = programId(1) * share;
    const end = minimum(start + share, length);
    if (start < length) {
      const line = kvHead * p.queries * p.G + member;
      const within = (col(token) * p.kvHeads + kvHead) * p.D + row(column);
      let best = full([p.RP], LEAST, "f32");
      for (const from of range(start, end, p.BN)) {
        // In 64 bits: a cache of millions of tokens has more elements than 31 bits count.
        const block = p.keys + to(p.global + from, "i64") * p.kvHeads * p.D;
        const inside = from + token < end;
        const key = load(block + within, { mask: col(inside) && row(column) < p.D, other: 0 });
        const scores = where(row(inside), dot(query, trans(key)), LEAST);
        const last = from + p.BN >= end;
        best = keepMaxima(p, scores, best, from, last, line, mine);
      }
    }
  },
  { defaults: { warps: 4, stages: 4, pdl: true, alignment: "required", divisible: ["pointers", "qRow", "partRow"] } },
);
