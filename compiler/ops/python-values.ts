import { type Dim, DTYPES, type DType, dimNot, isFloat, type Shape, type Type } from "../ir/index.js";
import { call, infix, LEVEL, list, method, type Py, prefix, py, within } from "./python.js";
import { pythonString } from "./python-string.js";

/** `tl.float32`. */
export const dtypeText = (dtype: DType): string => `tl.${DTYPES[dtype].triton}`;

/** A number as Python reads it back to the same double; a float always with a point or an exponent. */
export function numberText(value: number | bigint, float: boolean): Py {
  if (typeof value === "bigint") return py(value.toString(), value < 0n ? LEVEL.unary : LEVEL.atom, true);
  if (Number.isNaN(value)) return py(NAN, LEVEL.atom, true);
  if (!Number.isFinite(value)) return py(`float("${value < 0 ? "-" : ""}inf")`, LEVEL.atom, true);
  const negative = value < 0 || Object.is(value, -0);
  const digits = Object.is(value, -0) ? "-0" : float ? String(value) : BigInt(Math.trunc(value)).toString();
  const text = float && !/[.e]/.test(digits) ? `${digits}.0` : digits;
  return py(text, negative ? LEVEL.unary : LEVEL.atom, true);
}

export function literalText(value: number | bigint | boolean | string, type: Type): Py {
  if (typeof value === "string") return py(pythonString(value), LEVEL.atom, true);
  if (typeof value === "boolean") return py(value ? "True" : "False", LEVEL.atom, true);
  if (type.kind === "tile" && type.dtype === "bool") return py(value ? "True" : "False", LEVEL.atom, true);
  return numberText(value, type.kind === "tile" ? isFloat(type.dtype) : type.kind === "const" && type.of === "float");
}

/** What Triton makes of a number that meets no tensor. */
const ownDType = (piece: Py): DType =>
  piece.text === "True" || piece.text === "False" ? "bool" : /^-?\d+$/.test(piece.text) ? "i32" : "f32";

/** A weak number as a tensor of the dtype that the IR says, for the places where nothing else would decide it. */
export function materialize(piece: Py, type: Type): Py {
  if (!piece.weak || type.kind !== "tile") return piece;
  const dtype = dtypeText(type.dtype);
  // Triton's compiler does not round a NaN to this one: these are its bits.
  if (type.dtype === "f8e4m3" && piece.text === NAN)
    return method(call("tl.full", [list([]), numberText(0x7f, false), dtypeText("u8")]), "to", [dtype], {
      bitcast: "True",
    });
  return call("tl.full", [list([]), piece, dtype]);
}

const NAN = 'float("nan")';

/** A weak number where Triton's own choice of dtype is the IR's; otherwise materialized. */
export const settle = (piece: Py, type: Type): Py =>
  piece.weak &&
  type.kind === "tile" &&
  (ownDType(piece) !== type.dtype || !/^-?[\d.e+-]+$|^True$|^False$|^float/.test(piece.text))
    ? materialize(piece, type)
    : piece;

/** A size in Python. Names are those of constexpr parameters. */
export function dimPy(dim: Dim, rename: (name: string) => string = (name) => name): Py {
  if (typeof dim === "number") return numberText(dim, false);
  if (dim.op === "name") return py(rename(dim.args[0] as string), LEVEL.atom, true);
  const parts = (dim.args as readonly Dim[]).map((part) => dimPy(part, rename));
  const fold = (operator: string, level: number): Py =>
    parts.reduce((left, right) => infix(left, operator, right, level));
  switch (dim.op) {
    case "+":
      return sumPy(dim.args as readonly Dim[], rename);
    case "*":
      return productPy(parts);
    case "//":
      return fold("//", LEVEL.product);
    case "%":
      return fold("%", LEVEL.product);
    case "cdiv":
      return ceilingDivision(parts[0]!, parts[1]!);
    case "<":
    case "==":
      return infix(parts[0]!, dim.op, parts[1]!, LEVEL.comparison);
    case "?:":
      return ternary(parts[0]!, parts[1]!, parts[2]!);
    default:
      return { ...call(dim.op, parts), weak: true };
  }
}

/** `a if condition else b`. */
export const ternary = (condition: Py, a: Py, b: Py): Py => {
  const text = `${within(a, LEVEL.or)} if ${within(condition, LEVEL.or)} else ${within(b, LEVEL.ternary)}`;
  return py(text, LEVEL.ternary, a.weak && b.weak);
};

/** A condition, 1 or 0 as a size; what is turned round reads as a person would write it. */
export function sizeConditionPy(dim: Dim, rename?: (name: string) => string): Py {
  if (typeof dim === "number" || dim.op !== "+") return dimPy(dim, rename);
  return prefix("not ", sizeConditionPy(dimNot(dim), rename), LEVEL.not);
}

/** `(a + b - 1) // b`: tl.cdiv gives a tensor, and a size must stay a constexpr. */
export const ceilingDivision = (a: Py, b: Py): Py => {
  const rounded = infix(infix(a, "+", b, LEVEL.sum), "-", numberText(1, false), LEVEL.sum);
  return infix(rounded, "//", b, LEVEL.product);
};

/** The normal form keeps coefficients first and numbers first; people write `BM * 2 + 1` and `BM - 1`. */
function sumPy(parts: readonly Dim[], rename: (name: string) => string): Py {
  const [numbers, others] = [
    parts.filter((part) => typeof part === "number"),
    parts.filter((part) => typeof part !== "number"),
  ];
  const ordered = [...others.filter((part) => !isNegative(part)), ...others.filter(isNegative), ...numbers];
  return ordered
    .slice(1)
    .reduce<Py>(
      (left, part) =>
        isNegative(part)
          ? infix(left, "-", dimPy(negated(part), rename), LEVEL.sum)
          : infix(left, "+", dimPy(part, rename), LEVEL.sum),
      dimPy(ordered[0]!, rename),
    );
}

function productPy(parts: readonly Py[]): Py {
  const ordered = [...parts].sort((a, b) => Number(/^-?\d/.test(a.text)) - Number(/^-?\d/.test(b.text)));
  return ordered.reduce((left, right) => infix(left, "*", right, LEVEL.product));
}

const isNegative = (dim: Dim): boolean =>
  typeof dim === "number" ? dim < 0 : dim.op === "*" && typeof dim.args[0] === "number" && dim.args[0] < 0;

function negated(dim: Dim): Dim {
  if (typeof dim === "number") return -dim;
  const [first, ...rest] = dim.args as readonly Dim[];
  const coefficient = -(first as number);
  const factors = coefficient === 1 ? rest : [coefficient, ...rest];
  return factors.length === 1 ? factors[0]! : { op: "*", args: factors };
}

export const shapePy = (shape: Shape, rename?: (name: string) => string): string =>
  list(shape.map((dim) => dimPy(dim, rename)));
