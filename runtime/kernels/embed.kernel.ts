import {
  arange,
  type Const,
  type F32,
  gdcLaunchDependents,
  gdcWait,
  type Int,
  kernel,
  load,
  type Ptr,
  programId,
  reshape,
  store,
} from "tilescript";
import { dequantize } from "./weights.js";

/** Rows of the token embedding into the residual: out[t] = scale · W[ids[t]], f32 [tokens, blockCount · 32]. Program (token, chunk of B blocks). */
export const embed = kernel(
  ({
    ids,
    bytes,
    signed,
    halves,
    bf16,
    out,
    scale,
    rowCount,
    blockCount,
    B,
    FORMAT,
  }: {
    ids: Ptr<"i32">;
    bytes: Ptr<"u8">;
    signed: Ptr<"i8">;
    halves: Ptr<"f16">;
    bf16: Ptr<"bf16">;
    out: Ptr<"f32">;
    scale: F32;
    rowCount: Int;
    blockCount: Int;
    B: Const<"B">;
    FORMAT: Const<"FORMAT", string>;
  }) => {
    gdcWait();
    gdcLaunchDependents();
    const token = programId(0);
    const blocks = programId(1) * B + arange(0, B);
    const lane = arange(0, 16);
    const id = load(ids + token + arange(0, 1));
    const [low, high] = dequantize(bytes, signed, halves, bf16, id, blocks, lane, rowCount, blockCount, FORMAT);
    const columns = reshape(blocks * 32, [1, B, 1]) + lane;
    const mask = reshape(blocks < blockCount, [1, B, 1]);
    const at = out + token * blockCount * 32 + columns;
    store(at, low * scale, { mask });
    store(at + 16, high * scale, { mask });
  },
  {
    defaults: {
      warps: 4,
      stages: 1,
      pdl: true,
      alignment: "required",
      divisible: ["ids", "bytes", "signed", "halves", "bf16", "out"],
    },
  },
);
