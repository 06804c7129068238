import * as problems from "../diagnostics/catalogue/types.js";
import { type DType, isFloat, isInteger } from "../ir/index.js";
import { arithmetic, type DTypeRule, elementwise, floating } from "./elementwise.js";
import type { Op } from "./op.js";
import type { PreludeName } from "./prelude.js";
import type { Meaning } from "./primitives.js";
import * as p from "./primitives.js";
import { call, infix, LEVEL, method, type Py, prefix } from "./python.js";
import { dtypeText, settle } from "./python-values.js";

/** Triton's functions take f32 and f64; the halves are computed in f32 and rounded once. */
export function throughF32(dtype: DType, operands: readonly Py[], compute: (...wide: Py[]) => Py): Py {
  if (dtype !== "f16" && dtype !== "bf16") return compute(...operands);
  const wide = operands.map((operand) => (operand.weak ? operand : method(operand, "to", ["tl.float32"])));
  return method(compute(...wide), "to", [dtypeText(dtype)]);
}

interface Real {
  readonly name: string;
  readonly cost: number;
  readonly operands?: readonly string[];
  /** What computes it in Triton, of f32 or f64. Default: its own name there. */
  readonly python?: (dtype: DType, ...wide: Py[]) => Py;
  readonly needs?: readonly PreludeName[];
  /** What computes it on a CPU. Default: the function of its name in `real.mjs`. */
  readonly meaning?: Meaning;
  readonly rule?: DTypeRule;
}

/** A function of real numbers. Of a number that meets a tile, Triton would make an f32: it has the tile's dtype. */
const real = ({ name, cost, operands = ["x"], python, needs = [], meaning, rule = floating }: Real): Op =>
  elementwise({
    name,
    cost,
    operands,
    rule,
    needs,
    emit: (given, { type, args }) => {
      const dtype = type.kind === "tile" ? type.dtype : "f32";
      const settled = given.map((one, index) => settle(one, args[operands[index]!]!.type));
      return throughF32(dtype, settled, (...wide) => python?.(dtype, ...wide) ?? call(`tl.${name}`, wide));
    },
    meaning: meaning ?? ((...x) => p.call(name, ...x)),
  });

/** One of CUDA's libdevice. */
const ofLibdevice = (name: string, cost: number, operands?: readonly string[]): Op =>
  real({
    name,
    cost,
    operands,
    python: (_, ...wide) => call(`libdevice.${LIBDEVICE_NAMES[name] ?? name}`, wide),
    needs: ["libdevice"],
  });

/** f32 and f64: what is rounded once more has lost its direction. */
const ofWideFloats: DTypeRule = (source, operands, context) => {
  const narrow = operands.find((type) => type.kind === "tile" && (type.dtype === "f16" || type.dtype === "bf16"));
  if (narrow === undefined) return floating(source, operands, context);
  const { op } = source;
  return context.fail(problems.needsFloat(source.span, { op, type: narrow, only: "f32 and f64" }));
};

/** One of libdevice's whose result depends on the format that it is rounded to. */
const rounding = (name: string, python: string, operands: readonly string[]): Op =>
  real({
    name,
    cost: SERIES,
    operands,
    python: (_, ...wide) => call(`libdevice.${python}`, wide),
    needs: ["libdevice"],
    rule: ofWideFloats,
    meaning: (...x) => p.call(x.some(({ dtype }) => dtype === "f64") ? name : `${name}F32`, ...x),
  });

/** What a CPU takes for a call of JavaScript's function for each element. */
const CALL = 60;
const SERIES = 400;

/** Those of libdevice that Triton has no name of its own for. */
const LIBDEVICE =
  "acos acosh asin asinh atan atanh cbrt cosh cospi erfc exp10 expm1 log10 log1p logb rcbrt rint round sinh sinpi tan trunc".split(
    " ",
  );
/** Those of them that take steps or long series. */
const LIBDEVICE_OF_SERIES =
  "erfcinv erfcx erfinv j0 j1 lgamma normcdf normcdfinv tgamma y0 y1 cylBesselI0 cylBesselI1".split(" ");
const LIBDEVICE_OF_MORE: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(
    "atan2 copysign fdim fmod hypot pow remainder rhypot".split(" ").map((name) => [name, ["a", "b"]]),
  ),
  norm3d: ["a", "b", "c"],
  rnorm3d: ["a", "b", "c"],
  norm4d: ["a", "b", "c", "d"],
  rnorm4d: ["a", "b", "c", "d"],
};
/** Rounded down, up or to zero: libdevice's `add_rd` is `addRd`. */
const DIRECTED: Readonly<Record<string, readonly string[]>> = {
  add: ["a", "b"],
  mul: ["a", "b"],
  div: ["a", "b"],
  sqrt: ["x"],
  fma: ["a", "b", "c"],
};
const LIBDEVICE_NAMES: Readonly<Record<string, string>> = {
  cylBesselI0: "cyl_bessel_i0",
  cylBesselI1: "cyl_bessel_i1",
};

const magnitude: DTypeRule = (source, operands, context) => {
  const dtypes = arithmetic(source, operands, context)!;
  return isFloat(dtypes.result) || isInteger(dtypes.result)
    ? dtypes
    : context.fail(problems.needsFloat(source.span, { op: "abs", type: operands[0]! }));
};

export const FUNCTIONS: readonly Op[] = [
  real({ name: "exp", cost: 14 }),
  real({ name: "exp2", cost: 12 }),
  real({ name: "log", cost: 20 }),
  real({ name: "log2", cost: 20 }),
  real({ name: "sqrt", cost: 5, meaning: p.sqrt }),
  real({ name: "rsqrt", cost: 10, meaning: (x) => p.div(1, p.sqrt(x)) }),
  // Rounded as IEEE 754 says, which GPUs do for f64 in any case and for f32 when they are told to.
  real({
    name: "sqrtRn",
    cost: 10,
    python: (dtype, x) => call(dtype === "f64" ? "tl.sqrt" : "tl.sqrt_rn", [x]),
    meaning: p.sqrt,
  }),
  real({
    name: "divRn",
    cost: 10,
    operands: ["a", "b"],
    python: (dtype, a, b) => (dtype === "f64" ? infix(a, "/", b, LEVEL.product) : call("tl.div_rn", [a, b])),
    meaning: p.div,
  }),
  real({ name: "sin", cost: 40 }),
  real({ name: "cos", cost: 40 }),
  real({ name: "sigmoid", cost: 20, meaning: (x) => p.div(1, p.add(1, p.call("exp", p.neg(x)))) }),
  real({ name: "floor", cost: 1, meaning: p.floor }),
  real({ name: "ceil", cost: 1, meaning: p.ceil }),
  real({ name: "erf", cost: 40 }),
  ofLibdevice("tanh", 25),
  ...LIBDEVICE.map((name) => ofLibdevice(name, CALL)),
  ...LIBDEVICE_OF_SERIES.map((name) => ofLibdevice(name, SERIES)),
  rounding("nextafter", "nextafter", ["a", "b"]),
  ...Object.entries(DIRECTED).flatMap(([name, operands]) =>
    ["d", "u", "z"].map((way) => rounding(`${name}R${way}`, `${name}_r${way}`, operands)),
  ),
  ...Object.entries(LIBDEVICE_OF_MORE).map(([name, operands]) => ofLibdevice(name, CALL, operands)),
  elementwise({
    name: "abs",
    operands: ["x"],
    rule: magnitude,
    constant: { of: "same" },
    emit: (operands) => call("tl.abs", operands),
    emitConstant: ([x]) => call("max", [x!, prefix("-", x!)]),
    meaning: p.abs,
  }),
];
