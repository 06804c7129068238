import {
  arange,
  cdiv,
  col,
  dot,
  dtypeOf,
  full,
  gdcLaunchDependents,
  gdcWait,
  type Int,
  kernel,
  load,
  minimum,
  numPrograms,
  type Ptr,
  programId,
  range,
  row,
  sqrt,
  sum,
  type Tile,
  to,
  trans,
  where,
} from "tilescript";
import { LEAST } from "./classes.js";
import { keepMaxima, type Scanning, stepQueries } from "./maxima.js";
import { middleLength } from "./middle.js";
import { placeOfCodes, queryPlanes, scaleAndBound, storeQuantized } from "./quantize.js";

/** The keys that a program passes over: [first, past the last], of a middle of `length`. */
function shareOf(p: Scanning, length: number): [number, number] {
  const share = cdiv(cdiv(length, p.BN * p.SUPER), numPrograms(1)) * p.BN * p.SUPER;
  const start = programId(1) * share;
  return [start, minimum(start + share, length)];
}

/** The maxima with those of the keys from `from` on, as they are, of which those before `end` count. */
function withKeys(
  p: Scanning & { keys: Ptr<"f16" | "bf16"> },
  query: Tile,
  within: Tile,
  best: Tile,
  from: number,
  end: number,
  line: Tile,
  mine: boolean,
): Tile {
  // In 64 bits: a cache of millions of tokens has more elements than 31 bits count.
  const block = p.keys + to(p.global + from, "i64") * p.kvHeads * p.D;
  const inside = from + arange(0, p.BN) < end;
  const key = load(block + within, { mask: col(inside) && row(arange(0, p.DP)) < p.D, other: 0 });
  const scores = where(row(inside), dot(query, trans(key)), LEAST);
  return keepMaxima(p, scores, best, from, from + p.BN >= end, line, mine);
}

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
    const [start, end] = shareOf(p, length);
    if (start < length) {
      const line = kvHead * p.queries * p.G + member;
      const within = (col(token) * p.kvHeads + kvHead) * p.D + row(column);
      let best = full([p.RP], LEAST, "f32");
      for (const from of range(start, end, p.BN)) best = withKeys(p, query, within, best, from, end, line, mine);
    }
  },
  { defaults: { warps: 4, stages: 4, pdl: true, alignment: "required", divisible: ["pointers", "qRow", "partRow"] } },
);

/** Of a query's norm, against what its sum is off. */
const UP = 1.0009765625;
/** Of a query's second plane. */
const LOW = 0.003937007874015748;

/**
 * `reattentionScan` over keys in 8 bits (quantize.ts): what it keeps are not scores but what they are at the most. Where
 * `exactSteps` is not 0, and in middles of less than `longFrom`, keys are read as they are, and the maxima are the scores'. The keys of the step's own tokens, which are behind the
 * middle, are quantized for later steps.
 */
export const reattentionScanQuantized = kernel(
  <T extends "f16" | "bf16">(
    p: {
      q: Ptr<"f32">;
      keys: Ptr<T>;
      codes: Ptr<"i8">;
      bounds: Ptr<"i32">;
      exactSteps: Ptr<"i32">;
      longFrom: Int;
    } & Scanning,
  ) => {
    const kvHead = programId(0);
    const member = arange(0, p.RP);
    const column = arange(0, p.DP);
    const token = arange(0, p.BN);
    gdcWait();
    gdcLaunchDependents();
    // Together, so that the wait for memory is one.
    const past = load(p.position);
    const steps = load(p.exactSteps);
    const mine = member < p.queries * p.G;
    const query = to(stepQueries(p, member, mine, kvHead), dtypeOf(p.keys));
    const length = middleLength(past + p.queries, p.global, p.local);
    const [start, end] = shareOf(p, length);
    if (start < length) {
      const line = kvHead * p.queries * p.G + member;
      const within = (col(token) * p.kvHeads + kvHead) * p.D + row(column);
      let best = full([p.RP], LEAST, "f32");
      if (steps > 0 || length < p.longFrom) {
        for (const from of range(start, end, p.BN, { numStages: 2 }))
          best = withKeys(p, query, within, best, from, end, line, mine);
      } else {
        const wide = to(query, "f32");
        const norm = minimum(sqrt(sum(wide * wide, 1)) * UP, 3e38);
        const [high, low, unit] = queryPlanes(wide);
        for (const from of range(start, end, p.BN, { numStages: 3 })) {
          const inside = from + token < end;
          const place = placeOfCodes(p.global + from + token, p.kvHeads, kvHead);
          // In 64 bits: a cache of millions of tokens has more elements than 31 bits count.
          const at = to(col(place), "i64") * p.D + row(column);
          const code = trans(load(p.codes + at, { mask: col(inside) && row(column) < p.D, other: 0 }));
          const stored = load(p.bounds + place, { mask: inside, other: 0 });
          const [scale, bound] = scaleAndBound(stored);
          const about = to(dot(high, code), "f32") + to(dot(low, code), "f32") * LOW;
          const most = about * (col(unit) * row(scale)) + col(norm) * row(bound);
          const scores = where(row(inside), most, LEAST);
          const last = from + p.BN >= end;
          best = keepMaxima(p, scores, best, from, last, line, mine);
        }
      }
    }
    // The last program has the least to do.
    if (programId(1) === numPrograms(1) - 1) {
      const added = past + member;
      const at = (to(col(added), "i64") * p.kvHeads + kvHead) * p.D + row(column);
      const key = load(p.keys + at, { mask: col(member < p.queries) && row(column) < p.D, other: 0 });
      storeQuantized(p, to(key, "f32"), added, member < p.queries, kvHead);
    }
  },
  {
    defaults: {
      warps: 4,
      stages: 4,
      pdl: true,
      alignment: "required",
      divisible: ["q", "keys", "codes", "bounds", "position", "parts", "supers", "qRow", "partRow"],
    },
  },
);
