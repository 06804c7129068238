import { LIMITS, LimitExceeded } from "./limits.js";

/**
 * Sizes that may depend on `Const` parameters. A dim is a number where it is known and otherwise an expression over names.
 * Sums and products are kept in one normal form (a polynomial with sorted terms), so that BM * 2 and BM + BM are equal.
 */
export type Dim = number | DimExpression;

/** A size that is computed from others. */
export interface DimExpression {
  readonly op: DimOp;
  /** For `name` the parameter's name; otherwise operands. */
  readonly args: readonly (Dim | string)[];
}

/** `<` and `==` are 1 where they hold and 0 where not; `?:` takes its second operand where the first is not 0, else the third. */
export type DimOp = "name" | "+" | "*" | "//" | "cdiv" | "%" | "min" | "max" | "<" | "==" | "?:";

type Ordinary = Exclude<DimOp, "name" | "?:">;

const ORDINARY: Readonly<Record<Ordinary, (a: number, b: number) => number>> = {
  "+": (a, b) => a + b,
  "*": (a, b) => a * b,
  // Rounded toward zero, with the sign of a: what the program does as it runs. Adding 0 makes −0 a 0.
  "//": (a, b) => Math.trunc(a / b) + 0,
  cdiv: (a, b) => Math.ceil(a / b) + 0,
  "%": (a, b) => (a % b) + 0,
  min: (a, b) => Math.min(a, b),
  max: (a, b) => Math.max(a, b),
  "<": (a, b) => Number(a < b),
  "==": (a, b) => Number(a === b),
};

/** The pieces of a size. */
const pieces = (dim: Dim | string): number =>
  typeof dim !== "object" ? 1 : dim.args.reduce<number>((sum, part) => sum + pieces(part), 1);

/** A size that grows with every line it goes through would soon fill all memory. */
function limited(dim: Dim): Dim {
  if (pieces(dim) > LIMITS.terms) throw new LimitExceeded("terms");
  return dim;
}

export const dimName = (name: string): Dim => ({ op: "name", args: [name] });

/** One term of a polynomial: a coefficient and its sorted non-numeric factors. */
interface Term {
  readonly coefficient: number;
  readonly factors: readonly Dim[];
}

function terms(dim: Dim): Term[] {
  if (typeof dim === "number") return dim === 0 ? [] : [{ coefficient: dim, factors: [] }];
  if (dim.op === "+") return dim.args.flatMap((part) => terms(part as Dim));
  if (dim.op === "*") {
    return (dim.args as Dim[]).map(terms).reduce(
      (left, right) =>
        left.flatMap((a) =>
          right.map((b) => ({
            coefficient: a.coefficient * b.coefficient,
            factors: [...a.factors, ...b.factors].sort(byText),
          })),
        ),
      [{ coefficient: 1, factors: [] }] as Term[],
    );
  }
  return [{ coefficient: 1, factors: [dim] }];
}

const byText = (a: Dim, b: Dim): number => (keyOf(a) < keyOf(b) ? -1 : 1);

function fromTerms(all: readonly Term[]): Dim {
  const sums = new Map<string, Term>();
  for (const term of all) {
    const key = term.factors.map(keyOf).join("*");
    const before = sums.get(key)?.coefficient ?? 0;
    sums.set(key, { coefficient: before + term.coefficient, factors: term.factors });
  }
  const kept = [...sums.entries()].filter(([, term]) => term.coefficient !== 0).sort(([a], [b]) => (a < b ? -1 : 1));
  const parts = kept.map(([, { coefficient, factors }]): Dim => {
    if (factors.length === 0) return coefficient;
    const product = coefficient === 1 ? factors : [coefficient, ...factors];
    return product.length === 1 ? product[0]! : limited({ op: "*", args: product });
  });
  return parts.length === 0 ? 0 : parts.length === 1 ? parts[0]! : limited({ op: "+", args: parts });
}

export const dimAdd = (a: Dim, b: Dim): Dim => fromTerms([...terms(a), ...terms(b)]);
export const dimMul = (a: Dim, b: Dim): Dim => fromTerms(terms({ op: "*", args: [a, b] }));
export const dimSub = (a: Dim, b: Dim): Dim => dimAdd(a, dimMul(-1, b));

/** `//`, `cdiv`, `%`, `min` and `max`: computed where both sides are numbers, exact quotients simplified, kept otherwise. */
export function dimOp(op: "//" | "cdiv" | "%" | "min" | "max", a: Dim, b: Dim): Dim {
  if (typeof a === "number" && typeof b === "number") return ORDINARY[op](a, b);
  if (op === "//" || op === "cdiv") {
    if (b === 1) return a;
    if (dimEquals(a, b)) return 1;
    if (typeof b === "number") {
      const parts = terms(a);
      if (parts.every((term) => term.coefficient % b === 0))
        return fromTerms(parts.map((term) => ({ ...term, coefficient: term.coefficient / b })));
    }
  }
  return limited({ op, args: [a, b] });
}

/** `<` and `==` of sizes as 1 or 0, decided where their difference is known. */
export function dimTest(op: "<" | "==", a: Dim, b: Dim): Dim {
  const difference = dimSub(a, b);
  if (typeof difference === "number") return ORDINARY[op](difference, 0);
  return limited({ op, args: op === "==" ? [a, b].sort(byText) : [a, b] });
}

/** Every comparison of sizes by these two. */
export const COMPARE_DIMS = {
  "<": (a: Dim, b: Dim): Dim => dimTest("<", a, b),
  ">": (a: Dim, b: Dim): Dim => dimTest("<", b, a),
  "<=": (a: Dim, b: Dim): Dim => dimNot(dimTest("<", b, a)),
  ">=": (a: Dim, b: Dim): Dim => dimNot(dimTest("<", a, b)),
  "==": (a: Dim, b: Dim): Dim => dimTest("==", a, b),
  "!=": (a: Dim, b: Dim): Dim => dimNot(dimTest("==", a, b)),
};

/** Of conditions, which are 1 or 0. */
export const dimNot = (a: Dim): Dim => dimSub(1, a);
export const dimAnd = (a: Dim, b: Dim): Dim => dimChoose(a, b, 0);
export const dimOr = (a: Dim, b: Dim): Dim => dimChoose(a, 1, b);

/** The size that a condition chooses; of one that is turned round the other way round, as a person would write it. */
export function dimChoose(condition: Dim, a: Dim, b: Dim): Dim {
  if (typeof condition === "number") return condition !== 0 ? a : b;
  if (dimEquals(a, b)) return a;
  const turned = condition.op === "+" ? dimNot(condition) : condition;
  const simpler = typeof turned !== "number" && turned.op !== "+";
  return limited({ op: "?:", args: turned !== condition && simpler ? [turned, b, a] : [condition, a, b] });
}

export const dimEquals = (a: Dim, b: Dim): boolean => (typeof a === "number" ? a === b : keyOf(a) === keyOf(b));

/** The value of a dim once every constant is known; null where a name is missing. */
export function evaluateDim(dim: Dim, constants: Readonly<Record<string, unknown>>): number | null {
  if (typeof dim === "number") return dim;
  if (dim.op === "name") {
    const value = constants[dim.args[0] as string];
    return typeof value === "number" || typeof value === "boolean" ? Number(value) : null;
  }
  if (dim.op === "?:") return evaluateChoice(dim.args as Dim[], constants);
  const values = (dim.args as Dim[]).map((part) => evaluateDim(part, constants));
  if (values.some((value) => value === null)) return null;
  return (values as number[]).reduce(ORDINARY[dim.op]);
}

/** Only what is chosen must have a value. */
function evaluateChoice(parts: readonly Dim[], constants: Readonly<Record<string, unknown>>): number | null {
  const [condition, a, b] = parts as [Dim, Dim, Dim];
  const chosen = evaluateDim(condition, constants);
  return chosen === null ? null : evaluateDim(chosen !== 0 ? a : b, constants);
}

/** One text for equal dims: what sorts terms and tells sizes apart. */
function keyOf(dim: Dim): string {
  if (typeof dim === "number") return String(dim);
  return dim.op === "name" ? (dim.args[0] as string) : `${dim.op}(${(dim.args as Dim[]).map(keyOf).join(",")})`;
}

/** As a person would write it: `BM * 2 + 1`, `D // 2`. */
export function dimText(dim: Dim): string {
  if (typeof dim === "number") return String(dim);
  if (dim.op === "name") return dim.args[0] as string;
  const parts = dim.args as readonly Dim[];
  if (dim.op === "+") return sumText(parts);
  if (dim.op === "*") return [...parts].sort(numbersLast).map(factorText).join(" * ");
  if (INFIX.includes(dim.op)) return parts.map(factorText).join(` ${dim.op} `);
  if (dim.op === "?:") return `${choiceText(parts[0]!)} ? ${choiceText(parts[1]!)} : ${choiceText(parts[2]!)}`;
  return `${dim.op}(${parts.map(dimText).join(", ")})`;
}

const numbersLast = (a: Dim, b: Dim): number => Number(typeof a === "number") - Number(typeof b === "number");
const CONDITIONAL: readonly DimOp[] = ["<", "==", "?:"];
const INFIX: readonly DimOp[] = ["//", "%", "<", "=="];
const isOneOf = (dim: Dim, ops: readonly DimOp[]): boolean => typeof dim !== "number" && ops.includes(dim.op);
const factorText = (dim: Dim): string =>
  isOneOf(dim, ["+", "*", ...INFIX, ...CONDITIONAL]) ? `(${dimText(dim)})` : dimText(dim);
const choiceText = (dim: Dim): string => (isOneOf(dim, ["?:"]) ? `(${dimText(dim)})` : dimText(dim));
const summandText = (dim: Dim): string => (isOneOf(dim, CONDITIONAL) ? `(${dimText(dim)})` : dimText(dim));

function sumText(parts: readonly Dim[]): string {
  const [first, ...rest] = [...parts].sort(numbersLast).map(summandText) as [string, ...string[]];
  return rest.reduce(
    (text, part) => (part.startsWith("-") ? `${text} - ${part.slice(1)}` : `${text} + ${part}`),
    first,
  );
}

export const shapeText = (shape: readonly Dim[]): string => `[${shape.map(dimText).join(", ")}]`;

/** A dim with names replaced by what they stand for, in normal form again. Names that are not given stay. */
export function substituteDim(dim: Dim, values: ReadonlyMap<string, Dim>): Dim {
  if (typeof dim === "number") return dim;
  if (dim.op === "name") return values.get(dim.args[0] as string) ?? dim;
  if (dim.op === "?:") return substituteChoice(dim.args as Dim[], values);
  return (dim.args as Dim[]).map((part) => substituteDim(part, values)).reduce(COMBINE[dim.op]);
}

/** What is not chosen may hold sizes that make no sense here. */
function substituteChoice(parts: readonly Dim[], values: ReadonlyMap<string, Dim>): Dim {
  const [condition, a, b] = parts as [Dim, Dim, Dim];
  const chosen = substituteDim(condition, values);
  if (typeof chosen === "number") return substituteDim(chosen !== 0 ? a : b, values);
  return dimChoose(chosen, substituteDim(a, values), substituteDim(b, values));
}

const COMBINE: Readonly<Record<Ordinary, (a: Dim, b: Dim) => Dim>> = {
  "+": dimAdd,
  "*": dimMul,
  "//": (a, b) => dimOp("//", a, b),
  "%": (a, b) => dimOp("%", a, b),
  cdiv: (a, b) => dimOp("cdiv", a, b),
  min: (a, b) => dimOp("min", a, b),
  max: (a, b) => dimOp("max", a, b),
  "<": (a, b) => dimTest("<", a, b),
  "==": (a, b) => dimTest("==", a, b),
};

/** The names a dim depends on. */
export function dimNames(dim: Dim): readonly string[] {
  if (typeof dim === "number") return [];
  return dim.op === "name" ? [dim.args[0] as string] : [...new Set((dim.args as Dim[]).flatMap(dimNames))];
}
