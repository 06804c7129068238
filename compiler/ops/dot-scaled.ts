import * as problems from "../diagnostics/catalogue/types.js";
import { type DType, dimEquals, dimMul, type Expr, floatValue, roundFloat, type Shape, tile } from "../ir/index.js";
import { checkChoices, flagPy, pick, quoted } from "./attrs.js";
import { sameShape } from "./broadcast.js";
import { isNumbers, shapeOf, type TileType } from "./convert.js";
import { matches, multiply } from "./dot.js";
import { present } from "./memory.js";
import type { Call, InferContext, Op, OpNode } from "./op.js";
import { call, py } from "./python.js";
import { elementCount, strides, type TileValue } from "./value.js";

/** How an operand's elements are coded, and the dtypes of tiles that hold them; e2m1 lies two in a byte, the first in its lower half. */
export const SCALED_FORMATS: Readonly<Record<string, readonly DType[]>> = {
  e2m1: ["u8"],
  e4m3: ["f8e4m3", "u8"],
  e5m2: ["f8e5m2", "u8"],
  bf16: ["bf16"],
  f16: ["f16"],
};
const TRITON: Readonly<Record<string, string>> = { f16: "fp16" };

/** Elements along K that have a scale in common. */
export const SCALED_BLOCK = 32;

/** A side of the product; axes are counted from the end. */
export interface ScaledSide {
  readonly name: "lhs" | "rhs";
  readonly x: Expr;
  readonly scale: Expr | undefined;
  readonly format: string;
  /** The axis of K, and the other one. */
  readonly inner: number;
  readonly outer: number;
  /** Along which two elements lie in a byte. */
  readonly packed: number | null;
}

export const sidesOf = ({ args, attrs }: Pick<OpNode, "args" | "attrs">): readonly ScaledSide[] =>
  (["lhs", "rhs"] as const).map((name) => {
    const [inner, outer] = name === "lhs" ? [-1, -2] : [-2, -1];
    const format = String(attrs[`${name}Format`]);
    const packed = format !== "e2m1" ? null : attrs[`${name}KPack`] === false ? outer! : inner!;
    return { name, x: args[name]!, scale: args[`${name}Scale`], format, inner: inner!, outer: outer!, packed };
  });

/** The shape of a side, an element in each place. */
const elementShape = ({ x, packed }: ScaledSide): Shape => {
  const shape = shapeOf(x.type);
  return shape.map((size, axis) => (axis - shape.length === packed ? dimMul(size, 2) : size));
};

/** [M, K] · [K, N] of elements with a scale for each 32 along K. */
export const dotScaled: Op = {
  name: "dotScaled",
  whole: true,
  params: {
    ...{ lhs: "operand", lhsScale: "operand or null", lhsFormat: "text" },
    ...{ rhs: "operand", rhsScale: "operand or null", rhsFormat: "text" },
  },
  options: { acc: "operand", fastMath: "flag", lhsKPack: "shape flag", rhsKPack: "shape flag" },
  infer(source, context) {
    const formats = Object.keys(SCALED_FORMATS);
    if (!checkChoices(source, { lhsFormat: formats, rhsFormat: formats }, context)) return null;
    const sides = sidesOf(source);
    if (!sides.every((side) => checkSide(source, side, context))) return null;
    const [lhs, rhs] = sides as [ScaledSide, ScaledSide];
    const { acc } = source.args;
    const [left, right] = [elementShape(lhs), elementShape(rhs)];
    if (!sameShape(left.slice(0, -2), right.slice(0, -2)))
      return context.fail(
        problems.shapesDiffer(
          source.span,
          { op: "dotScaled", a: lhs.x.type, b: rhs.x.type, hint: "both have the same batches in front" },
          context.origins(lhs.x, rhs.x),
        ),
      );
    const type = tile("f32", [...left.slice(0, -1), right.at(-1)!]);
    if (acc && !matches(acc.type, type))
      return context.fail(
        problems.dotAccumulator(
          acc.span,
          { op: "dotScaled", acc: acc.type, want: type },
          context.origins(acc, lhs.x, rhs.x),
        ),
      );
    const attrs = {
      ...pick(source.attrs, ["lhsFormat", "rhsFormat"]),
      ...(source.attrs.fastMath ? pick(source.attrs, ["fastMath"]) : {}),
      ...Object.fromEntries(
        ["lhsKPack", "rhsKPack"].flatMap((flag) => (source.attrs[flag] === false ? [[flag, false]] : [])),
      ),
    };
    const { lhsScale, rhsScale } = source.args;
    const args = present({ lhs: lhs.x, lhsScale, rhs: rhs.x, rhsScale, acc });
    return { kind: "op", op: "dotScaled", args, attrs, type, span: source.span };
  },
  check(node, context) {
    const sides = sidesOf(node);
    const origins = context.origins(...sides.map(({ x }) => x));
    const inner = sides.map((side) => elementShape(side).at(side.inner)!);
    const [k, other] = inner;
    if (typeof k !== "number" || typeof other !== "number") return;
    const [lhs, rhs] = sides.map(({ x }) => x.type);
    if (k !== other) {
      context.fail(problems.scaledInnerSizes(node.span, { lhs: lhs!, rhs: rhs!, k: [k, other] }, origins));
      return;
    }
    // Two of e2m1 in a byte on both sides are multiplied as such by sm_100, 64 at a time.
    const least = sides.every(({ format }) => format === "e2m1") ? 64 : SCALED_BLOCK;
    if (k < least) {
      context.fail(problems.scaledSizes(node.span, { k, least }, origins));
      return;
    }
    for (const side of sides) {
      checkScaleShape(side, k, context);
      checkBytes(side, context);
    }
  },
  emit: (args, { attrs }) => {
    const format = (name: string) => quoted(TRITON[String(attrs[name])] ?? attrs[name])!;
    const { lhs, lhsScale = NONE, rhs, rhsScale = NONE, acc } = args;
    return call("tl.dot_scaled", [lhs!, lhsScale, format("lhsFormat"), rhs!, rhsScale, format("rhsFormat")], {
      acc,
      fast_math: flagPy(attrs.fastMath),
      lhs_k_pack: attrs.lhsKPack === false ? "False" : undefined,
      rhs_k_pack: attrs.rhsKPack === false ? "False" : undefined,
    });
  },
  evaluate: (args, node) => {
    const [lhs, rhs] = sidesOf(node).map((side) => dequantized(side, args[side.name]!, args[`${side.name}Scale`]));
    return multiply(lhs!, rhs!, args.acc);
  },
};

const NONE = py("None");

/** Rank, dtype and packing of a side, and the dtype and rank of its scales; false after reporting. */
function checkSide(source: Call, { name, x, scale, format }: ScaledSide, context: InferContext): boolean {
  const fail = (diagnostic: Parameters<InferContext["fail"]>[0]): false => {
    context.fail(diagnostic);
    return false;
  };
  const { type } = x;
  if (!isNumbers(type) || (type.shape.length !== 2 && type.shape.length !== 3))
    return fail(problems.needsTile(x.span, { op: "dotScaled", type, rank: "rank 2 or 3" }, context.origins(x)));
  const dtypes = SCALED_FORMATS[format]!;
  if (!dtypes.includes(type.dtype))
    return fail(problems.scaledFormat(x.span, { name, format, dtypes, type }, context.origins(x)));
  const flag = `${name}KPack`;
  if (source.attrs[flag] === false && format !== "e2m1")
    return fail(problems.scaledPacking(source.span, { flag, format }));
  if (scale === undefined) return true;
  if (
    UNSCALED.includes(format) ||
    !isNumbers(scale.type) ||
    scale.type.dtype !== "u8" ||
    scale.type.shape.length !== type.shape.length
  )
    return fail(
      problems.scaledScale(scale.span, { name: `${name}Scale`, format, type: scale.type }, context.origins(scale)),
    );
  return true;
}

/** Formats that hold what a scale would be for. */
const UNSCALED = ["f16", "bf16"];

function checkScaleShape(side: ScaledSide, k: number, context: InferContext): void {
  const { scale, name, outer } = side;
  if (scale === undefined) return;
  const shape = elementShape(side);
  const want = [...shape.slice(0, -2), shape.at(outer)!, k / SCALED_BLOCK];
  const got = shapeOf(scale.type);
  if (got.some((size) => typeof size !== "number") || want.some((size) => typeof size !== "number")) return;
  if (got.every((size, axis) => dimEquals(size, want[axis]!))) return;
  context.fail(
    problems.scaledScaleShape(scale.span, { name: `${name}Scale`, type: scale.type, want }, context.origins(scale)),
  );
}

/** Triton takes e2m1 apart four bytes of a thread at a time. */
function checkBytes({ name, x, packed }: ScaledSide, context: InferContext): void {
  const shape = shapeOf(x.type);
  const { warps } = context;
  if (packed === null || warps === undefined || !shape.every((size) => typeof size === "number")) return;
  const bytes = elementCount(shape as number[]);
  const least = warps * 32 * 4;
  if (bytes < least) context.fail(problems.scaledBytes(x.span, { name, bytes, least, warps }, context.origins(x)));
}

/** What the four bits of e2m1 stand for, without their sign (OCP Microscaling Formats 1.0, section 5.3.3). */
const E2M1 = [0, 0.5, 1, 1.5, 2, 3, 4, 6];
const e2m1 = (bits: number): number => (bits & 8 ? -E2M1[bits & 7]! : E2M1[bits & 7]!);

const BYTES: Readonly<Record<string, (byte: number) => number>> = {
  e4m3: (byte) => floatValue("f8e4m3", byte),
  e5m2: (byte) => floatValue("f8e5m2", byte),
};

/** A side in f32: each element by what its code stands for and by 2^(s − 127); a scale of 255 is NaN (section 5.4.1). */
function dequantized(side: ScaledSide, x: TileValue, scale: TileValue | undefined): TileValue {
  const shape = elementShape(side) as number[];
  const { format, packed, inner, outer } = side;
  const dtype = (side.x.type as TileType).dtype;
  const from = (axis: number) => axis + shape.length;
  const steps = strides(shape);
  const data = Array.from({ length: elementCount(shape) }, (_, flat) => {
    const index = steps.map((step, axis) => Math.floor(flat / step) % shape[axis]!);
    const at = (of: TileValue, place: readonly number[]): number =>
      of.data[strides(of.shape).reduce((sum, step, axis) => sum + step * place[axis]!, 0)]!;
    const stored = index.map((one, axis) => (packed !== null && axis === from(packed) ? one >> 1 : one));
    const code = at(x, stored);
    const value =
      packed !== null
        ? e2m1(index[from(packed)]! & 1 ? code >> 4 : code & 15)
        : dtype === "u8"
          ? BYTES[format]!(code)
          : code;
    if (scale === undefined) return value;
    const s = at(scale, [...index.slice(0, -2), index[from(outer)]!, Math.floor(index[from(inner)]! / SCALED_BLOCK)]);
    return s === 255 ? Number.NaN : roundFloat("f32", value * 2 ** (s - 127));
  });
  return { shape, data };
}
