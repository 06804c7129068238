import { DTYPES, type DType, fromElement, isFloat, roundFloat, toElement, wrapped } from "../ir/index.js";
import type { OpNode } from "./op.js";
import type { Meaning, Term } from "./primitives.js";
import { realFunction } from "./real.mjs";
import { broadcastShapes, cut, type Integers, integersIn, roundTo, stretch, type TileValue } from "./value.js";

/** Integers and booleans are bigints. */
type Held = number | bigint;

const isInside = ({ bits }: Integers, amount: bigint): boolean => amount >= 0n && amount < bits;
const unsigned = ({ bits }: Integers, x: bigint): bigint => BigInt.asUintN(bits, x);

const pick = (first: boolean, a: bigint, b: bigint): bigint => (first ? a : b);

/** The primitives on integers, before they wrap. */
const INTEGERS: Readonly<Record<string, (of: Integers, ...x: [bigint, bigint]) => bigint>> = {
  add: (_, a, b) => a + b,
  sub: (_, a, b) => a - b,
  mul: (_, a, b) => a * b,
  div: (_, a, b) => (b === 0n ? -1n : a / b),
  mod: (_, a, b) => (b === 0n ? a : a % b),
  neg: (_, x) => -x,
  abs: (_, x) => pick(x < 0n, -x, x),
  minimum: (_, a, b) => pick(a < b, a, b),
  maximum: (_, a, b) => pick(a > b, a, b),
  mulHigh: (of, a, b) => (unsigned(of, a) * unsigned(of, b)) >> BigInt(of.bits),
  and: (_, a, b) => a & b,
  or: (_, a, b) => a | b,
  xor: (_, a, b) => a ^ b,
  not: (_, x) => ~x,
  shiftLeft: (of, a, by) => (isInside(of, by) ? a << by : 0n),
  shiftRight: (of, a, by) => a >> (isInside(of, by) ? by : BigInt(of.bits)),
  shiftRightLogical: (of, a, by) => (isInside(of, by) ? unsigned(of, a) >> by : 0n),
};

/** On floats, as doubles; all others are functions of JavaScript's. */
const FLOATS: Readonly<Record<string, (...x: [number, number]) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  neg: (x) => -x,
  minimum: (a, b) => (Number.isNaN(a) ? b : Number.isNaN(b) ? a : Math.min(a, b)),
  maximum: (a, b) => (Number.isNaN(a) ? b : Number.isNaN(b) ? a : Math.max(a, b)),
  minimumNan: Math.min,
  maximumNan: Math.max,
};

const ORDER: Readonly<Record<string, (a: Held, b: Held) => boolean>> = {
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
  lt: (a, b) => a < b,
  le: (a, b) => a <= b,
  gt: (a, b) => a > b,
  ge: (a, b) => a >= b,
};

const held = (dtype: DType, value: Held): Held => (isFloat(dtype) ? Number(value) : BigInt(value));

const OTHERS: Readonly<Record<string, (of: readonly Held[], to: DType, from: DType) => Held>> = {
  where: ([condition, a, b]) => (condition ? a! : b!),
  cast: ([x], to, from) => {
    if (isFloat(to) || to === "bool") return held(to, roundTo(to, Number(x)));
    return isFloat(from) ? cut(to, Number(x)) : wrapped(to, x as bigint);
  },
  castToZero: ([x], to) => roundFloat(to, Number(x), true),
  bitcast: ([x], to, from) => {
    const bits = new DTYPES[from].array([toElement(from, x!)] as never);
    const [element] = new DTYPES[to].array(bits.buffer);
    return isFloat(to) ? fromElement(to, element!) : BigInt(element!);
  },
};

/** @param exact that integers have any size */
function resultOf(term: Term, operands: readonly number[], exact: boolean): Held {
  const { dtype } = term;
  if (term.kind === "operand") return held(dtype, operands[term.index]!);
  if (term.kind === "number") return held(dtype, term.value);
  const { does } = term;
  const of = term.of.map((one) => resultOf(one, operands, exact));
  if (OTHERS[does]) return OTHERS[does](of, dtype, term.of[0]!.dtype);
  if (ORDER[does]) return BigInt(ORDER[does](of[0]!, of[1]!));
  if (isFloat(dtype)) return (FLOATS[does] ?? realFunction(does))(...(of as [number, number]));
  const value = INTEGERS[does]!(integersIn(dtype), ...(of as [bigint, bigint]));
  return dtype === "bool" ? value & 1n : exact ? value : wrapped(dtype, value);
}

/** What operands are computed in: constants alone as doubles or as integers, of any size or such as `whole` says. */
function formsOf(node: OpNode, names: readonly string[], whole: DType): readonly DType[] {
  const types = names.map((name) => node.args[name]!.type);
  const isEvery = (of: string): boolean => types.every((type) => type.kind === "const" && type.of === of);
  const constant = isEvery("bool") ? "bool" : types.some((type) => type.kind === "const" && type.of === "float");
  const form = constant === true ? "f64" : constant || whole;
  return types.map((type) => (type.kind === "tile" ? type.dtype : node.type.kind === "tile" ? node.type.dtype : form));
}

/** How constants alone are computed, where integers of any size do not do. */
export interface Constants {
  /** Whether there is a result. */
  isDefined(...values: number[]): boolean;
  dtype?(value: number): DType;
}

/** The elements that an op's meaning makes of its operands' ones, of any size where they are constants; NaN where nothing is defined. */
export function evaluateElements(
  names: readonly string[],
  meaning: Meaning,
  args: Readonly<Record<string, TileValue>>,
  node: OpNode,
  constants?: Constants,
): TileValue {
  const values = names.map((name) => args[name]!);
  const shape = broadcastShapes(values.map((value) => value.shape)) ?? [];
  const stretched = values.map((value) => stretch(value, shape).data);
  const { type } = node;
  const width = type.kind === "const" ? constants?.dtype?.(values[0]!.data[0]!) : undefined;
  const forms = formsOf(node, names, width ?? "i64");
  const term = meaning(...forms.map((dtype, index): Term => ({ kind: "operand", index, dtype })));
  const isKnown = (given: readonly number[]): boolean =>
    given.every((one, index) => isFloat(forms[index]!) || Number.isInteger(one)) &&
    (type.kind === "tile" || !constants || constants.isDefined(...given));
  const compute = (given: readonly number[]): number => {
    if (!isKnown(given)) return Number.NaN;
    const value = Number(resultOf(term, given, type.kind === "const" && width === undefined));
    return type.kind === "tile" ? roundTo(type.dtype, value) : value;
  };
  const data = Array.from({ length: stretched[0]?.length ?? 0 }, (_, at) => compute(stretched.map((one) => one[at]!)));
  return { shape, data };
}
