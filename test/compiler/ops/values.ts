import { DTYPES, type DType, type Expr, type Kernel } from "../../../compiler/ir/index.js";
import { elementCount, OPS, roundTo, scalarValue, type TileValue } from "../../../compiler/ops/index.js";
import type { OpCase } from "./cases.js";

const NAMES = ["a", "b", "c", "d", "e"];

/** Numbers from 0 to 1, the same every time (Park and Miller, 1988). */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

/** Equal ones, NaN, both zeros and infinities among numbers. */
const oddKey = (dtype: DType, at: number, next: () => number): number =>
  [Number.NaN, 0, -0, 1.5, Infinity, -Infinity][at % 11] ?? roundTo(dtype, Math.floor(next() * 32 - 16) / 4);

/** Equal ones, the least, one with the highest bit alone (that a double holds among its neighbours), and others that differ in some of their bits. */
const wideKey = (dtype: DType, at: number, next: () => number): number => {
  const top = 2 ** Math.min(DTYPES[dtype].bytes * 8 - 1, 52);
  const least = DTYPES[dtype].kind === "signed" ? -top : 0;
  return roundTo(
    dtype,
    [least, top, 7, 7, top - 1][at % 11] ?? Math.abs(Math.floor(least / 3 + next() * 2 ** ((at % 6) * 9 + 2))),
  );
};

/** Ops of which small numbers show little. */
const OF_BITS = /^(u?mulhi|mul24|r?hadd|sad|popc|clz|ffs|brev|bytePerm)$/;

/** Where an op is defined: divisors that are not 0, shifts within the word, roots of positive numbers. */
function element(title: string, operand: number, dtype: DType, next: () => number, at: number): number {
  const op = title.split(" ")[0]!;
  if (dtype === "bool") return next() < 0.5 ? 1 : 0;
  if (op.startsWith("shift") && operand === 1) return Math.floor(next() * 7);
  const { kind } = DTYPES[dtype];
  if (op === "dotScaled" && (operand === 1 || operand === 3)) return 124 + Math.floor(next() * 5);
  if (kind === "float") {
    if (op === "argsort") return oddKey(dtype, at, next);
    if (/^(argm|maxWith|minWith)/.test(op) && at % 5 === 0) return Number.NaN;
    if (/^(log|log2|sqrt|rsqrt)$/.test(op)) return roundTo(dtype, next() * 4 + 0.1);
    return roundTo(
      dtype,
      kind === "float" && title.startsWith("cast") ? next() * 100 - (title.includes(" u") ? 0 : 50) : next() * 4 - 2,
    );
  }
  if (OF_BITS.test(op)) return roundTo(dtype, (next() * 2 - 1) * 2 ** Math.min(DTYPES[dtype].bytes * 8, 53));
  if (op === "argsort") return wideKey(dtype, at, next);
  const value = Math.floor(next() * 200) - (kind === "signed" ? 100 : 0);
  const divides = /^(floorDiv|mod|cdiv)$/.test(op);
  if (op === "cdiv") return Math.abs(value) + 1;
  return divides && operand === 1 && value === 0 ? 7 : roundTo(dtype, value);
}

/** Deterministic operands for a case. */
export function operandsOf({ title, operands }: OpCase): readonly TileValue[] {
  return operands.map(({ dtype, shape }, operand) => {
    const next = sequence(title.length * 31 + operand + 1);
    const data = Array.from({ length: elementCount(shape) }, (_, at) => element(title, operand, dtype, next, at));
    return { shape, data };
  });
}

/** What `evaluate` of the ops makes of a typed expression. */
export function evaluateExpression(expr: Expr, names: ReadonlyMap<string, TileValue>): readonly TileValue[] {
  if (expr.kind === "ref") return [names.get(expr.name)!];
  if (expr.kind === "literal") return [scalarValue(Number(expr.value))];
  if (expr.kind !== "op") throw new TypeError(`no value of ${expr.kind}`);
  const args = Object.entries(expr.args).map(([name, arg]) => [name, evaluateExpression(arg, names)[0]!]);
  const result = OPS.get(expr.op)!.evaluate!(Object.fromEntries(args), expr);
  return Array.isArray(result) ? result : [result as TileValue];
}

/** The results of a case by `evaluate`: of the statement that follows the loads of its kernel. */
export function expectedOf(one: OpCase, typed: Kernel, operands = operandsOf(one)): readonly TileValue[] {
  const compute = typed.body[operands.length] as { value: Expr };
  return evaluateExpression(compute.value, new Map(operands.map((value, index) => [NAMES[index]!, value])));
}
