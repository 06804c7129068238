import { type Expr, type Kernel, mapExpressions, mapStatements, rewrite, type Stmt, type Type } from "../ir/index.js";
import { hasEffect, holds, isConstNumber, OPS, roundTo, scalarValue, type TileValue } from "../ops/index.js";
import { sameType } from "./inference/compare.js";

type Literal = Extract<Expr, { kind: "literal" }>;

/** Computes what is known: ops on literals become literals. Memory and the grid are never known. */
export function foldConstants(kernel: Kernel): Kernel {
  const fold = (body: readonly Stmt[]): readonly Stmt[] =>
    mapStatements(body, (stmt) => [mapExpressions(stmt, (expr) => rewrite(expr, foldExpression))]);
  return {
    ...kernel,
    body: fold(kernel.body),
    functions: kernel.functions.map((fn) => ({ ...fn, body: fold(fn.body) })),
  };
}

/** One expression whose operands are folded already. */
export function foldExpression(expr: Expr): Expr {
  if (expr.kind === "element" && expr.of.kind === "tuple") return expr.of.items[expr.index]!;
  if (expr.kind !== "op") return expr;
  const op = OPS.get(expr.op);
  const simpler = IDENTITIES[expr.op]?.(expr.args.a!, expr.args.b!);
  if (simpler && sameType(simpler.type, expr.type)) return simpler;
  const args = Object.entries(expr.args);
  if (!op?.evaluate || hasEffect(op) || args.length === 0 || !isScalar(expr.type)) return expr;
  if (!args.every(([, arg]) => isKnown(arg))) return expr;
  // What does not fit is no number of that dtype: it is reported where constants become scalars.
  if (expr.attrs.implicit && args.some(([, arg]) => isConstNumber(arg.type) && !fits(arg as Literal, expr.type)))
    return expr;
  if (args.some(([, arg]) => typeof (arg as Literal).value === "string")) return foldText(expr);
  const values = Object.fromEntries(args.map(([name, arg]) => [name, heldValue(arg as Literal)]));
  const result = op.evaluate(values, expr) as TileValue;
  return literalOf(result.data[0]!, expr) ?? expr;
}

const isBool = (expr: Expr, value: boolean): boolean => expr.kind === "literal" && expr.value === value;

/** The operand that is the result, where the other one changes nothing. */
const IDENTITIES: Readonly<Record<string, (a: Expr, b: Expr) => Expr | undefined>> = {
  and: (a, b) => (isBool(a, true) || isBool(b, false) ? b : isBool(b, true) || isBool(a, false) ? a : undefined),
  or: (a, b) => (isBool(a, false) || isBool(b, true) ? b : isBool(b, false) || isBool(a, true) ? a : undefined),
};

const fits = ({ value }: Literal, type: Type): boolean => type.kind === "tile" && holds(type.dtype, value);

const isScalar = (type: Type): boolean =>
  (type.kind === "tile" && !type.pointer && type.shape.length === 0) || (type.kind === "const" && type.of !== "string");

/** Text, or a number that a double holds exactly. */
const isKnown = (arg: Expr): boolean => arg.kind === "literal" && typeof arg.value !== "bigint";

/** A literal as its dtype holds it. */
function heldValue({ value, type }: Literal): TileValue {
  return scalarValue(type.kind === "tile" ? roundTo(type.dtype, Number(value)) : Number(value));
}

/** Text is only ever compared. */
function foldText(expr: Extract<Expr, { kind: "op" }>): Expr {
  const [a, b] = Object.values(expr.args) as [Literal, Literal];
  if (expr.op !== "eq" && expr.op !== "ne") return expr;
  return { kind: "literal", value: (a.value === b.value) === (expr.op === "eq"), type: expr.type, span: expr.span };
}

/** The literal of a value in the type of the expression it replaces; null where a double does not hold it. */
function literalOf(value: number, { type, span }: Expr): Expr | null {
  const bool = type.kind === "tile" ? type.dtype === "bool" : type.kind === "const" && type.of === "bool";
  if (bool) return { kind: "literal", value: value !== 0, type, span };
  const whole = type.kind === "tile" ? /^[iu]/.test(type.dtype) : type.kind === "const" && type.of === "int";
  if (whole && !Number.isSafeInteger(value)) return null;
  const exact: Type = type.kind === "const" && whole ? { kind: "const", of: "int", dim: value } : type;
  return { kind: "literal", value, type: exact, span };
}
