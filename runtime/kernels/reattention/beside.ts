import { type Const, cdiv, type F32, floorDiv, type Int, minimum, mod, type Ptr } from "tilescript";
import { anglesOfBlock, attend } from "../attention/attend.js";
import { leave, leavePart } from "../attention/combine.js";
import { middleLength } from "./middle.js";
import type { StepPicks } from "./row.js";

/*
 * A decision keeps a program for each query head busy, with waits for memory most of the time. What it decides is which tokens of the middle are
 * seen: the last `local` ones are in any case. So further programs of the same launch attend to those meanwhile, and `reattentionDecode` only
 * to what comes before them.
 */

/** Parameters of a decision for attention beside it; as for `decodeAttention`. */
export interface Beside<T extends "f16" | "bf16"> {
  values: Ptr<T>;
  cosine: Ptr<"f32">;
  sine: Ptr<"f32">;
  partial: Ptr<"f32">;
  peak: Ptr<"f32">;
  total: Ptr<"f32">;
  /** i32 [KV heads], zero between launches: programs that attended where there is no middle. */
  attended: Ptr<"i32">;
  out: Ptr<"f32">;
  scale: F32;
  cap: F32;
  rotaryRow: Int;
  /** Programs of a KV head, beyond those that decide: at the most one for each block of the local tokens. */
  splits: Int;
  GM: Const<"GM">;
  GP: Const<"GP">;
  HALF: Const<"HALF">;
  HALFP: Const<"HALFP">;
  SPLITS: Const<"SPLITS">;
  PART: Const<"PART">;
  BN: Const<"BN">;
  CAP: Const<"CAP", boolean>;
}

/**
 * Attention of the last of `total` tokens to the `local` last ones, by the `program`-th of those beyond the decision's, left as the first
 * splits of the attention to the window. Where there is no middle it is attention to all of them, and is done.
 */
export function attendLocal(p: StepPicks<"f16" | "bf16"> & Beside<"f16" | "bf16">, program: number, total: number) {
  const kvHead = mod(program, p.kvHeads);
  const split = floorDiv(program, p.kvHeads);
  const middle = middleLength(total, p.global, p.local);
  const first = middle > 0 ? p.global + middle : 0;
  const blocks = cdiv(total - first, p.BN);
  const splits = minimum(p.splits, blocks);
  if (split < splits) {
    const start = first + floorDiv(split * blocks, splits) * p.BN;
    const end = minimum(first + floorDiv((split + 1) * blocks, splits) * p.BN, total);
    const attended = attend(p, kvHead, start, end, total - 1, anglesOfBlock(p), (index) => index);
    if (middle > 0) leavePart(p, kvHead, split, attended);
    else leave({ ...p, finished: p.attended }, { kvHead, split, splits, before: 0 }, attended);
  }
}
