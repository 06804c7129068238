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
  to,
  trans,
  where,
} from "tilescript";
import { LEAST } from "./classes.js";
import { keepMaxima, type Scanning, stepQueries } from "./maxima.js";
import { middleLength } from "./middle.js";
import { placeOfCodes, queryPlanes, scaleAndBound, storeQuantized } from "./quantize.js";

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
    const share = cdiv(cdiv(length, p.BN * p.SUPER), numPrograms(1)) * p.BN * p.SUPER;
    const start = programId(1) * share;
    const end = minimum(start + share, length);
    if (start < length) {
      const line = kvHead * p.queries * p.G + member;
      const within = (col(token) * p.kvHeads + kvHead) * p.D + row(column);
      let best = full([p.RP], LEAST, "f32");
      if (steps > 0 || length < p.longFrom) {
        for (const from of range(start, end, p.BN, { numStages: 2 })) {
          const block = p.keys + to(p.global + from, "i64") * p.kvHeads * p.D;
          const inside = from + token < end;
          const key = load(block + within, { mask: col(inside) && row(column) < p.D, other: 0 });
          const scores = where(row(inside), dot(query, trans(key)), LEAST);
          const last = from + p.BN >= end;
          best = keepMaxima(p, scores, best, from, last, line, mine);
        }
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
