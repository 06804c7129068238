import * as problems from "../diagnostics/catalogue/types.js";
import { DTYPES, type DType, isFloat, isFloat8, isInteger, tile } from "../ir/index.js";
import { dtypeOf, quoted } from "./attrs.js";
import { converts, decay, isNumbers, type TileType } from "./convert.js";
import { type DTypeRule, floating } from "./elementwise.js";
import { evaluateElements } from "./evaluate.js";
import { real, SERIES } from "./functions.js";
import type { Attrs, Op } from "./op.js";
import type { Meaning, Term } from "./primitives.js";
import * as p from "./primitives.js";
import { call, method, type Py } from "./python.js";
import { dtypeText, materialize } from "./python-values.js";

/** How `to` rounds, and what libdevice's names for that end in. */
const ENDINGS = { rtne: "Rn", rtz: "Rz", down: "Rd", up: "Ru" } as const;
type Rounding = keyof typeof ENDINGS;
export const ROUNDINGS = Object.keys(ENDINGS) as readonly Rounding[];

/** Floats of so many bytes: what is rounded once more has lost its direction. */
const ofBytes =
  (...bytes: readonly number[]): DTypeRule =>
  (source, operands, context) => {
    const other = operands.find(
      (type) => type.kind === "tile" && isFloat(type.dtype) && !bytes.includes(DTYPES[type.dtype].bytes),
    );
    if (other === undefined) return floating(source, operands, context);
    const only = bytes.map((one) => `f${8 * one}`).join(" and ");
    return context.fail(problems.needsFloat(source.span, { op: source.op, type: other, only }));
  };

interface Rounded {
  readonly python: string;
  readonly operands: readonly string[];
  readonly meaning?: Meaning;
  readonly rule?: DTypeRule;
}

/** One of libdevice's whose result depends on the format that it is rounded to. */
const rounded = (name: string, { python, operands, meaning, rule = ofBytes(4, 8) }: Rounded): Op =>
  real({
    name,
    cost: SERIES,
    operands,
    python: (_, ...wide) => call(`libdevice.${python}`, wide),
    needs: ["libdevice", "subnormals"],
    rule,
    meaning: meaning ?? ((...x) => p.call(x.some(({ dtype }) => dtype === "f64") ? name : `${name}F32`, ...x)),
  });

/** What is rounded down, up or to zero: libdevice's `add_rd` is `addRd`. To the nearest, where no other op is that, a product is never added at once. */
const ARITHMETIC: Readonly<Record<string, { readonly operands: readonly string[]; readonly nearest?: Meaning }>> = {
  add: { operands: ["a", "b"], nearest: p.add },
  sub: { operands: ["a", "b"], nearest: p.sub },
  mul: { operands: ["a", "b"], nearest: p.mul },
  div: { operands: ["a", "b"] },
  rcp: { operands: ["x"], nearest: (x) => p.div(1, x) },
  sqrt: { operands: ["x"] },
  fma: { operands: ["a", "b", "c"] },
};

/** What libdevice calls the dtypes between which it rounds in all ways. */
const NAMES: Readonly<Partial<Record<DType, string>>> = {
  f32: "float",
  f64: "double",
  i32: "int",
  u32: "uint",
  i64: "ll",
  u64: "ull",
};

/** What f32 is rounded toward zero to. */
const TO_ZERO: readonly DType[] = ["f8e5m2", "f16", "bf16"];
const digitsOf = (dtype: DType): number => DTYPES[dtype].float?.fraction ?? 8 * DTYPES[dtype].bytes - 1;

/** The roundings that there are to choose from. */
function roundingsOf(from: DType, to: DType): readonly Rounding[] {
  if (isFloat(from) && !isFloat8(from) && isInteger(to)) return NAMES[to] ? ROUNDINGS : [];
  const loses = isFloat(to) && (isFloat(from) || isInteger(from)) && digitsOf(from) > digitsOf(to);
  if (!loses || !converts(tile(from, []) as TileType, to)) return [];
  if (NAMES[to] && NAMES[from]) return ROUNDINGS;
  return from === "f32" && TO_ZERO.includes(to) ? ["rtne", "rtz"] : ["rtne"];
}

/** A float as an integer. What is beyond the integer is its greatest or least; NaN has as many bits of 64, or of a double, the highest alone, and is 0 else. */
function toInteger(x: Term, dtype: DType, rounding: Rounding): Term {
  const cut = { rtz: x, down: p.floor(x), up: p.ceil(x), rtne: p.call("rint", x) }[rounding];
  const whole = p.cast(cut, dtype);
  if (x.dtype !== "f64" && DTYPES[dtype].bytes === 4) return whole;
  const least = p.number(-(2 ** (8 * DTYPES[dtype].bytes - 1)), dtype === "i32" || dtype === "u32" ? "i32" : "i64");
  return p.where(p.eq(x, x), whole, p.bitcast(least, dtype));
}

/** An integer or a double as a float that does not hold it: it is one double, or 2^32 of one and another, and rounded once. */
function toFloat(x: Term, dtype: DType, rounding: Rounding): Term {
  const format = dtype === "f64" ? "" : "F32";
  const ending = `${ENDINGS[rounding]}${format}`;
  if (isFloat(x.dtype) || DTYPES[x.dtype].bytes < 8) return p.cast(p.call(`mul${ending}`, p.cast(x, "f64"), 1), dtype);
  const [high, low] = [p.shiftRight(x, 32), p.and(x, 0xffffffff)].map((one) => p.cast(one, "f64")) as [Term, Term];
  return p.cast(p.call(`fma${ending}`, high, 2 ** 32, low), dtype);
}

const castOf = ({ dtype, rounding }: Attrs) => ({ dtype: dtype as DType, rounding: rounding as Rounding });

/** `to(x, dtype, { rounding })` where that is not the conversion that it is anyway. */
export const castRounded: Op = {
  name: "castRounded",
  cost: SERIES,
  elements: ["x"],
  infer(source, context) {
    const dtype = dtypeOf(source, context);
    const given = source.args.x!;
    const x = decay(given, context);
    if (!dtype || !x || !isNumbers(x.type)) return null;
    const from = x.type;
    const { rounding } = castOf(source.attrs);
    const known = roundingsOf(from.dtype, dtype);
    if (!known.includes(rounding))
      return context.fail(
        problems.noRounding(source.span, { from, to: dtype, rounding, known }, context.origins(given)),
      );
    const isPlain = rounding === "rtne" && isFloat(dtype);
    const attrs: Attrs = isPlain ? { dtype } : { dtype, rounding };
    const op = isPlain ? "cast" : "castRounded";
    return { kind: "op", op, args: { x }, attrs, type: tile(dtype, from.shape), span: source.span };
  },
  meaning: (attrs) => (x) => {
    const { dtype, rounding } = castOf(attrs);
    if (isInteger(dtype)) return toInteger(DTYPES[x.dtype].bytes < 4 ? p.cast(x, "f32") : x, dtype, rounding);
    return NAMES[dtype] ? toFloat(x, dtype, rounding) : p.castToZero(x, dtype);
  },
  needs: ({ attrs }) => (NAMES[castOf(attrs).dtype] ? ["libdevice", "subnormals"] : []),
  emit: ({ x }, { args, attrs }) => {
    const from = args.x!.type as TileType;
    const { dtype, rounding } = castOf(attrs);
    const tensor = materialize(x!, from);
    if (!NAMES[dtype]) return method(tensor, "to", [dtypeText(dtype)], { fp_downcast_rounding: quoted(rounding) });
    const wide: Py = NAMES[from.dtype] ? tensor : method(tensor, "to", ["tl.float32"]);
    const name = `${NAMES[from.dtype] ?? NAMES.f32}2${NAMES[dtype]}_${ENDINGS[rounding].toLowerCase()}`;
    const result = call(`libdevice.${name}`, [wide]);
    // Its unsigned numbers are the bits of signed ones.
    const isUnsigned = DTYPES[dtype].kind === "unsigned";
    return isUnsigned ? method(result, "to", [dtypeText(dtype)], { bitcast: "True" }) : result;
  },
  evaluate: (args, node) => evaluateElements(["x"], castRounded.meaning!(node.attrs), args, node),
};

export const ROUNDED: readonly Op[] = [
  castRounded,
  ...Object.entries(ARITHMETIC).flatMap(([name, { operands, nearest }]) => [
    ...["d", "u", "z"].map((way) => rounded(`${name}R${way}`, { python: `${name}_r${way}`, operands })),
    ...(nearest ? [rounded(`${name}Rn`, { python: `${name}_rn`, operands, meaning: nearest })] : []),
  ]),
  rounded("rsqrtRn", { python: "rsqrt_rn", operands: ["x"], rule: ofBytes(4) }),
  rounded("nextafter", { python: "nextafter", operands: ["a", "b"] }),
];
