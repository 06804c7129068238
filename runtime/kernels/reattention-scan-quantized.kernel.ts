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
  sqrt,
  sum,
  to,
  trans,
  where,
} from "tilescript";
import { LEAST } from "./reattention-classes.js";
import { keepMaxima, type Scanning, stepQueries } from "./reattention-maxima.js";
import { middleLength } from "./reattention-middle.js";
import { queryPlanes, scaleAndBound, storeQuantized } from "./reattention-quantize.js";

/** Of a query's norm, against what its sum is off. */
const UP = 1.0009765625;
/** Of a query's second plane. */
const LOW = 0.003937007874015748;

/**
 * `reattentionScan` over keys in 8 bits (reattention-quantize.ts): what it keeps are not scores but what they are at the most. Where
 * `exactSteps` is not 0, keys are read as they are, and the maxima are the scores'. The keys of the step's own tokens, which are behind the
 * middle, are quantized for later steps.
 */
export const reattentionScanQuantized = kernel(
  <T extends "f16" | "bf16">({
    q,
    keys,
    codes,
    bounds,
    exactSteps,
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
  }: {
    q: Ptr<"f32">;
    keys: Ptr<T>;
    codes: Ptr<"i8">;
    bounds: Ptr<"i32">;
    exactSteps: Ptr<"i32">;
  } & Scanning) => {
    const kvHead = programId(0);
    const member = arange(0, RP);
    const column = arange(0, DP);
    const token = arange(0, BN);
    gdcWait();
    gdcLaunchDependents();
    const past = load(position);
    const length = middleLength(past + queries, global, local);
    const share = cdiv(cdiv(length, BN * SUPER), numPrograms(1)) * BN * SUPER;
    const start = programId(1) * share;
    const end = minimum(start + share, length);
    if (start < length) {
      const mine = member < queries * G;
      const query = to(stepQueries(q, member, mine, kvHead, qRow, G, D, DP), dtypeOf(keys));
      const line = kvHead * queries * G + member;
      const within = (col(token) * kvHeads + kvHead) * D + row(column);
      let best = full([RP], LEAST, "f32");
      if (load(exactSteps) > 0) {
        for (const from of range(start, end, BN, { numStages: 3 })) {
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
      } else {
        const wide = to(query, "f32");
        const norm = minimum(sqrt(sum(wide * wide, 1)) * UP, 3e38);
        const [high, low, unit] = queryPlanes(wide);
        for (const from of range(start, end, BN, { numStages: 5 })) {
          // In 64 bits: a cache of millions of tokens has more elements than 31 bits count.
          const first = to(global + from, "i64") * kvHeads;
          const inside = from + token < end;
          const code = trans(load(codes + first * D + within, { mask: col(inside) && row(column) < D, other: 0 }));
          const stored = load(bounds + first + token * kvHeads + kvHead, { mask: inside, other: 0 });
          const [scale, bound] = scaleAndBound(stored);
          const about = to(dot(high, code), "f32") + to(dot(low, code), "f32") * LOW;
          const most = about * (col(unit) * row(scale)) + col(norm) * row(bound);
          const scores = where(row(inside), most, LEAST);
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
    }
    // The last program has the least to do.
    if (programId(1) === numPrograms(1) - 1) {
      const added = past + member;
      const at = (to(col(added), "i64") * kvHeads + kvHead) * D + row(column);
      const key = load(keys + at, { mask: col(member < queries) && row(column) < D, other: 0 });
      storeQuantized(to(key, "f32"), added, member < queries, codes, bounds, kvHead, kvHeads, D, DP);
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
