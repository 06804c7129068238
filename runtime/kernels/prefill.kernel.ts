import {
  arange,
  type Const,
  col,
  type F32,
  type Int,
  join,
  kernel,
  load,
  type Ptr,
  permute,
  programId,
  range,
  reshape,
  row,
  store,
  to,
} from "tilescript";
import { inverseRms } from "./norm.js";
import { rotate } from "./rotary.js";
import { FORMATS, GPU_TILES, HEADS } from "./tiles.js";
import { dequantize } from "./weights.js";

/** RMS norm of each row of x [rows, width] (arXiv 1910.07467): out = x / rms(x) · weight in bf16. One program a row. */
export const rmsNorm = kernel(
  ({
    x,
    weight,
    out,
    width,
    epsilon,
    KP,
  }: {
    x: Ptr<"f32">;
    weight: Ptr<"f32">;
    out: Ptr<"bf16">;
    width: Int;
    epsilon: F32;
    KP: Const<"KP">;
  }) => {
    const base = programId(0) * width;
    const inverse = inverseRms(x + base, width, KP, epsilon);
    for (const start of range(0, width, KP)) {
      const column = start + arange(0, KP);
      const mask = column < width;
      const scaled = load(x + base + column, { mask, other: 0 }) * inverse * load(weight + column, { mask, other: 0 });
      store(out + base + column, to(scaled, "bf16"), { mask });
    }
  },
  {
    builds: [
      {
        constants: GPU_TILES.norm,
        warps: 4,
        stages: 1,
        alignment: "required",
        divisible: ["x", "weight", "out", "width"],
      },
    ],
  },
);

/** A quantised matrix [rows, blockCount · 32] as bf16, so that a long prefill multiplies at full speed. Program (R rows, B blocks). */
export const dequantizeMatrix = kernel(
  ({
    bytes,
    signed,
    halves,
    bf16,
    out,
    rowCount,
    blockCount,
    R,
    B,
    FORMAT,
  }: {
    bytes: Ptr<"u8">;
    signed: Ptr<"i8">;
    halves: Ptr<"f16">;
    bf16: Ptr<"bf16">;
    out: Ptr<"bf16">;
    rowCount: Int;
    blockCount: Int;
    R: Const<"R">;
    B: Const<"B">;
    FORMAT: Const<"FORMAT", string>;
  }) => {
    const rows = programId(0) * R + arange(0, R);
    const blocks = programId(1) * B + arange(0, B);
    const lane = arange(0, 16);
    const [low, high] = dequantize(bytes, signed, halves, bf16, rows, blocks, lane, rowCount, blockCount, FORMAT);
    const columns = reshape(permute(join(low, high), 0, 1, 3, 2), [R, B * 32]);
    const column = programId(1) * B * 32 + arange(0, B * 32);
    store(out + col(rows) * blockCount * 32 + row(column), to(columns, "bf16"), {
      mask: col(rows) < rowCount && row(column) < blockCount * 32,
    });
  },
  {
    builds: FORMATS.map((FORMAT) => ({
      constants: { ...GPU_TILES.dequantize, FORMAT },
      warps: 4,
      stages: 1,
      alignment: "required",
      divisible: ["bytes", "signed", "halves", "bf16", "out"],
    })),
  },
);

/** One token's k and v, [2 · KV heads, D] at `kv`, into the cache at `position`. In 64 bits: long caches have more elements than 31 bits count. */
function append(kv: Ptr, keys: Ptr, values: Ptr, position: number, kvHeads: number, KVP: number, D: number) {
  const kvHead = col(arange(0, KVP));
  const at = kvHead * D + row(arange(0, D));
  const mask = kvHead < kvHeads;
  const cell = to(position, "i64") * kvHeads * D + at;
  store(keys + cell, load(kv + at, { mask }), { mask });
  store(values + cell, load(kv + kvHeads * D + at, { mask }), { mask });
}

/** k and v of the product with [q; k; v] into the cache, one program a token; see `rotateAppend`. */
export const appendCache = kernel(
  ({
    qkv,
    keys,
    values,
    firstPosition,
    heads,
    kvHeads,
    KVP,
    D,
  }: {
    qkv: Ptr<"bf16">;
    keys: Ptr<"bf16">;
    values: Ptr<"bf16">;
    firstPosition: Int;
    heads: Int;
    kvHeads: Int;
    KVP: Const<"KVP">;
    D: Const<"D">;
  }) => {
    const token = programId(0);
    append(qkv + (token * (heads + 2 * kvHeads) + heads) * D, keys, values, firstPosition + token, kvHeads, KVP, D);
  },
  {
    builds: [
      {
        constants: { KVP: HEADS.KVP, D: HEADS.D },
        warps: 1,
        stages: 1,
        alignment: "required",
        divisible: ["qkv", "keys", "values"],
      },
    ],
  },
);

/**
 * Takes the product with [q; k; v] apart, one program a token: q is rotated at its position, scaled and kept in place; k and v are
 * appended to the cache, k without rotation. qkv is bf16 [tokens, (query heads + 2 · KV heads) · D].
 */
export const rotateAppend = kernel(
  ({
    qkv,
    keys,
    values,
    cosine,
    sine,
    firstPosition,
    scale,
    heads,
    kvHeads,
    HP,
    KVP,
    D,
    HALF,
  }: {
    qkv: Ptr<"bf16">;
    keys: Ptr<"bf16">;
    values: Ptr<"bf16">;
    cosine: Ptr<"f32">;
    sine: Ptr<"f32">;
    firstPosition: Int;
    scale: F32;
    heads: Int;
    kvHeads: Int;
    /** Powers of two above the numbers of query and KV heads. */
    HP: Const<"HP">;
    KVP: Const<"KVP">;
    D: Const<"D">;
    HALF: Const<"HALF">;
  }) => {
    const token = programId(0);
    const position = firstPosition + token;
    const base = qkv + token * (heads + 2 * kvHeads) * D;
    const half = row(arange(0, HALF));
    const head = col(arange(0, HP));
    const mine = head < heads;
    const at = base + head * D + half;
    const first = to(load(at, { mask: mine, other: 0 }), "f32") * scale;
    const second = to(load(at + HALF, { mask: mine, other: 0 }), "f32") * scale;
    const [q1, q2] = rotate(first, second, cosine, sine, position * HALF + half, half < HALF);
    store(at, to(q1, "bf16"), { mask: mine });
    store(at + HALF, to(q2, "bf16"), { mask: mine });
    append(base + heads * D, keys, values, position, kvHeads, KVP, D);
  },
  {
    builds: [
      {
        constants: { HP: HEADS.HP, KVP: HEADS.KVP, D: HEADS.D, HALF: HEADS.HALF },
        warps: 1,
        stages: 1,
        alignment: "required",
        divisible: ["qkv", "keys", "values", "cosine", "sine"],
      },
    ],
  },
);

/** Cached keys rotated into a window, one program a position: window[p] = rotate(keys[p], p), both [positions, KV heads · D]. */
export const rotateKeys = kernel(
  ({
    keys,
    window,
    cosine,
    sine,
    kvHeads,
    KVP,
    D,
    HALF,
  }: {
    keys: Ptr<"bf16">;
    window: Ptr<"bf16">;
    cosine: Ptr<"f32">;
    sine: Ptr<"f32">;
    kvHeads: Int;
    KVP: Const<"KVP">;
    D: Const<"D">;
    HALF: Const<"HALF">;
  }) => {
    const position = programId(0);
    const half = row(arange(0, HALF));
    const kvHead = col(arange(0, KVP));
    const mask = kvHead < kvHeads;
    const cell = (position * kvHeads + kvHead) * D + half;
    const first = to(load(keys + cell, { mask, other: 0 }), "f32");
    const second = to(load(keys + cell + HALF, { mask, other: 0 }), "f32");
    const [k1, k2] = rotate(first, second, cosine, sine, position * HALF + half, half < HALF);
    store(window + cell, to(k1, "bf16"), { mask });
    store(window + cell + HALF, to(k2, "bf16"), { mask });
  },
  {
    builds: [
      {
        constants: { KVP: HEADS.KVP, D: HEADS.D, HALF: HEADS.HALF },
        warps: 1,
        stages: 1,
        alignment: "required",
        divisible: ["keys", "window", "cosine", "sine"],
      },
    ],
  },
);
