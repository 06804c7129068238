/* Every weight format read as the model kernels read it, and kept in f32, so that it can be compared bit for bit. */
import { arange, type Const, expandDims, type Int, kernel, type Ptr, programId, store, to } from "tilescript";
import { dequantize, type Format } from "../../runtime/kernels/weights.js";

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
    out: Ptr<"f32">;
    rowCount: Int;
    blockCount: Int;
    R: Const<"R">;
    B: Const<"B">;
    FORMAT: Const<"FORMAT", string>;
  }) => {
    const rows = programId(0) * R + arange(0, R);
    const blocks = programId(1) * B + arange(0, B);
    const lane = arange(0, 16);
    const [low, high] = dequantize({ bytes, signed, halves, bf16, blockCount, FORMAT }, rows, blocks, lane, rowCount);
    const row = expandDims(expandDims(rows, 1), 2);
    const block = expandDims(blocks, 1);
    const mask = row < rowCount && block < blockCount;
    const at = out + (to(row, "i64") * blockCount + block) * 32 + lane;
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
