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
  <T extends "f16" | "bf16" | "f32">({
    x,
    scale,
    shift,
    out,
    mean,
    inverse,
    columns,
    epsilon,
    BLOCK,
  }: {
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
    const lane = arange(0, BLOCK);
    const mask = lane < columns;
    const start = programId(0) * columns;
    const row = to(load(x + start + lane, { mask, other: 0 }), "f32");
    const middle = sum(row, 0) / to(columns, "f32");
    const centred = where(mask, row - middle, 0);
    const variance = sum(centred * centred, 0) / to(columns, "f32");
    const width = rsqrt(variance + epsilon);
    store(mean + programId(0), middle);
    store(inverse + programId(0), width);
    const y = centred * width * load(scale + lane, { mask, other: 0 }) + load(shift + lane, { mask, other: 0 });
    store(out + start + lane, y, { mask });
  },
  {
    builds: [
      { constants: { BLOCK: 1024 }, dtypes: { T: "bf16" } },
      { constants: { BLOCK: 1024 }, dtypes: { T: "f32" } },
    ],
  },
);
