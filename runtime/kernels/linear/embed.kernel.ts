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
  (p: {
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
    const blocks = programId(1) * p.B + arange(0, p.B);
    const lane = arange(0, 16);
    const id = load(p.ids + token + arange(0, 1));
    const [low, high] = dequantize(p, id, blocks, lane, p.rowCount);
    const columns = reshape(blocks * 32, [1, p.B, 1]) + lane;
    const mask = reshape(blocks < p.blockCount, [1, p.B, 1]);
    const at = p.out + token * p.blockCount * 32 + columns;
    store(at, low * p.scale, { mask });
    store(at + 16, high * p.scale, { mask });
  },
  { defaults: { warps: 4, stages: 1, pdl: true, alignment: "required", divisible: ["pointers"] } },
);
