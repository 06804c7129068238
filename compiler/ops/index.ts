import { type Expr, operands } from "../ir/index.js";
import { ALONG } from "./along.js";
import { ARITHMETIC } from "./arithmetic.js";
import { ATOMICS } from "./atomics.js";
import { bitcast } from "./bitcast.js";
import { BITS } from "./bits.js";
import { CHOICE } from "./choice.js";
import { COMBINING } from "./combining.js";
import { COMPARISON } from "./comparison.js";
import { CREATE } from "./create.js";
import { DEBUG } from "./debug.js";
import { DESCRIPTORS } from "./descriptors.js";
import { DOT } from "./dot.js";
import { dotScaled } from "./dot-scaled.js";
import { FAST } from "./fast.js";
import { FUNCTIONS } from "./functions.js";
import { GATHER } from "./gather.js";
import { HINTS } from "./hints.js";
import { inlineAsm } from "./inline-asm.js";
import { INTEGERS } from "./integers.js";
import { MEMORY } from "./memory.js";
import type { Op } from "./op.js";
import { POINTERS } from "./pointers.js";
import { PROGRAM } from "./program.js";
import { REDUCTIONS } from "./reductions.js";
import { ROUNDED } from "./rounded.js";
import { SHAPE } from "./shape.js";

const ALL: readonly Op[] = [
  ...PROGRAM,
  ...CREATE,
  bitcast,
  ...POINTERS,
  ...MEMORY,
  ...ARITHMETIC,
  ...COMPARISON,
  ...BITS,
  ...INTEGERS,
  ...FUNCTIONS,
  ...ROUNDED,
  ...FAST,
  ...CHOICE,
  ...REDUCTIONS,
  ...ALONG,
  ...GATHER,
  ...COMBINING,
  inlineAsm,
  ...SHAPE,
  ...DOT,
  dotScaled,
  ...ATOMICS,
  ...DESCRIPTORS,
  ...HINTS,
  ...DEBUG,
];

/** Every operation of the language by its name in the IR. */
export const OPS: ReadonlyMap<string, Op> = new Map(ALL.map((op) => [op.name, op]));

/** Whether an op in an expression passes a test; what a function of the author's does is taken for that. */
export function anyOp(expr: Expr, test: (op: Op) => boolean): boolean {
  const op = expr.kind === "op" ? OPS.get(expr.op) : undefined;
  return expr.kind === "call" || (op !== undefined && test(op)) || operands(expr).some((one) => anyOp(one, test));
}

export * from "./broadcast.js";
export { asksForGiven, isQuestion } from "./choice.js";
export { statesOf } from "./combining.js";
export * from "./convert.js";
export { checkBlock } from "./descriptors.js";
export { SCALED_BLOCK, type ScaledSide, sidesOf } from "./dot-scaled.js";
export * from "./op.js";
export * from "./prelude.js";
export type { Meaning, Term } from "./primitives.js";
export * from "./python.js";
export * from "./python-string.js";
export * from "./python-values.js";
export * from "./size-expressions.js";
export * from "./value.js";
