import { LIMITS, LimitExceeded } from "./limits.js";

/**
 * Sizes that may depend on `Const` parameters. A dim is a number where it is known and otherwise an expression over names.
 * Sums and products are kept in one normal form (a polynomial with sorted terms), so that BM * 2 and BM + BM are equal.
 */
export type Dim = number | DimExpression;

export interface DimExpression {
  readonly op: DimOp;
  /** For `name` the parameter's name; otherwise operands. */
  readonly args: readonly (Dim | string)[];
}

export type DimOp = "name" | "+" | "*" | "//" | "cdiv" | "%" | "min" | "max";

const ORDINARY: Readonly<Record<Exclude<DimOp, "name">, (a: number, b: number) => number>> = {
  "+": (a, b) => a + b,
  "*": (a, b) => a * b,
  // Rounded toward zero, with the sign of a: what the program does as it runs. Adding 0 makes −0 a 0.
  "//": (a, b) => Math.trunc(a / b) + 0,
  cdiv: (a, b) => Math.ceil(a / b) + 0,
  "%": (a, b) => (a % b) + 0,
  min: (a, b) => Math.min(a, b),
  max: (a, b) => Math.max(a, b),
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

export const dimEquals = (a: Dim, b: Dim): boolean => (typeof a === "number" ? a === b : keyOf(a) === keyOf(b));

/** The value of a dim once every constant is known; null where a name is missing. */
export function evaluateDim(dim: Dim, constants: Readonly<Record<string, unknown>>): number | null {
  if (typeof dim === "number") return dim;
  if (dim.op === "name") {
    const value = constants[dim.args[0] as string];
    return typeof value === "number" ? value : null;
  }
  const values = (dim.args as Dim[]).map((part) => evaluateDim(part, constants));
  if (values.some((value) => value === null)) return null;
  return (values as number[]).reduce(ORDINARY[dim.op]);
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
  if (dim.op === "//" || dim.op === "%") return parts.map(factorText).join(` ${dim.op} `);
  return `${dim.op}(${parts.map(dimText).join(", ")})`;
}

const numbersLast = (a: Dim, b: Dim): number => Number(typeof a === "number") - Number(typeof b === "number");
const isInfix = (dim: Dim): boolean => typeof dim !== "number" && ["+", "*", "//", "%"].includes(dim.op);
const factorText = (dim: Dim): string => (isInfix(dim) ? `(${dimText(dim)})` : dimText(dim));

function sumText(parts: readonly Dim[]): string {
  const [first, ...rest] = [...parts].sort(numbersLast).map(dimText) as [string, ...string[]];
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
  return (dim.args as Dim[]).map((part) => substituteDim(part, values)).reduce(COMBINE[dim.op]);
}

const COMBINE: Readonly<Record<Exclude<DimOp, "name">, (a: Dim, b: Dim) => Dim>> = {
  "+": dimAdd,
  "*": dimMul,
  "//": (a, b) => dimOp("//", a, b),
  "%": (a, b) => dimOp("%", a, b),
  cdiv: (a, b) => dimOp("cdiv", a, b),
  min: (a, b) => dimOp("min", a, b),
  max: (a, b) => dimOp("max", a, b),
};

/** The names a dim depends on. */
export function dimNames(dim: Dim): readonly string[] {
  if (typeof dim === "number") return [];
  return dim.op === "name" ? [dim.args[0] as string] : [...new Set((dim.args as Dim[]).flatMap(dimNames))];
}
