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
import { rotate } from "../attention/rotary.js";
import { middleLength } from "./middle.js";
import { windowTokens } from "./window.js";

/*
 * Prefill's way to a window: written out once, rotated at the window's positions, so that dense attention then runs at full speed over
 * contiguous keys and values.
 */

/**
 * Keys, rotated, and values of each chunk's window, [chunks, rows, KV heads · D] each, program (BP indices, chunk). Rows behind the window's last are zeroed as far as
 * programs go: attention multiplies them with zero, which NaN would survive. `window` is what `reattentionChoose` gives.
 */
export const reattentionGather = kernel(
  <T extends "f16" | "bf16">(p: {
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
    const place = arange(0, p.BP * p.KVP);
    const turn = programId(1);
    const [mine, ofWindow] = [p.selected + turn * p.room, p.window + turn * 16];
    const index = programId(0) * p.BP + floorDiv(place, p.KVP);
    const kvHead = mod(place, p.KVP);
    const half = row(arange(0, p.HALFP));
    const there = index <= load(ofWindow + 4);
    const middle = middleLength(load(p.position) + minimum((turn + 1) * p.chunk, p.queries), p.global, p.local);
    const token = windowTokens(index, there, mine, load(ofWindow), p.global, middle);
    const from = (to(token, "i64") * p.kvHeads + kvHead) * (2 * p.HALF);
    const mask = col(kvHead < p.kvHeads) && half < p.HALF;
    const seen = col(there) && mask;
    const first = to(load(p.keys + col(from) + half, { mask: seen, other: 0 }), "f32");
    const second = to(load(p.keys + col(from) + p.HALF + half, { mask: seen, other: 0 }), "f32");
    const [k1, k2] = rotate(first, second, p.cosine, p.sine, col(index) * p.rotaryRow + half, seen);
    const at = col(((turn * numPrograms(0) * p.BP + index) * p.kvHeads + kvHead) * (2 * p.HALF)) + half;
    store(p.windowKeys + at, to(k1, dtypeOf(p.keys)), { mask });
    store(p.windowKeys + at + p.HALF, to(k2, dtypeOf(p.keys)), { mask });
    store(p.windowValues + at, load(p.values + col(from) + half, { mask: seen, other: 0 }), { mask });
    store(p.windowValues + at + p.HALF, load(p.values + col(from) + p.HALF + half, { mask: seen, other: 0 }), { mask });
  },
  { defaults: { warps: 4, stages: 1, alignment: "required", divisible: ["pointers"] } },
);

/** Rotates the queries of chunks in place at their window's last positions, and scales them. q [queries, rows of `qRow`]. One program a query. */
export const reattentionRotate = kernel(
  <T extends "f16" | "bf16">(p: {
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
    const turn = floorDiv(query, p.chunk);
    const position = load(p.window + turn * 16 + 4) + 1 - minimum((turn + 1) * p.chunk, p.queries) + query;
    const head = col(arange(0, p.HP));
    const half = row(arange(0, p.HALFP));
    const mask = head < p.heads && half < p.HALF;
    const at = p.q + query * p.qRow + head * (2 * p.HALF) + half;
    const first = to(load(at, { mask, other: 0 }), "f32") * p.scale;
    const second = to(load(at + p.HALF, { mask, other: 0 }), "f32") * p.scale;
    const [q1, q2] = rotate(first, second, p.cosine, p.sine, position * p.rotaryRow + half, half < p.HALF);
    store(at, to(q1, dtypeOf(p.q)), { mask });
    store(at + p.HALF, to(q2, dtypeOf(p.q)), { mask });
  },
  { defaults: { warps: 1, stages: 1, alignment: "required", divisible: ["pointers", "qRow"] } },
);
