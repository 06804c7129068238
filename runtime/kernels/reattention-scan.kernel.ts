import {
  arange,
  type Const,
  cdiv,
  col,
  dot,
  dtypeOf,
  floorDiv,
  full,
  gdcLaunchDependents,
  gdcWait,
  type Int,
  kernel,
  load,
  type Mask,
  max,
  maximum,
  minimum,
  mod,
  numPrograms,
  type Ptr,
  programId,
  range,
  row,
  store,
  type Tile,
  to,
  trans,
  where,
} from "tilescript";
import { classMaxima, LEAST } from "./reattention-classes.js";
import { middleLength } from "./reattention-middle.js";
import { REATTENTION_GPU, REATTENTION_MODELS, widthOf } from "./reattention-tiles.js";

/** A token's keys. In 64 bits: a cache of millions of tokens has more elements than 31 bits count. */
function blockAt(keys: Ptr, token: number, kvHeads: number, D: number) {
  return keys + to(token, "i64") * kvHeads * D;
}

/** Keeps the largest scores of a block's parts and, with its last block, of a super. Gives the super's largest so far. */
function keepMaxima(
  query: Tile,
  key: Tile,
  from: number,
  end: number,
  before: Tile,
  parts: Tile,
  supers: Tile,
  mine: Mask,
  RP: number,
  BN: number,
  OUTER: number,
  CLASSES: number,
  INNER: number,
  SUPER: number,
): Tile {
  const inside = row(from + arange(0, BN) < end);
  const maxima = classMaxima(where(inside, dot(query, trans(key)), LEAST), RP, OUTER, CLASSES, INNER);
  const number = floorDiv(from, BN);
  store(parts + number * CLASSES + row(arange(0, CLASSES)), maxima, { mask: col(mine) });
  const best = maximum(before, max(maxima, 1));
  const last = mod(number, SUPER) === SUPER - 1 || from + BN >= end;
  store(supers + floorDiv(number, SUPER), best, { mask: mine && last });
  return where(last, LEAST, best);
}

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
  }: {
    q: Ptr<"f32">;
    keys: Ptr<T>;
    position: Ptr<"i32">;
    parts: Ptr<"f32">;
    supers: Ptr<"f32">;
    queries: Int;
    qRow: Int;
    global: Int;
    local: Int;
    kvHeads: Int;
    partRow: Int;
    superRow: Int;
    G: Const<"G">;
    /** Power of two of at least 16 that holds queries · G. */
    RP: Const<"RP">;
    D: Const<"D">;
    DP: Const<"DP">;
    BN: Const<"BN">;
    OUTER: Const<"OUTER">;
    CLASSES: Const<"CLASSES">;
    INNER: Const<"INNER">;
    SUPER: Const<"SUPER">;
  }) => {
    const kvHead = programId(0);
    const member = arange(0, RP);
    const column = arange(0, DP);
    const token = arange(0, BN);
    const mine = member < queries * G;
    // What came before the kernel before this one can be read while that one still runs, and the middle's keys did.
    const length = middleLength(load(position) + queries, global, local);
    const share = cdiv(cdiv(length, BN * SUPER), numPrograms(1)) * BN * SUPER;
    const start = programId(1) * share;
    const end = minimum(start + share, length);
    const within = (col(token) * kvHeads + kvHead) * D + row(column);
    const used = row(column) < D;
    const firstKey = load(blockAt(keys, global + start, kvHeads, D) + within, {
      mask: col(start + token < end) && used,
      other: 0,
    });
    gdcWait();
    gdcLaunchDependents();
    if (start < length) {
      const head = kvHead * G + mod(member, G);
      const query = to(
        load(q + col(floorDiv(member, G) * qRow + head * D) + row(column), { mask: col(mine) && used, other: 0 }),
        dtypeOf(keys),
      );
      const line = kvHead * queries * G + member;
      const [partsAt, supersAt] = [parts + col(line) * partRow, supers + line * superRow];
      let best = full([RP], LEAST, "f32");
      best = keepMaxima(
        query,
        firstKey,
        start,
        end,
        best,
        partsAt,
        supersAt,
        mine,
        RP,
        BN,
        OUTER,
        CLASSES,
        INNER,
        SUPER,
      );
      for (const from of range(start + BN, end, BN)) {
        const key = load(blockAt(keys, global + from, kvHeads, D) + within, {
          mask: col(from + token < end) && used,
          other: 0,
        });
        best = keepMaxima(query, key, from, end, best, partsAt, supersAt, mine, RP, BN, OUTER, CLASSES, INNER, SUPER);
      }
    }
  },
  {
    builds: REATTENTION_MODELS.flatMap(({ G, D, DP }) =>
      [
        { RP: 16, ...REATTENTION_GPU.scan[widthOf(DP)] },
        { RP: 64, ...REATTENTION_GPU.scan.wide },
        { RP: 16, ...REATTENTION_GPU.scanByBlock },
      ].map((tiles) => ({
        dtypes: { T: "bf16" as const },
        constants: { G, D, DP, ...tiles },
        warps: 4,
        stages: 3,
        pdl: true,
        alignment: "required" as const,
        divisible: ["q", "keys", "position", "parts", "supers", "qRow", "partRow"] as const,
      })),
    ),
  },
);
