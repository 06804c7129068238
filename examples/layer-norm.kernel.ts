import {
  arange,
  type Const,
  type F32,
  type Int,
  kernel,
  load,
  type Ptr,
  programId,
  rsqrt,
  store,
  sum,
  to,
  where,
} from "tilescript";

/**
 * out = (x − mean) / √(variance + epsilon) · scale + shift, by rows. The dtype of x and out is the caller's; sums are in f32. What backward needs of
 * each row is written beside it: its mean, and inverse = 1 / √(variance + epsilon).
 */
export const layerNorm = kernel(
  <T extends "f16" | "bf16" | "f32">(p: {
    x: Ptr<T>;
    scale: Ptr<"f32">;
    shift: Ptr<"f32">;
    out: Ptr<T>;
    mean: Ptr<"f32">;
    inverse: Ptr<"f32">;
    columns: Int;
    epsilon: F32;
    BLOCK: Const<"BLOCK">;
  }) => {
    const lane = arange(0, p.BLOCK);
    const mask = lane < p.columns;
    const start = programId(0) * p.columns;
    const row = to(load(p.x + start + lane, { mask, other: 0 }), "f32");
    const middle = sum(row, 0) / to(p.columns, "f32");
    const centred = where(mask, row - middle, 0);
    const variance = sum(centred * centred, 0) / to(p.columns, "f32");
    const width = rsqrt(variance + p.epsilon);
    store(p.mean + programId(0), middle);
    store(p.inverse + programId(0), width);
    const y = centred * width * load(p.scale + lane, { mask, other: 0 }) + load(p.shift + lane, { mask, other: 0 });
    store(p.out + start + lane, y, { mask });
  },
  {
    builds: [
      { constants: { BLOCK: 1024 }, dtypes: { T: "bf16" } },
      { constants: { BLOCK: 1024 }, dtypes: { T: "bf16" }, warps: 1 },
      { constants: { BLOCK: 1024 }, dtypes: { T: "bf16" }, warps: 8 },
      { constants: { BLOCK: 1024 }, dtypes: { T: "f32" } },
      { constants: { BLOCK: 1024 }, dtypes: { T: "f32" }, warps: 1 },
      { constants: { BLOCK: 1024 }, dtypes: { T: "f32" }, warps: 8 },
    ],
  },
);
