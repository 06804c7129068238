import {
  arange,
  type Const,
  col,
  type F32,
  type Int,
  kernel,
  load,
  type Ptr,
  programId,
  range,
  row,
  rsqrt,
  store,
  sum,
  to,
  where,
} from "tilescript";
import { inverseRms, normed } from "./norm.js";

/** RMS norm of each row of x [rows, padded] (arXiv 1910.07467): out = x / rms(x) · weight in bf16. One program a row. */
export const rmsNorm = kernel(
  (p: {
    x: Ptr<"f32">;
    weight: Ptr<"f32">;
    out: Ptr<"bf16">;
    padded: Int;
    width: Int;
    epsilon: F32;
    KP: Const<"KP">;
  }) => {
    const base = programId(0) * p.padded;
    const inverse = inverseRms(p.x + base, p.padded, p.width, p.KP, p.epsilon);
    for (const start of range(0, p.padded, p.KP)) {
      const column = start + arange(0, p.KP);
      const mask = column < p.padded;
      store(p.out + base + column, to(normed(p.x + base, p.weight, column, mask, inverse), "bf16"), { mask });
    }
  },
  { defaults: { warps: 8, stages: 1, alignment: "required", divisible: ["pointers", "padded"] } },
);

/** residual [rows, padded] += RMS norm of y [rows, padded]: what attention and feed-forward add has a norm of its own. One program a row. */
export const addNormed = kernel(
  <T extends "f32" | "bf16">(p: {
    y: Ptr<T>;
    weight: Ptr<"f32">;
    residual: Ptr<"f32">;
    padded: Int;
    width: Int;
    epsilon: F32;
    /** A power of two of at least `padded`: a row is read once. */
    KP: Const<"KP">;
  }) => {
    const base = programId(0) * p.padded;
    const column = arange(0, p.KP);
    const mask = column < p.padded;
    const x = to(load(p.y + base + column, { mask, other: 0 }), "f32");
    const inverse = rsqrt(sum(x * x, 0) / p.width + p.epsilon);
    const scaled = x * inverse * load(p.weight + column, { mask, other: 0 });
    store(p.residual + base + column, load(p.residual + base + column, { mask, other: 0 }) + scaled, { mask });
  },
  { defaults: { warps: 8, stages: 1, alignment: "required", divisible: ["pointers", "padded"] } },
);

/**
 * RMS norm of each head of q and k, in place, before they rotate. qkv is bf16 [tokens, (query heads + 2 · KV heads) · D]. One program a token.
 */
export const normHeads = kernel(
  (p: {
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
    const head = col(arange(0, p.HP));
    const column = row(arange(0, p.DP));
    const mask = head < p.heads + p.kvHeads && column < p.D;
    const at = p.qkv + to(programId(0), "i64") * (p.heads + 2 * p.kvHeads) * p.D + head * p.D + column;
    const x = to(load(at, { mask, other: 0 }), "f32");
    const inverse = rsqrt(sum(x * x, 1) / p.D + p.epsilon);
    const ofQuery = load(p.queryNorm + column, { mask: column < p.D, other: 0 });
    const ofKey = load(p.keyNorm + column, { mask: column < p.D, other: 0 });
    store(at, to(x * col(inverse) * where(head < p.heads, ofQuery, ofKey), "bf16"), { mask });
  },
  { defaults: { warps: 4, stages: 1, alignment: "required", divisible: ["pointers"] } },
);
