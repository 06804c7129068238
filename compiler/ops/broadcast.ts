import * as problems from "../diagnostics/catalogue/types.js";
import { type Dim, dimEquals, dimText, type Expr, type Shape, typeText } from "../ir/index.js";
import { shapeOf } from "./convert.js";
import type { Call, InferContext } from "./op.js";

/** The size two sizes meet in; null where they differ and neither is 1. */
export function meet(a: Dim, b: Dim): Dim | null {
  if (dimEquals(a, b)) return a;
  if (a === 1) return b;
  return b === 1 ? a : null;
}

/** The shape that both stretch to, aligned right as in NumPy; null where sizes differ. */
export function broadcast(a: Shape, b: Shape): Shape | null {
  const rank = Math.max(a.length, b.length);
  const result: Dim[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const size = meet(a[axis - rank + a.length] ?? 1, b[axis - rank + b.length] ?? 1);
    if (size === null) return null;
    result.push(size);
  }
  return result;
}

export const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((dim, axis) => dimEquals(dim, b[axis]!));

/** True where `from` stretches to exactly `to`. */
export function stretches(from: Shape, to: Shape): boolean {
  const met = broadcast(from, to);
  return met !== null && sameShape(met, to);
}

const nameOf = (operand: Expr, otherwise: string): string => (operand.kind === "ref" ? operand.name : otherwise);

/** What the author may have meant where two shapes do not meet. */
export function broadcastHint(a: Expr, b: Expr): string | undefined {
  const [left, right] = [shapeOf(a.type), shapeOf(b.type)];
  if (left.length === 1 && right.length === 1)
    return `for a tile of [${dimText(left[0]!)}, ${dimText(right[0]!)}] write col(${nameOf(a, "a")}) and row(${nameOf(b, "b")})`;
  const [flat, square] = left.length === 1 ? [a, right] : [b, left];
  const vector = shapeOf(flat.type);
  if (vector.length === 1 && square.length === 2 && dimEquals(vector[0]!, square[0]!))
    return `${nameOf(flat, "it")} runs along the rows: write col(${nameOf(flat, "it")})`;
  return undefined;
}

/** The shape of an elementwise result; null after reporting two operands that do not meet. */
export function broadcastAll(call: Call, operands: readonly Expr[], context: InferContext): Shape | null {
  let shape: Shape = [];
  let widest = operands[0]!;
  for (const operand of operands) {
    const met = broadcast(shape, shapeOf(operand.type));
    if (met === null) {
      const facts = {
        op: operatorText(call.op),
        a: widest.type,
        b: operand.type,
        hint: broadcastHint(widest, operand),
      };
      return context.fail(problems.shapesDiffer(call.span, facts, context.origins(widest, operand)));
    }
    shape = met;
    if (shapeOf(operand.type).length >= shapeOf(widest.type).length && shapeOf(operand.type).length > 0)
      widest = operand;
  }
  return shape;
}

const OPERATORS: Readonly<Record<string, string>> = {
  add: "+",
  sub: "-",
  neg: "-",
  mul: "*",
  div: "/",
  and: "&&",
  or: "||",
  not: "!",
  bitAnd: "&",
  bitOr: "|",
  bitXor: "^",
  bitNot: "~",
  shiftLeft: "<<",
  shiftRight: ">>",
  shiftRightLogical: ">>>",
  eq: "==",
  ne: "!=",
  lt: "<",
  le: "<=",
  gt: ">",
  ge: ">=",
  select: "?:",
  cast: "to",
  addPtr: "+",
};

/** An op as the author wrote it: `+`, not `add`. */
export const operatorText = (op: string): string => OPERATORS[op] ?? op;

/** For messages that name an operand and its type. */
export const describe = (operand: Expr): string =>
  operand.kind === "ref" ? `${operand.name}: ${typeText(operand.type)}` : typeText(operand.type);

/** Reports an operand that an op does not compute with, since it has 8 bits. */
export const float8Operand = ({ op }: Call, operand: Expr, context: InferContext): null =>
  context.fail(
    problems.float8Operand(operand.span, { op: operatorText(op), type: operand.type }, context.origins(operand)),
  );
