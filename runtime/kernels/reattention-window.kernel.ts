import {
  arange,
  type Const,
  col,
  dtypeOf,
  type F32,
  floorDiv,
  type Int,
  kernel,
  load,
  minimum,
  mod,
  numPrograms,
  type Ptr,
  programId,
  row,
  store,
  to,
} from "tilescript";
import { middleLength } from "./reattention-middle.js";
import { windowTokens } from "./reattention-window.js";
import { rotate } from "./rotary.js";

/*
 * Prefill's way to a window: written out once, rotated at the window's positions, so that dense attention then runs at full speed over
 * contiguous keys and values.
 */

/**
 * Keys, rotated, and values of each chunk's window, [chunks, rows, KV heads · D] each, program (BP indices, chunk). Rows behind the window's last are zeroed as far as
 * programs go: attention multiplies them with zero, which NaN would survive. `window` is what `reattentionChoose` gives.
 */
export const reattentionGather = kernel(
  <T extends "f16" | "bf16">({
    keys,
    values,
    selected,
    window,
    position,
    cosine,
    sine,
    windowKeys,
    windowValues,
    queries,
    chunk,
    room,
    global,
    local,
    kvHeads,
    rotaryRow,
    BP,
    KVP,
    HALF,
    HALFP,
  }: {
    keys: Ptr<T>;
    values: Ptr<T>;
    selected: Ptr<"i32">;
    window: Ptr<"i32">;
    position: Ptr<"i32">;
    cosine: Ptr<"f32">;
    sine: Ptr<"f32">;
    windowKeys: Ptr<T>;
    windowValues: Ptr<T>;
    /** The cache holds load(position) tokens before these. */
    queries: Int;
    chunk: Int;
    /** Of `selected`, from a chunk's to the next one's. */
    room: Int;
    global: Int;
    local: Int;
    kvHeads: Int;
    /** From a position's angles to the next one's; 0 in a layer that does not rotate. */
    rotaryRow: Int;
    BP: Const<"BP">;
    /** A power of two of at least `kvHeads`. */
    KVP: Const<"KVP">;
    HALF: Const<"HALF">;
    HALFP: Const<"HALFP">;
  }) => {
    const place = arange(0, BP * KVP);
    const turn = programId(1);
    const [mine, ofWindow] = [selected + turn * room, window + turn * 16];
    const index = programId(0) * BP + floorDiv(place, KVP);
    const kvHead = mod(place, KVP);
    const half = row(arange(0, HALFP));
    const there = index <= load(ofWindow + 4);
    const middle = middleLength(load(position) + minimum((turn + 1) * chunk, queries), global, local);
    const token = windowTokens(index, there, mine, load(ofWindow), global, middle);
    const from = (to(token, "i64") * kvHeads + kvHead) * (2 * HALF);
    const mask = col(kvHead < kvHeads) && half < HALF;
    const seen = col(there) && mask;
    const first = to(load(keys + col(from) + half, { mask: seen, other: 0 }), "f32");
    const second = to(load(keys + col(from) + HALF + half, { mask: seen, other: 0 }), "f32");
    const [k1, k2] = rotate(first, second, cosine, sine, col(index) * rotaryRow + half, seen);
    const at = col(((turn * numPrograms(0) * BP + index) * kvHeads + kvHead) * (2 * HALF)) + half;
    store(windowKeys + at, to(k1, dtypeOf(keys)), { mask });
    store(windowKeys + at + HALF, to(k2, dtypeOf(keys)), { mask });
    store(windowValues + at, load(values + col(from) + half, { mask: seen, other: 0 }), { mask });
    store(windowValues + at + HALF, load(values + col(from) + HALF + half, { mask: seen, other: 0 }), { mask });
  },
  {
    defaults: {
      warps: 4,
      stages: 1,
      alignment: "required",
      divisible: ["keys", "values", "selected", "window", "position", "cosine", "sine", "windowKeys", "windowValues"],
    },
  },
);

/** Rotates the queries of chunks in place at their window's last positions, and scales them. q [queries, rows of `qRow`]. One program a query. */
export const reattentionRotate = kernel(
  <T extends "f16" | "bf16">({
    q,
    window,
    cosine,
    sine,
    queries,
    chunk,
    qRow,
    scale,
    heads,
    rotaryRow,
    HP,
    HALF,
    HALFP,
  }: {
    q: Ptr<T>;
    window: Ptr<"i32">;
    cosine: Ptr<"f32">;
    sine: Ptr<"f32">;
    queries: Int;
    chunk: Int;
    qRow: Int;
    scale: F32;
    heads: Int;
    rotaryRow: Int;
    /** A power of two of at least `heads`. */
    HP: Const<"HP">;
    HALF: Const<"HALF">;
    HALFP: Const<"HALFP">;
  }) => {
    const query = programId(0);
    const turn = floorDiv(query, chunk);
    const position = load(window + turn * 16 + 4) + 1 - minimum((turn + 1) * chunk, queries) + query;
    const head = col(arange(0, HP));
    const half = row(arange(0, HALFP));
    const mask = head < heads && half < HALF;
    const at = q + query * qRow + head * (2 * HALF) + half;
    const first = to(load(at, { mask, other: 0 }), "f32") * scale;
    const second = to(load(at + HALF, { mask, other: 0 }), "f32") * scale;
    const [q1, q2] = rotate(first, second, cosine, sine, position * rotaryRow + half, half < HALF);
    store(at, to(q1, dtypeOf(q)), { mask });
    store(at + HALF, to(q2, dtypeOf(q)), { mask });
  },
  {
    defaults: {
      warps: 1,
      stages: 1,
      alignment: "required",
      divisible: ["q", "window", "cosine", "sine", "qRow"],
    },
  },
);
