import * as problems from "../diagnostics/catalogue/types.js";
import { DTYPE_NAMES, DTYPES, type DType, isFloat, isInteger, type Type } from "../ir/index.js";
import type { TileType } from "./convert.js";
import { arithmetic, type DTypeRule, elementwise, floating } from "./elementwise.js";
import type { Op } from "./op.js";
import type { PreludeName } from "./prelude.js";
import type { Meaning } from "./primitives.js";
import * as p from "./primitives.js";
import { call, infix, LEVEL, method, type Py, prefix } from "./python.js";
import { dtypeText, materialize, numberText, settle } from "./python-values.js";

const isHalf = (type: Type): boolean => type.kind === "tile" && (type.dtype === "f16" || type.dtype === "bf16");

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

/**
 * A function of real numbers. Of a number that meets a tile, Triton would make an f32: it has the tile's dtype. Its functions take f32 and f64: the halves
 * are computed in f32, and a result that is one is rounded once.
 */
export const real = ({ name, cost, operands = ["x"], python, needs = [], meaning, rule = floating }: Real): Op =>
  elementwise({
    name,
    cost,
    operands,
    rule,
    needs,
    emit: (given, { type, args }) => {
      const dtype = type.kind === "tile" ? type.dtype : "f32";
      const wide = given.map((one, index) => {
        const from = args[operands[index]!]!.type;
        const settled = settle(one, from);
        return isHalf(from) && !settled.weak ? method(settled, "to", ["tl.float32"]) : settled;
      });
      const result = python?.(dtype, ...wide) ?? call(`tl.${name}`, wide);
      return isHalf(type) ? method(result, "to", [dtypeText(dtype)]) : result;
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
    needs: EXACT.has(name) ? ["libdevice", "subnormals"] : ["libdevice"],
  });

/** What a CPU takes for a call of JavaScript's function for each element. */
const CALL = 60;
export const SERIES = 400;

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
/** Those whose results are no approximations: the same bits everywhere. */
const EXACT: ReadonlySet<string> = new Set("copysign fdim fmod logb remainder rint round trunc".split(" "));
const LIBDEVICE_NAMES: Readonly<Record<string, string>> = {
  cylBesselI0: "cyl_bessel_i0",
  cylBesselI1: "cyl_bessel_i1",
};

/** What an i32 holds, whatever it is. */
const SHORT = DTYPE_NAMES.filter((dtype) => dtype === "i32" || (isInteger(dtype) && DTYPES[dtype].bytes < 4));

/** An integer beside a float: `jn(n, x)`, `ldexp(x, n)`. */
const withInteger =
  (at: 0 | 1): DTypeRule =>
  (source, operands, context) => {
    const n = operands[at]!;
    const { op, span } = source;
    const [isShort, isWhole] =
      n.kind === "tile" ? [SHORT.includes(n.dtype), isInteger(n.dtype)] : [n.of === "int", n.of === "int"];
    if (!isWhole) return context.fail(problems.needsInteger(span, { op, type: n }, context.origins(source.args.n!)));
    if (!isShort) {
      const { dtype } = n as TileType;
      return context.fail(problems.lacksDType(span, { op, dtype, allowed: SHORT }, context.origins(source.args.n!)));
    }
    const float = floating(source, [operands[1 - at]!], context);
    if (float === null) return null;
    const { result } = float;
    return { operands: at === 0 ? ["i32", result] : [result, "i32"], result };
  };

/** One of libdevice's of an integer and a float. The function on a CPU takes floats. */
const ofIntegerToo = (name: string, at: 0 | 1, needs: readonly PreludeName[] = [], python = `libdevice.${name}`): Op =>
  real({
    name,
    cost: SERIES,
    operands: at === 0 ? ["n", "x"] : ["x", "n"],
    python: (_, ...wide) => call(python, wide),
    needs: ["libdevice", ...needs],
    rule: withInteger(at),
    meaning: (...of) => {
      const { dtype } = of[1 - at]!;
      return p.call(
        name,
        ...of.map((one, index) => (index === at ? p.cast(one, dtype === "f64" ? dtype : "f32") : one)),
      );
    },
  });

/** Floats in, an integer or a truth out. */
const into =
  (result: DType): DTypeRule =>
  (source, operands, context) => {
    const float = floating(source, operands, context);
    return float && { ...float, result };
  };

const LEAST = -(2 ** 31);
const bitsOf = (float: DType): DType => `i${8 * DTYPES[float].bytes}` as DType;

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
  ofIntegerToo("jn", 0, ["bessel_jn"], "bessel_jn"),
  ofIntegerToo("yn", 0),
  ofIntegerToo("ldexp", 1, ["subnormals"]),
  real({
    name: "ilogb",
    cost: CALL,
    python: (_, x) => call("libdevice.ilogb", [x]),
    needs: ["libdevice", "subnormals"],
    rule: into("i32"),
    meaning: (x) => p.where(p.eq(x, x), p.cast(p.call("logb", x), "i32"), LEAST),
  }),
  elementwise({
    name: "signbit",
    operands: ["x"],
    rule: into("bool"),
    emit: ([x], { args }) => {
      const integer = bitsOf((args.x!.type as TileType).dtype);
      const bits = method(materialize(x!, args.x!.type), "to", [dtypeText(integer)], { bitcast: "True" });
      return infix(bits, "<", numberText(0, false), LEVEL.comparison);
    },
    meaning: (x) => p.lt(p.bitcast(x, bitsOf(x.dtype)), 0),
  }),
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
