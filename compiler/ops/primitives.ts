import { type DType, isFloat, isNarrow } from "../ir/index.js";

/** What an op makes of one element of each operand, as data: numbers and WebAssembly follow from it. */
export type Term =
  | { readonly kind: "operand"; readonly index: number; readonly dtype: DType }
  | { readonly kind: "number"; readonly value: number; readonly dtype: DType }
  | { readonly kind: "apply"; readonly does: string; readonly of: readonly Term[]; readonly dtype: DType };

/** A number has the dtype of what it stands beside. */
export type Given = Term | number;
export type Meaning = (...operands: Term[]) => Term;

/** Integers narrower than 32 bits wrap after each step. Floats narrower than that go on in f32, and are rounded at the end. */
const ROUNDS: ReadonlySet<string> = new Set(["add", "sub", "mul", "div", "sqrt"]);

const isNarrowFloat = (dtype: DType): boolean => isFloat(dtype) && isNarrow(dtype);
const wide = (dtype: DType): DType => (isNarrowFloat(dtype) ? "f32" : dtype);

/** The one dtype of some terms: f32 where a narrow float meets what came of one. */
function met(does: string, terms: readonly Term[]): DType {
  const dtype = terms.map((one) => one.dtype).reduce((a, b) => (isNarrowFloat(a) ? b : a));
  const other = terms.find((one) => wide(one.dtype) !== wide(dtype));
  if (other) throw new TypeError(`${does} of ${dtype} and ${other.dtype}: an op's meaning converts what it mixes`);
  return dtype;
}

function settled(given: readonly Given[]): readonly Term[] {
  const dtype = given.find((one) => typeof one !== "number")!.dtype;
  return given.map((value) => (typeof value === "number" ? number(value, dtype) : value));
}

function apply(does: string, given: readonly Given[], rounds = ROUNDS.has(does)): Term {
  const of = settled(given);
  const dtype = met(does, of);
  return { kind: "apply", does, of, dtype: rounds ? wide(dtype) : dtype };
}

export const number = (value: number, dtype: DType): Term => ({ kind: "number", value, dtype });

const one = (does: string) => (x: Given) => apply(does, [x]);
const two = (does: string) => (a: Given, b: Given) => apply(does, [a, b]);
const order =
  (does: string) =>
  (a: Given, b: Given): Term => ({ ...apply(does, [a, b]), dtype: "bool" });
const into =
  (does: string) =>
  (x: Term, dtype: DType): Term => ({ kind: "apply", does, of: [x], dtype });

/*
 * The primitives: what alone has code of its own on a CPU. Each is of one dtype; integers are divided as GPUs do it, which never traps
 * (by 0 all bits are set, and the remainder is the dividend), and shifted by any amount.
 */

export const add = two("add");
export const sub = two("sub");
export const mul = two("mul");
/** Of integers toward zero. */
export const div = two("div");
export const mod = two("mod");
export const neg = one("neg");
export const abs = one("abs");
export const sqrt = one("sqrt");
export const floor = one("floor");
export const ceil = one("ceil");
/** Of a number and a NaN the number. */
export const minimum = two("minimum");
export const maximum = two("maximum");
/** A NaN of either wins. */
export const minimumNan = two("minimumNan");
export const maximumNan = two("maximumNan");
/** The upper half of the product of two unsigned words of 32 bits. */
export const mulHigh = two("mulHigh");

/** Of booleans and of bits. */
export const and = two("and");
export const or = two("or");
export const xor = two("xor");
export const not = one("not");
export const shiftLeft = two("shiftLeft");
export const shiftRight = two("shiftRight");
/** Of the bits as an unsigned number. */
export const shiftRightLogical = two("shiftRightLogical");

export const eq = order("eq");
export const ne = order("ne");
export const lt = order("lt");
export const le = order("le");
export const gt = order("gt");
export const ge = order("ge");

export function where(condition: Term, a: Given, b: Given): Term {
  const of = settled([a, b]);
  return { kind: "apply", does: "where", of: [condition, ...of], dtype: met("where", of) };
}

export const cast = into("cast");
/** Of f32 to a narrower float, toward zero. */
export const castToZero = into("castToZero");
export const bitcast = into("bitcast");

/** A function of real numbers, by its name in `real.mjs`. */
export const call = (name: string, ...of: readonly Given[]): Term => apply(name, of, true);
