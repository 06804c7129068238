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
  to,
  trans,
  where,
  zeros,
} from "tilescript";
import { combineSplits } from "./combine.js";
import { capped } from "./epilogue.js";
import { middleLength } from "./reattention-middle.js";
import { windowTokens } from "./reattention-window.js";
import { rotate, turned } from "./rotary.js";
import { absorb } from "./softmax.js";

/**
 * `decodeAttention` over a window: one new token's attention, the last of the cache, with keys and values read through the list of
 * selected positions, which the window's indices stand for. `window` and `selected` are what `reattentionChoose` gives. Scratch and
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
    cap,
    global,
    local,
    kvHeads,
    rotaryRow,
    G,
    GM,
    GP,
    D,
    DP,
    HALF,
    HALFP,
    SPLITS,
    PART,
    BN,
    CAP,
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
    cap: F32;
    global: Int;
    local: Int;
    kvHeads: Int;
    rotaryRow: Int;
    G: Const<"G">;
    /** Powers of two that hold G, the second one at least as many rows as a product must have. */
    GM: Const<"GM">;
    GP: Const<"GP">;
    D: Const<"D">;
    DP: Const<"DP">;
    HALF: Const<"HALF">;
    HALFP: Const<"HALFP">;
    SPLITS: Const<"SPLITS">;
    PART: Const<"PART">;
    BN: Const<"BN">;
    CAP: Const<"CAP", boolean>;
  }) => {
    const kvHead = programId(0);
    const split = programId(1);
    const half = row(arange(0, HALFP));
    const column = row(arange(0, DP));
    const group = arange(0, GP);
    const head = kvHead * G + group;
    const used = half < HALF;
    const place = col(arange(0, BN)) * rotaryRow + half;
    const keyCosine = load(cosine + place, { mask: used, other: 0 });
    const keySine = load(sine + place, { mask: used, other: 0 });
    gdcWait();
    gdcLaunchDependents();
    const count = load(window);
    const now = load(window + 4);
    const middle = middleLength(load(position) + 1, global, local);
    const blocks = cdiv(now + 1, BN);
    const splits = minimum(numPrograms(1), blocks);
    if (split < splits) {
      const start = floorDiv(split * blocks, splits) * BN;
      const end = minimum(floorDiv((split + 1) * blocks, splits) * BN, now + 1);
      const mine = group < G;
      const at = q + col(head) * D + half;
      const query1 = load(at, { mask: col(mine) && used, other: 0 }) * scale;
      const query2 = load(at + HALF, { mask: col(mine) && used, other: 0 }) * scale;
      let top = full([GP], -Infinity, "f32");
      let weight = zeros([GP], "f32");
      let sumOfValues = zeros([GP, DP], "f32");
      for (const from of range(start, end, BN)) {
        const [turned1, turned2] = rotate(query1, query2, cosine, sine, (now - from) * rotaryRow + half, used);
        const index = from + arange(0, BN);
        const inside = index < end;
        const token = windowTokens(index, inside, selected, count, global, middle);
        const cell = col((to(token, "i64") * kvHeads + kvHead) * D);
        const there = col(inside) && used;
        const key1 = to(load(keys + cell + half, { mask: there, other: 0 }), "f32");
        const key2 = to(load(keys + cell + HALF + half, { mask: there, other: 0 }), "f32");
        const [k1, k2] = turned(key1, key2, keyCosine, keySine);
        const partialScore = dot(to(turned1, dtypeOf(keys)), trans(to(k1, dtypeOf(keys))));
        const allScores = dot(to(turned2, dtypeOf(keys)), trans(to(k2, dtypeOf(keys))), { acc: partialScore });
        const score = where(row(inside), capped(allScores, cap, CAP), -Infinity);
        const value = load(values + cell + column, { mask: col(inside) && column < D, other: 0 });
        const newTop = maximum(top, max(score, 1));
        const p = exp2(score - col(newTop));
        [weight, sumOfValues] = absorb(p, to(p, dtypeOf(values)), value, top, newTop, weight, sumOfValues);
        top = newTop;
      }
      const stored = col(mine) && column < D;
      if (splits === 1) {
        store(out + col(head) * D + column, sumOfValues / col(weight), { mask: stored });
      } else {
        const cell = head * SPLITS + split;
        store(partial + col(cell) * D + column, sumOfValues, { mask: stored });
        store(peak + cell, top, { mask: mine });
        store(total + cell, weight, { mask: mine });
        // All threads' stores come before the count that publishes them.
        debugBarrier();
        if (atomicAdd(finished + kvHead, 1) === splits - 1) {
          combineSplits(partial, peak, total, out, kvHead * G, splits, G, GM, SPLITS, PART, D, DP);
          store(finished + kvHead, 0);
        }
      }
    }
  },
  {
    defaults: {
      warps: 4,
      stages: 2,
      pdl: true,
      alignment: "required",
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
      ],
    },
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
    cap,
    BM,
    BN,
    D,
    DP,
    CAP,
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
    cap: F32;
    BM: Const<"BM">;
    BN: Const<"BN">;
    D: Const<"D">;
    DP: Const<"DP">;
    CAP: Const<"CAP", boolean>;
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
        const score = capped(dot(query, trans(key)), cap, CAP);
        const value = reshape(loadTensorDescriptor(values, [start + from, kvHead, 0]), [BN, DP]);
        const newTop = maximum(top, max(score, 1));
        const p = exp2(score - col(newTop));
        [weight, acc] = absorb(p, to(p, dtypeOf(out)), value, top, newTop, weight, acc);
        top = newTop;
      }
      for (const from of range(clear, past + minimum(block + BM, count), BN)) {
        const key = reshape(loadTensorDescriptor(keys, [start + from, kvHead, 0]), [BN, DP]);
        const seen = row(from + arange(0, BN)) <= col(past + rows);
        const score = where(seen, capped(dot(query, trans(key)), cap, CAP), -Infinity);
        const value = reshape(loadTensorDescriptor(values, [start + from, kvHead, 0]), [BN, DP]);
        const newTop = maximum(top, max(score, 1));
        const p = exp2(score - col(newTop));
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
    defaults: {
      warps: 8,
      stages: 3,
      alignment: "required",
      divisible: ["q", "keys", "values", "window", "out", "outRow"],
    },
  },
);
