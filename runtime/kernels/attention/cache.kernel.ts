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
  row,
  store,
  type Tile,
  to,
} from "tilescript";
import { rotate } from "./rotary.js";

/** One token's k and v, [2 · KV heads, D] at `kv`, into the cache at `position`. In 64 bits: long caches have more elements than 31 bits count. */
export function append(
  p: { keys: Ptr; values: Ptr; kvHeads: number; KVP: number; D: number; DP: number },
  kv: Ptr,
  position: number,
) {
  const kvHead = col(arange(0, p.KVP));
  const column = row(arange(0, p.DP));
  const at = kvHead * p.D + column;
  const mask = kvHead < p.kvHeads && column < p.D;
  const cell = to(position, "i64") * p.kvHeads * p.D + at;
  store(p.keys + cell, load(kv + at, { mask }), { mask });
  store(p.values + cell, load(kv + p.kvHeads * p.D + at, { mask }), { mask });
}

/** k and v of the product with [q; k; v] into the cache, one program a token; see `rotateAppend`. */
export const appendCache = kernel(
  (p: {
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
    append(p, p.qkv + (token * (p.heads + 2 * p.kvHeads) + p.heads) * p.D, p.firstPosition + token);
  },
  { defaults: { warps: 1, stages: 1, alignment: "required", divisible: ["pointers"] } },
);

/** Heads whose first halves lie `at` [heads, HALFP], rotated by `angle` [1, HALFP] and scaled, as two halves. */
function rotatedHeads(
  p: { cosine: Ptr<"f32">; sine: Ptr<"f32">; HALF: number },
  at: Ptr,
  mask: Mask,
  angle: Tile,
  used: Mask,
  scale: number,
): [Tile, Tile] {
  const first = to(load(at, { mask, other: 0 }), "f32") * scale;
  const second = to(load(at + p.HALF, { mask, other: 0 }), "f32") * scale;
  return rotate(first, second, p.cosine, p.sine, angle, used);
}

/**
 * Takes the product with [q; k; v] apart, one program a token: q is rotated at its position, scaled and kept in place; k and v are
 * appended to the cache, k without rotation. qkv is bf16 [tokens, (query heads + 2 · KV heads) · D].
 */
export const rotateAppend = kernel(
  (p: {
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
    const position = p.firstPosition + token;
    const base = p.qkv + token * (p.heads + 2 * p.kvHeads) * p.D;
    const half = row(arange(0, p.HALFP));
    const head = col(arange(0, p.HP));
    const mine = head < p.heads && half < p.HALF;
    const at = base + head * p.D + half;
    const [q1, q2] = rotatedHeads(p, at, mine, position * p.rotaryRow + half, half < p.HALF, p.scale);
    store(at, to(q1, "bf16"), { mask: mine });
    store(at + p.HALF, to(q2, "bf16"), { mask: mine });
    append(p, base + p.heads * p.D, position);
  },
  { defaults: { warps: 1, stages: 1, alignment: "required", divisible: ["pointers"] } },
);

/** Cached keys rotated into a window, one program a position: window[p] = rotate(keys[p], firstPosition + p), both [positions, KV heads · D]. */
export const rotateKeys = kernel(
  (p: {
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
    const half = row(arange(0, p.HALFP));
    const kvHead = col(arange(0, p.KVP));
    const mask = kvHead < p.kvHeads && half < p.HALF;
    const cell = (to(position, "i64") * p.kvHeads + kvHead) * (2 * p.HALF) + half;
    const angle = (p.firstPosition + position) * p.rotaryRow + half;
    const [k1, k2] = rotatedHeads(p, p.keys + cell, mask, angle, half < p.HALF, 1);
    store(p.window + cell, to(k1, "bf16"), { mask });
    store(p.window + cell + p.HALF, to(k2, "bf16"), { mask });
  },
  { defaults: { warps: 1, stages: 1, alignment: "required", divisible: ["pointers"] } },
);
