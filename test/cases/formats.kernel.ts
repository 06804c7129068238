/* Every weight format read as the model kernels read it, and kept in f32, so that it can be compared bit for bit. */
import { arange, type Const, expandDims, type Int, kernel, type Ptr, programId, store, to } from "tilescript";
import { dequantize, type Format } from "../../runtime/kernels/linear/weights.js";

/** All of them: builds are known without running anything, so they are listed. */
const ALL = [
  "f32",
  "f16",
  "bf16",
  "q4_0",
  "q4_1",
  "q5_0",
  "q5_1",
  "q8_0",
  "iq4_nl",
  "mxfp4",
  "q2_k",
  "q3_k",
  "q4_k",
  "q5_k",
  "q6_k",
  "iq4_xs",
] as const satisfies readonly Format[];

/** A matrix [rows, blockCount · 32] as f32. Program (R rows, B blocks). */
export const widen = kernel(
  (p: {
    bytes: Ptr<"u8">;
    signed: Ptr<"i8">;
    halves: Ptr<"f16">;
    bf16: Ptr<"bf16">;
    out: Ptr<"f32">;
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
    const row = expandDims(expandDims(rows, 1), 2);
    const block = expandDims(blocks, 1);
    const mask = row < p.rowCount && block < p.blockCount;
    const at = p.out + (to(row, "i64") * p.blockCount + block) * 32 + lane;
    store(at, low, { mask });
    store(at + 16, high, { mask });
  },
  {
    builds: ALL.map((FORMAT) => ({
      constants: { R: 4, B: 16, FORMAT },
      warps: 4,
      stages: 1,
      alignment: "required",
      divisible: ["bytes", "signed", "halves", "bf16", "out"],
    })),
  },
);
