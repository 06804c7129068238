import {
  arange,
  type Const,
  col,
  type F32,
  type Int,
  kernel,
  load,
  type Mask,
  type Ptr,
  programId,
  range,
  row,
  rsqrt,
  store,
  sum,
  type Tile,
  to,
  where,
} from "tilescript";
import { inverseRms, normed } from "./norm.js";
import { rotate } from "./rotary.js";

/** RMS norm of each row of x [rows, padded] (arXiv 1910.07467): out = x / rms(x) · weight in bf16. One program a row. */
export const rmsNorm = kernel(
  ({
    x,
    weight,
    out,
    padded,
    width,
    epsilon,
    KP,
  }: {
    x: Ptr<"f32">;
    weight: Ptr<"f32">;
    out: Ptr<"bf16">;
    padded: Int;
    width: Int;
    epsilon: F32;
    KP: Const<"KP">;
  }) => {
    const base = programId(0) * padded;
    const inverse = inverseRms(x + base, padded, width, KP, epsilon);
    for (const start of range(0, padded, KP)) {
      const column = start + arange(0, KP);
      const mask = column < padded;
      store(out + base + column, to(normed(x + base, weight, column, mask, inverse), "bf16"), { mask });
    }
  },
  { defaults: { warps: 8, stages: 1, alignment: "required", divisible: ["x", "weight", "out", "padded"] } },
);

/** residual [rows, padded] += RMS norm of y [rows, padded]: what attention and feed-forward add has a norm of its own. One program a row. */
export const addNormed = kernel(
  <T extends "f32" | "bf16">({
    y,
    weight,
    residual,
    padded,
    width,
    epsilon,
    KP,
  }: {
    y: Ptr<T>;
    weight: Ptr<"f32">;
    residual: Ptr<"f32">;
    padded: Int;
    width: Int;
    epsilon: F32;
    /** A power of two of at least `padded`: a row is read once. */
    KP: Const<"KP">;
  }) => {
    const base = programId(0) * padded;
    const column = arange(0, KP);
    const mask = column < padded;
    const x = to(load(y + base + column, { mask, other: 0 }), "f32");
    const inverse = rsqrt(sum(x * x, 0) / width + epsilon);
    const scaled = x * inverse * load(weight + column, { mask, other: 0 });
    store(residual + base + column, load(residual + base + column, { mask, other: 0 }) + scaled, { mask });
  },
  { defaults: { warps: 8, stages: 1, alignment: "required", divisible: ["y", "weight", "residual", "padded"] } },
);

/**
 * RMS norm of each head of q and k, in place, before they rotate. qkv is bf16 [tokens, (query heads + 2 · KV heads) · D]. One program a token.
 */
export const normHeads = kernel(
  ({
    qkv,
    queryNorm,
    keyNorm,
    epsilon,
    heads,
    kvHeads,
    HP,
    D,
    DP,
  }: {
    qkv: Ptr<"bf16">;
    queryNorm: Ptr<"f32">;
    keyNorm: Ptr<"f32">;
    epsilon: F32;
    heads: Int;
    kvHeads: Int;
    /** A power of two above the number of query and KV heads. */
    HP: Const<"HP">;
    D: Const<"D">;
    DP: Const<"DP">;
  }) => {
    const head = col(arange(0, HP));
    const column = row(arange(0, DP));
    const mask = head < heads + kvHeads && column < D;
    const at = qkv + to(programId(0), "i64") * (heads + 2 * kvHeads) * D + head * D + column;
    const x = to(load(at, { mask, other: 0 }), "f32");
    const inverse = rsqrt(sum(x * x, 1) / D + epsilon);
    const ofQuery = load(queryNorm + column, { mask: column < D, other: 0 });
    const ofKey = load(keyNorm + column, { mask: column < D, other: 0 });
    store(at, to(x * col(inverse) * where(head < heads, ofQuery, ofKey), "bf16"), { mask });
  },
  { defaults: { warps: 4, stages: 1, alignment: "required", divisible: ["qkv", "queryNorm", "keyNorm"] } },
);

/** One token's k and v, [2 · KV heads, D] at `kv`, into the cache at `position`. In 64 bits: long caches have more elements than 31 bits count. */
function append(
  kv: Ptr,
  keys: Ptr,
  values: Ptr,
  position: number,
  kvHeads: number,
  KVP: number,
  D: number,
  DP: number,
) {
  const kvHead = col(arange(0, KVP));
  const column = row(arange(0, DP));
  const at = kvHead * D + column;
  const mask = kvHead < kvHeads && column < D;
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
    DP,
  }: {
    qkv: Ptr<"bf16">;
    keys: Ptr<"bf16">;
    values: Ptr<"bf16">;
    firstPosition: Int;
    heads: Int;
    kvHeads: Int;
    KVP: Const<"KVP">;
    D: Const<"D">;
    DP: Const<"DP">;
  }) => {
    const token = programId(0);
    append(qkv + (token * (heads + 2 * kvHeads) + heads) * D, keys, values, firstPosition + token, kvHeads, KVP, D, DP);
  },
  { defaults: { warps: 1, stages: 1, alignment: "required", divisible: ["qkv", "keys", "values"] } },
);

/** Heads whose first halves lie `at` [heads, HALFP], rotated by `angle` [1, HALFP] and scaled, as two halves. */
function rotatedHeads(
  at: Ptr,
  mask: Mask,
  cosine: Ptr<"f32">,
  sine: Ptr<"f32">,
  angle: Tile,
  used: Mask,
  scale: number,
  HALF: number,
): [Tile, Tile] {
  const first = to(load(at, { mask, other: 0 }), "f32") * scale;
  const second = to(load(at + HALF, { mask, other: 0 }), "f32") * scale;
  return rotate(first, second, cosine, sine, angle, used);
}

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
    rotaryRow,
    firstPosition,
    scale,
    heads,
    kvHeads,
    HP,
    KVP,
    D,
    DP,
    HALF,
    HALFP,
  }: {
    qkv: Ptr<"bf16">;
    keys: Ptr<"bf16">;
    values: Ptr<"bf16">;
    cosine: Ptr<"f32">;
    sine: Ptr<"f32">;
    /** From a position's angles to the next one's; 0 in a layer that does not rotate. */
    rotaryRow: Int;
    firstPosition: Int;
    scale: F32;
    heads: Int;
    kvHeads: Int;
    /** Powers of two above the numbers of query and KV heads, D and D / 2. */
    HP: Const<"HP">;
    KVP: Const<"KVP">;
    D: Const<"D">;
    DP: Const<"DP">;
    HALF: Const<"HALF">;
    HALFP: Const<"HALFP">;
  }) => {
    const token = programId(0);
    const position = firstPosition + token;
    const base = qkv + token * (heads + 2 * kvHeads) * D;
    const half = row(arange(0, HALFP));
    const head = col(arange(0, HP));
    const mine = head < heads && half < HALF;
    const at = base + head * D + half;
    const [q1, q2] = rotatedHeads(at, mine, cosine, sine, position * rotaryRow + half, half < HALF, scale, HALF);
    store(at, to(q1, "bf16"), { mask: mine });
    store(at + HALF, to(q2, "bf16"), { mask: mine });
    append(base + heads * D, keys, values, position, kvHeads, KVP, D, DP);
  },
  { defaults: { warps: 1, stages: 1, alignment: "required", divisible: ["qkv", "keys", "values", "cosine", "sine"] } },
);

/** Cached keys rotated into a window, one program a position: window[p] = rotate(keys[p], firstPosition + p), both [positions, KV heads · D]. */
export const rotateKeys = kernel(
  ({
    keys,
    window,
    cosine,
    sine,
    rotaryRow,
    firstPosition,
    kvHeads,
    KVP,
    HALF,
    HALFP,
  }: {
    keys: Ptr<"bf16">;
    window: Ptr<"bf16">;
    cosine: Ptr<"f32">;
    sine: Ptr<"f32">;
    rotaryRow: Int;
    firstPosition: Int;
    kvHeads: Int;
    KVP: Const<"KVP">;
    HALF: Const<"HALF">;
    HALFP: Const<"HALFP">;
  }) => {
    const position = programId(0);
    const half = row(arange(0, HALFP));
    const kvHead = col(arange(0, KVP));
    const mask = kvHead < kvHeads && half < HALF;
    const cell = (to(position, "i64") * kvHeads + kvHead) * (2 * HALF) + half;
    const angle = (firstPosition + position) * rotaryRow + half;
    const [k1, k2] = rotatedHeads(keys + cell, mask, cosine, sine, angle, half < HALF, 1, HALF);
    store(window + cell, to(k1, "bf16"), { mask });
    store(window + cell + HALF, to(k2, "bf16"), { mask });
  },
  { defaults: { warps: 1, stages: 1, alignment: "required", divisible: ["keys", "window", "cosine", "sine"] } },
);
