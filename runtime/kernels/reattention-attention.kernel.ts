import {
  arange,
  atomicAdd,
  type Const,
  cdiv,
  col,
  type Descriptor,
  debugBarrier,
  dot,
  dtypeOf,
  exp2,
  expandDims,
  type F32,
  floorDiv,
  full,
  gdcLaunchDependents,
  gdcWait,
  type Int,
  kernel,
  load,
  loadTensorDescriptor,
  max,
  maximum,
  minimum,
  numPrograms,
  type Ptr,
  programId,
  range,
  reshape,
  row,
  store,
  sum,
  type Tile,
  to,
  trans,
  where,
  zeros,
} from "tilescript";
import { middleLength } from "./reattention-middle.js";
import { REATTENTION_GPU, REATTENTION_MODELS } from "./reattention-tiles.js";
import { windowTokens } from "./reattention-window.js";
import { rotate } from "./rotary.js";

/**
 * One step of the online softmax (arXiv 2307.08691, section 3.1): weights p of a block of keys, `rounded` to the values' dtype, under a new
 * largest score.
 */
function absorb(p: Tile, rounded: Tile, value: Tile, top: Tile, newTop: Tile, weight: Tile, acc: Tile): [Tile, Tile] {
  const keep = exp2(top - newTop);
  return [weight * keep + sum(p, 1), dot(rounded, value, { acc: acc * col(keep) })];
}

/**
 * Attention of a group's heads from their splits: each split's sum is rescaled to the largest score of all. All heads take each step
 * together, so that the wait for memory is one.
 */
function combineSplits(
  partial: Ptr<"f32">,
  peak: Ptr<"f32">,
  total: Ptr<"f32">,
  out: Ptr<"f32">,
  first: number,
  used: number,
  G: number,
  GM: number,
  SPLITS: number,
  D: number,
  DP: number,
) {
  const member = col(arange(0, GM));
  const split = row(arange(0, SPLITS));
  const there = member < G && split < used;
  const cell = (first + member) * SPLITS + split;
  // Other programs wrote these: past L1.
  const top = load(peak + cell, { mask: there, other: -Infinity, cache: "cg" });
  const weight = load(total + cell, { mask: there, other: 0, cache: "cg" });
  const share = exp2(top - col(max(top, 1)));
  const each = share / col(sum(share * weight, 1));
  const column = reshape(arange(0, DP), [1, 1, DP]);
  const at = expandDims(cell, 2) * D + column;
  const values = load(partial + at, { mask: expandDims(there, 2) && column < D, other: 0, cache: "cg" });
  const place = (first + member) * D + row(arange(0, DP));
  store(out + place, sum(values * expandDims(each, 2), 1), { mask: member < G && row(arange(0, DP)) < D });
}

/**
 * `decodeAttention` over a window: one new token's attention, the last of the cache, with keys and values read through the list of
 * selected positions and rotated on the fly at the window's indices. `window` and `selected` are what `reattentionChoose` gives. Scratch and
 * `finished` as there.
 */
export const reattentionDecode = kernel(
  <T extends "f16" | "bf16">({
    q,
    keys,
    values,
    cosine,
    sine,
    selected,
    window,
    position,
    partial,
    peak,
    total,
    finished,
    out,
    scale,
    global,
    local,
    kvHeads,
    G,
    GM,
    GP,
    D,
    DP,
    HALF,
    HALFP,
    SPLITS,
    BN,
  }: {
    q: Ptr<"f32">;
    keys: Ptr<T>;
    values: Ptr<T>;
    cosine: Ptr<"f32">;
    sine: Ptr<"f32">;
    selected: Ptr<"i32">;
    window: Ptr<"i32">;
    position: Ptr<"i32">;
    partial: Ptr<"f32">;
    peak: Ptr<"f32">;
    total: Ptr<"f32">;
    finished: Ptr<"i32">;
    out: Ptr<"f32">;
    scale: F32;
    global: Int;
    local: Int;
    kvHeads: Int;
    G: Const<"G">;
    /** Powers of two that hold G, the second one at least as many rows as a product must have. */
    GM: Const<"GM">;
    GP: Const<"GP">;
    D: Const<"D">;
    DP: Const<"DP">;
    HALF: Const<"HALF">;
    HALFP: Const<"HALFP">;
    SPLITS: Const<"SPLITS">;
    BN: Const<"BN">;
  }) => {
    const kvHead = programId(0);
    const split = programId(1);
    const half = arange(0, HALFP);
    const column = arange(0, DP);
    const group = arange(0, GP);
    const head = kvHead * G + group;
    gdcWait();
    gdcLaunchDependents();
    const count = load(window);
    const now = load(window + 4);
    const middle = middleLength(load(position) + 1, global, local);
    const length = now + 1;
    const share = cdiv(cdiv(length, SPLITS), BN) * BN;
    const start = split * share;
    const end = minimum(start + share, length);
    if (start < length) {
      const mine = group < G;
      const used = row(half) < HALF;
      const at = q + col(head) * D + row(half);
      const queryFirst = load(at, { mask: col(mine) && used, other: 0 }) * scale;
      const querySecond = load(at + HALF, { mask: col(mine) && used, other: 0 }) * scale;
      const [first, second] = rotate(queryFirst, querySecond, cosine, sine, now * HALF + row(half), used);
      const q1 = to(first, dtypeOf(keys));
      const q2 = to(second, dtypeOf(keys));
      let top = full([GP], -Infinity, "f32");
      let weight = zeros([GP], "f32");
      let sumOfValues = zeros([GP, DP], "f32");
      for (const from of range(start, end, BN)) {
        const index = from + arange(0, BN);
        const inside = index < end;
        const token = windowTokens(index, inside, selected, count, global, middle);
        const cell = col((to(token, "i64") * kvHeads + kvHead) * D);
        const there = col(inside) && used;
        const key1 = to(load(keys + cell + row(half), { mask: there, other: 0 }), "f32");
        const key2 = to(load(keys + cell + HALF + row(half), { mask: there, other: 0 }), "f32");
        const [k1, k2] = rotate(key1, key2, cosine, sine, col(index) * HALF + row(half), there);
        const partialScore = dot(q1, trans(to(k1, dtypeOf(keys))));
        const allScores = dot(q2, trans(to(k2, dtypeOf(keys))), { acc: partialScore });
        const score = where(row(inside), allScores, -Infinity);
        const newTop = maximum(top, max(score, 1));
        const p = exp2(score - col(newTop));
        const value = load(values + cell + row(column), { mask: col(inside) && row(column) < D, other: 0 });
        [weight, sumOfValues] = absorb(p, to(p, dtypeOf(values)), value, top, newTop, weight, sumOfValues);
        top = newTop;
      }
      const splits = cdiv(length, share);
      const stored = col(mine) && row(column) < D;
      if (splits === 1) {
        store(out + col(head) * D + row(column), sumOfValues / col(weight), { mask: stored });
      } else {
        const cell = head * SPLITS + split;
        store(partial + col(cell) * D + row(column), sumOfValues, { mask: stored });
        store(peak + cell, top, { mask: mine });
        store(total + cell, weight, { mask: mine });
        // All threads' stores come before the count that publishes them.
        debugBarrier();
        if (atomicAdd(finished + kvHead, 1) === splits - 1) {
          combineSplits(partial, peak, total, out, kvHead * G, splits, G, GM, SPLITS, D, DP);
          store(finished + kvHead, 0);
        }
      }
    }
  },
  {
    builds: REATTENTION_MODELS.map(({ G, GM, D, DP, HALF, HALFP }) => ({
      dtypes: { T: "bf16" as const },
      constants: { G, GM, GP: 16, D, DP, HALF, HALFP, ...REATTENTION_GPU.decode },
      warps: 4,
      stages: 2,
      pdl: true,
      alignment: "required" as const,
      divisible: [
        "q",
        "keys",
        "values",
        "cosine",
        "sine",
        "selected",
        "window",
        "position",
        "partial",
        "peak",
        "total",
        "finished",
        "out",
      ] as const,
    })),
  },
);

/**
 * `prefillAttention` over gathered windows whose lengths are known to the device alone: query i of a chunk of n sees indices up to
 * last + 1 − n + i of the chunk's window. q [queries, heads, D], rotated and scaled by log2(e) / √D; keys and values [chunks · rows, KV heads, D],
 * zero behind a window's last. Program (block of queries, query head, chunk).
 */
export const reattentionPrefill = kernel(
  <T extends "f16" | "bf16">({
    q,
    keys,
    values,
    window,
    out,
    queries,
    chunk,
    windowRows,
    outRow,
    group,
    BM,
    BN,
    D,
    DP,
  }: {
    q: Descriptor<T, [Const<"BM">, 1, Const<"DP">]>;
    keys: Descriptor<T, [Const<"BN">, 1, Const<"DP">]>;
    values: Descriptor<T, [Const<"BN">, 1, Const<"DP">]>;
    window: Ptr<"i32">;
    out: Ptr<T>;
    queries: Int;
    chunk: Int;
    windowRows: Int;
    outRow: Int;
    group: Int;
    BM: Const<"BM">;
    BN: Const<"BN">;
    D: Const<"D">;
    DP: Const<"DP">;
  }) => {
    const block = (numPrograms(0) - 1 - programId(0)) * BM;
    const head = programId(1);
    const kvHead = floorDiv(head, group);
    const turn = programId(2);
    const first = turn * chunk;
    const count = minimum(first + chunk, queries) - first;
    // A chunk that is not full has blocks without queries.
    if (block < count) {
      const start = turn * windowRows;
      const past = load(window + turn * 16 + 4) + 1 - count;
      const rows = block + arange(0, BM);
      const query = reshape(loadTensorDescriptor(q, [first + block, head, 0]), [BM, DP]);
      let top = full([BM], -Infinity, "f32");
      let weight = zeros([BM], "f32");
      let acc = zeros([BM, DP], "f32");
      // Keys that every query of the block sees, in whole blocks.
      const clear = floorDiv(past + block + 1, BN) * BN;
      for (const from of range(0, clear, BN)) {
        const key = reshape(loadTensorDescriptor(keys, [start + from, kvHead, 0]), [BN, DP]);
        const score = dot(query, trans(key));
        const newTop = maximum(top, max(score, 1));
        const p = exp2(score - col(newTop));
        const value = reshape(loadTensorDescriptor(values, [start + from, kvHead, 0]), [BN, DP]);
        [weight, acc] = absorb(p, to(p, dtypeOf(out)), value, top, newTop, weight, acc);
        top = newTop;
      }
      for (const from of range(clear, past + minimum(block + BM, count), BN)) {
        const key = reshape(loadTensorDescriptor(keys, [start + from, kvHead, 0]), [BN, DP]);
        const seen = row(from + arange(0, BN)) <= col(past + rows);
        const score = where(seen, dot(query, trans(key)), -Infinity);
        const newTop = maximum(top, max(score, 1));
        const p = exp2(score - col(newTop));
        const value = reshape(loadTensorDescriptor(values, [start + from, kvHead, 0]), [BN, DP]);
        [weight, acc] = absorb(p, to(p, dtypeOf(out)), value, top, newTop, weight, acc);
        top = newTop;
      }
      const column = row(arange(0, DP));
      store(out + col(first + rows) * outRow + head * D + column, to(acc / col(weight), dtypeOf(out)), {
        mask: col(rows) < count && column < D,
      });
    }
  },
  {
    builds: REATTENTION_MODELS.map(({ D, DP }) => ({
      dtypes: { T: "bf16" as const },
      constants: { D, DP, ...REATTENTION_GPU.prefill },
      warps: 8,
      stages: 3,
      alignment: "required" as const,
      divisible: ["q", "keys", "values", "window", "out", "outRow"] as const,
    })),
  },
);
