import * as problems from "../diagnostics/catalogue/types.js";
import {
  type Dim,
  DTYPES,
  type DType,
  type Expr,
  greatestFloat,
  integerRange,
  isFloat,
  isFloat8,
  isInteger,
  type Shape,
  type Span,
  scalar,
  type Type,
} from "../ir/index.js";
import type { InferContext } from "./op.js";
import { roundTo } from "./value.js";

export type Literal = Extract<Expr, { kind: "literal" }>;
export type TileType = Extract<Type, { kind: "tile" }>;
export type ConstType = Extract<Type, { kind: "const" }>;

/** A tile of numbers or booleans, not of pointers. */
export const isNumbers = (type: Type): type is TileType => type.kind === "tile" && !type.pointer;
export const isPointer = (type: Type): type is TileType => type.kind === "tile" && type.pointer;
export const isConstNumber = (type: Type): type is ConstType => type.kind === "const" && type.of !== "string";
export const isOperand = (type: Type): type is TileType | ConstType => isNumbers(type) || isConstNumber(type);
/** Booleans, one or a tile, or a constant of them. */
export const isBool = (type: Type): boolean =>
  (isNumbers(type) && type.dtype === "bool") || (type.kind === "const" && type.of === "bool");
export const shapeOf = (type: Type): Shape => (type.kind === "tile" ? type.shape : []);

/** The size that a constant stands for, of a boolean 1 or 0; undefined where none is known. */
export function constantDim({ type, ...expr }: Expr): Dim | undefined {
  if (expr.kind === "literal" && typeof expr.value === "boolean") return Number(expr.value);
  return type.kind === "const" && (type.of === "int" || type.of === "bool") ? type.dim : undefined;
}

const widthOf = (dtype: DType): number => (dtype === "bool" ? 0 : DTYPES[dtype].bytes);

/** The integer that holds the result of two: the wider one, of equal ones the unsigned, as in C and Triton. */
function promoteIntegers(a: DType, b: DType): DType {
  if (widthOf(a) !== widthOf(b)) return widthOf(a) > widthOf(b) ? a : b;
  return DTYPES[a].kind === "unsigned" ? a : b;
}

/** The dtype in which two tiles meet. Floats win over integers; f16 and bf16 meet in f32. */
export function promote(a: DType, b: DType): DType {
  if (a === b) return a;
  const floats = [a, b].filter(isFloat);
  if (floats.length === 0) return promoteIntegers(a, b);
  if (floats.length === 1) return floats[0]!;
  if (floats.includes("f64")) return "f64";
  return "f32";
}

/** The dtype of a constant that meets nothing: i32 for `1`, f32 for `1.0`, i64 for an integer too large for i32. */
export function ownDType(type: ConstType): DType {
  if (type.of === "bool") return "bool";
  if (type.of === "float") return "f32";
  const wide = typeof type.dim === "number" && (type.dim > 0x7fffffff || type.dim < -0x80000000);
  return wide ? "i64" : "i32";
}

/** The dtype of a constant that meets a tile: an integer adapts to any number, `1.0` to any float, a boolean to anything. */
function adapted(type: ConstType, tile: DType): DType {
  if (type.of === "bool") return tile;
  if (type.of === "float") return isFloat(tile) ? tile : "f32";
  return tile === "bool" ? "i32" : tile;
}

/** The dtype in which operands meet, tiles and constants. */
export function commonDType(types: readonly (TileType | ConstType)[]): DType {
  const tiles = types.filter((type) => type.kind === "tile").map((type) => type.dtype);
  const constants = types.filter((type) => type.kind === "const");
  if (tiles.length === 0) return constants.map(ownDType).reduce(promote);
  const met = tiles.reduce(promote);
  return constants.map((type) => adapted(type, met)).reduce(promote, met);
}

/** An op node that the author did not write: a conversion. */
export const implicitCast = (x: Expr, dtype: DType, shape: Shape): Expr => ({
  kind: "op",
  op: "cast",
  args: { x },
  attrs: { dtype, implicit: true },
  type: { kind: "tile", dtype, shape, pointer: false },
  span: x.span,
});

/** Whether a dtype holds a literal, if rounded: floats hold what does not become infinite, and booleans every number that is 0 or not. */
export function holds(dtype: DType, value: number | bigint | boolean | string): boolean {
  if (typeof value === "boolean" || dtype === "bool") return true;
  // A conversion to 8 bits would take any number.
  if (isFloat8(dtype)) return !(Math.abs(Number(value)) > greatestFloat(dtype));
  if (isFloat(dtype)) return !Number.isFinite(Number(value)) || Number.isFinite(roundTo(dtype, Number(value)));
  if (typeof value === "number" && !Number.isInteger(value)) return false;
  const [least, greatest] = integerRange(dtype);
  return BigInt(value) >= least && BigInt(value) <= greatest;
}

/** The greatest number of a float dtype, as an error says it. */
function greatestText(dtype: DType): string {
  const greatest = greatestFloat(dtype);
  return greatest < 1e6 ? String(greatest) : `about ${greatest.toExponential(2).replace("+", "")}`;
}

/** A literal with a dtype; reports one that does not fit. */
function adaptLiteral(literal: Literal, dtype: DType, context: InferContext): Expr | null {
  const { value } = literal;
  if (!holds(dtype, value)) {
    const range = isFloat(dtype)
      ? `numbers up to ${greatestText(dtype)}`
      : `the integers from ${integerRange(dtype).join(" to ")}`;
    return context.fail(problems.literalRange(literal.span, { value: String(value), dtype, range }));
  }
  return literalIn(literal, dtype);
}

/** A literal as a conversion that the author wrote makes it: what is too large for a float becomes infinite. */
export const literalIn = (literal: Literal, dtype: DType): Expr => ({
  ...literal,
  value: valueIn(literal.value, dtype),
  type: scalar(dtype),
});

function valueIn(value: number | bigint | boolean | string, dtype: DType): number | bigint | boolean {
  if (dtype === "bool") return Boolean(value);
  // Triton would round a constant of 8 bits in its own way.
  if (isFloat8(dtype)) return roundTo(dtype, Number(value));
  if (isFloat(dtype) || typeof value === "boolean") return Number(value);
  const whole = BigInt(value);
  return whole >= BigInt(Number.MIN_SAFE_INTEGER) && whole <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(whole) : whole;
}

/** The operand in a dtype: itself, a literal that adapts, or a conversion that the author need not write. */
export function convert(operand: Expr, dtype: DType, context: InferContext): Expr | null {
  const { type } = operand;
  if (operand.kind === "literal" && type.kind === "const") return adaptLiteral(operand, dtype, context);
  if (type.kind === "tile" && type.dtype === dtype) return operand;
  if ((type.kind === "tile" || type.kind === "const") && !converts(type, dtype))
    return context.fail(problems.float8Conversion(operand.span, { from: type, to: dtype }, context.origins(operand)));
  if (type.kind === "const") return implicitCast(operand, dtype, []);
  if (type.kind !== "tile") return operand;
  return implicitCast(operand, dtype, type.shape);
}

/** An operand that must be booleans, or a constant of them, as such; `what` it is, for the message. Null after a problem. */
export function booleans(operand: Expr, what: string, context: InferContext): Expr | null {
  const { type, span } = operand;
  if (isBool(type)) return convert(operand, "bool", context);
  return context.fail(problems.needsBool(span, { op: what, type }, context.origins(operand)));
}

/** Whether the hardware converts so: floats of 8 bits from and to f16, bf16 and f32 only. */
export function converts(from: TileType | ConstType, to: DType): boolean {
  if (from.kind === "const") return !isFloat8(to);
  const [a, b] = [from.dtype, to].sort((a, b) => Number(isFloat8(b)) - Number(isFloat8(a))) as [DType, DType];
  return !isFloat8(a) || (isFloat(b) && !isFloat8(b) && b !== "f64");
}

/** Every operand in one dtype, or each in its own; null after a problem. */
export function convertAll(
  operands: readonly Expr[],
  dtype: DType | readonly DType[],
  context: InferContext,
): readonly Expr[] | null {
  const converted = operands.map((operand, at) =>
    convert(operand, typeof dtype === "string" ? dtype : dtype[at]!, context),
  );
  return converted.every((operand) => operand !== null) ? (converted as readonly Expr[]) : null;
}

/** A constant as the scalar it is by itself; anything else unchanged. */
export function decay(operand: Expr, context: InferContext): Expr | null {
  return isConstNumber(operand.type) ? convert(operand, ownDType(operand.type), context) : operand;
}

/** A value that memory of a dtype takes without the author's word: a constant, or a tile of the same kind of dtype. */
export function assignable(type: Type, dtype: DType): boolean {
  if (type.kind === "const") {
    if (type.of === "float") return isFloat(dtype);
    if (type.of === "bool") return dtype === "bool";
    return type.of === "int";
  }
  if (!isNumbers(type)) return false;
  return type.dtype === dtype || (isFloat(type.dtype) && isFloat(dtype)) || (isInteger(type.dtype) && isInteger(dtype));
}

export const literal = (value: number | boolean, type: Type, span: Span): Expr => ({
  kind: "literal",
  value,
  type,
  span,
});
