import {
  arange,
  type Const,
  col,
  type Int,
  join,
  kernel,
  load,
  type Ptr,
  permute,
  programId,
  reshape,
  row,
  store,
  to,
} from "tilescript";
import { dequantize } from "./weights.js";

/* What is done once to weights that do not stay as they are in their file. */

/** A quantised matrix [rows, blockCount · 32] as bf16; also before a long prefill, so that it multiplies at full speed. Program (R rows, B blocks). */
export const dequantizeMatrix = kernel(
  (p: {
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
    const rows = programId(0) * p.R + arange(0, p.R);
    const blocks = programId(1) * p.B + arange(0, p.B);
    const lane = arange(0, 16);
    const [low, high] = dequantize(p, rows, blocks, lane, p.rowCount);
    const columns = reshape(permute(join(low, high), 0, 1, 3, 2), [p.R, p.B * 32]);
    const column = programId(1) * p.B * 32 + arange(0, p.B * 32);
    store(p.out + col(to(rows, "i64")) * p.blockCount * 32 + row(column), to(columns, "bf16"), {
      mask: col(rows) < p.rowCount && row(column) < p.blockCount * 32,
    });
  },
  { defaults: { warps: 4, stages: 1, alignment: "required", divisible: ["pointers"] } },
);

/** Floats [rows, width] as bf16 [programs, columns]: what is behind the width or the rows is zero. Program (row, block of BLOCK columns). */
export const padRows = kernel(
  <T extends "f32" | "f16" | "bf16">(p: {
    from: Ptr<T>;
    out: Ptr<"bf16">;
    rowCount: Int;
    width: Int;
    columns: Int;
    BLOCK: Const<"BLOCK">;
  }) => {
    const line = to(programId(0), "i64");
    const column = programId(1) * p.BLOCK + arange(0, p.BLOCK);
    const value = load(p.from + line * p.width + column, {
      mask: column < p.width && programId(0) < p.rowCount,
      other: 0,
    });
    store(p.out + line * p.columns + column, to(value, "bf16"), { mask: column < p.columns });
  },
  { defaults: { warps: 4, stages: 1, alignment: "required", divisible: ["pointers", "columns"] } },
);

/** Rows in another order: out[i] = from[order[i]], of `rowBytes` bytes each. Program (row, block of BLOCK bytes). */
export const reorderRows = kernel(
  (p: { from: Ptr<"u8">; order: Ptr<"i32">; out: Ptr<"u8">; rowBytes: Int; BLOCK: Const<"BLOCK"> }) => {
    const at = programId(1) * p.BLOCK + arange(0, p.BLOCK);
    const mask = at < p.rowBytes;
    const source = to(load(p.order + programId(0)), "i64") * p.rowBytes;
    store(p.out + to(programId(0), "i64") * p.rowBytes + at, load(p.from + source + at, { mask }), { mask });
  },
  // Rows of quantised weights begin anywhere.
  { defaults: { warps: 4, stages: 1, alignment: "required", divisible: ["from"] } },
);
