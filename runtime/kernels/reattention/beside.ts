import { cdiv, type F32, floorDiv, type Int, minimum, mod, type Ptr } from "tilescript";
import { anglesOfBlock, attend, type HeadTiles } from "../attention/attend.js";
import { leavePart, type Parts } from "../attention/combine.js";
import { middleLength } from "./middle.js";
import type { StepPicks } from "./row.js";

/*
 * A decision keeps a program for each query head busy, with waits for memory most of the time. What it decides is which tokens of the middle are
 * seen: the last `local` ones are in any case. So further programs of the same launch attend to those meanwhile, and `reattentionDecode` only
 * to what comes before them.
 */

/** Parameters of a decision for attention beside it; as for `decodeAttention`. */
export type Beside<T extends "f16" | "bf16"> = {
  values: Ptr<T>;
  cosine: Ptr<"f32">;
  sine: Ptr<"f32">;
} & Parts & {
    scale: F32;
    cap: F32;
    rotaryRow: Int;
    /** Programs of a KV head, beyond those that decide: at the most one for each block of the local tokens. */
    splits: Int;
    /** The least middle of which this is worth its code, which a GPU has to read again for each layer; and a pass over keys in 8 bits its bounds. */
    longFrom: Int;
  } & HeadTiles;

/**
 * Attention of the last of `total` tokens to the `local` last ones, by the `program`-th of those beyond the decision's, left as the first
 * splits of the attention to the window.
 */
export function attendLocal(
  p: Omit<StepPicks<"f16" | "bf16">, "picks" | "counts"> & Beside<"f16" | "bf16">,
  program: number,
  total: number,
) {
  const kvHead = mod(program, p.kvHeads);
  const split = floorDiv(program, p.kvHeads);
  if (middleLength(total, p.global, p.local) >= p.longFrom) {
    const first = total - p.local;
    const blocks = cdiv(p.local, p.BN);
    const start = first + floorDiv(split * blocks, p.splits) * p.BN;
    const end = minimum(first + floorDiv((split + 1) * blocks, p.splits) * p.BN, total);
    leavePart(
      p,
      kvHead,
      split,
      attend(p, kvHead, start, end, total - 1, anglesOfBlock(p), (index) => index),
    );
  }
}
