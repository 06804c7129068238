import * as problems from "../diagnostics/catalogue/types.js";
import { dimSub, type Expr, isFloat, isInteger, scalar, tile } from "../ir/index.js";
import { checkChoices, checkSizes, dims, dtypeOf, firstDim } from "./attrs.js";
import {
  commonDType,
  convert,
  converts,
  isConstNumber,
  isNumbers,
  isOperand,
  literalIn,
  shapeOf,
  type TileType,
} from "./convert.js";
import type { Op } from "./op.js";
import { call, method, type Py } from "./python.js";
import { dimPy, dtypeText, materialize, shapePy } from "./python-values.js";
import { castRounded, ROUNDINGS } from "./rounded.js";
import { cut, elementCount, roundTo } from "./value.js";

/** The integers from `start` up to `end`. */
export const arange: Op = {
  name: "arange",
  cost: 0,
  params: { start: "size", end: "size" },
  infer(source) {
    const start = firstDim(source.attrs.start) ?? 0;
    const end = firstDim(source.attrs.end);
    const size = end === undefined ? firstDim(source.attrs.shape)! : dimSub(end, start);
    const attrs = { start: [start], shape: [size] };
    return { kind: "op", op: "arange", args: {}, attrs, type: tile("i32", [size]), span: source.span };
  },
  check: (node, context) => checkSizes("arange", shapeOf(node.type), node.span, context),
  emit(_args, { attrs }) {
    const start = firstDim(attrs.start)!;
    const end = dimSub(firstDim(attrs.shape)!, typeof start === "number" ? -start : { op: "*", args: [-1, start] });
    return call("tl.arange", [dimPy(start), dimPy(end)]);
  },
  evaluate(_args, { attrs }) {
    const [start, size] = [firstDim(attrs.start) as number, firstDim(attrs.shape) as number];
    return { shape: [size], data: Array.from({ length: size }, (_, index) => start + index) };
  },
};

export const zeros: Op = {
  name: "zeros",
  cost: 0,
  params: { shape: "shape", dtype: "dtype" },
  infer(source, context) {
    const dtype = dtypeOf(source, context);
    if (dtype === null) return null;
    const shape = dims(source.attrs.shape);
    return { kind: "op", op: "zeros", args: {}, attrs: { shape, dtype }, type: tile(dtype, shape), span: source.span };
  },
  check: (node, context) => checkSizes("zeros", shapeOf(node.type), node.span, context),
  emit: (_args, { type, attrs }) =>
    call("tl.zeros", [shapePy(shapeOf(type))], { dtype: dtypeText(attrs.dtype as Parameters<typeof dtypeText>[0]) }),
  evaluate(_args, { type }) {
    const shape = shapeOf(type) as number[];
    return { shape, data: new Array<number>(elementCount(shape)).fill(0) };
  },
};

export const full: Op = {
  name: "full",
  cost: 0,
  params: { shape: "shape", value: "operand", dtype: "dtype" },
  infer(source, context) {
    const dtype = dtypeOf(source, context);
    const value = source.args.value!;
    if (!isOperand(value.type) || shapeOf(value.type).length > 0)
      return context.fail(problems.notNumbers(value.span, { op: "full", type: value.type }, context.origins(value)));
    const converted = dtype && convert(value, dtype, context);
    if (!dtype || !converted) return null;
    const shape = dims(source.attrs.shape);
    return {
      kind: "op",
      op: "full",
      args: { value: converted },
      attrs: { shape, dtype },
      type: tile(dtype, shape),
      span: source.span,
    };
  },
  check: (node, context) => checkSizes("full", shapeOf(node.type), node.span, context),
  emit: ({ value }, { type, attrs }) =>
    call("tl.full", [shapePy(shapeOf(type)), value!, dtypeText(attrs.dtype as Parameters<typeof dtypeText>[0])]),
  evaluate({ value }, { type }) {
    const shape = shapeOf(type) as number[];
    return { shape, data: new Array<number>(elementCount(shape)).fill(value!.data[0]!) };
  },
};

/** `to(x, dtype)`, and the conversions that inference puts in, marked `implicit`. */
export const cast: Op = {
  name: "cast",
  params: { x: "operand", dtype: "dtype" },
  options: { rounding: "text" },
  called: { to: {} },
  infer(source, context) {
    const x = source.args.x!;
    const dtype = dtypeOf(source, context);
    if (dtype === null) return null;
    if (!isOperand(x.type))
      return context.fail(problems.cannotConvert(source.span, { from: x.type, to: dtype }, context.origins(x)));
    if (!checkChoices(source, { rounding: ROUNDINGS }, context)) return null;
    if (source.attrs.rounding !== undefined) return castRounded.infer(source, context);
    if (
      x.kind === "literal" &&
      isConstNumber(x.type) &&
      (x.type.of !== "float" || commonDType([x.type, scalarType(dtype)]) === dtype)
    )
      return isFloat(dtype) ? literalIn(x, dtype) : convert(x, dtype, context);
    if (isNumbers(x.type) && x.type.dtype === dtype) return x;
    if (!converts(x.type, dtype))
      return context.fail(problems.float8Conversion(source.span, { from: x.type, to: dtype }, context.origins(x)));
    return {
      kind: "op",
      op: "cast",
      args: { x },
      attrs: { dtype },
      type: tile(dtype, shapeOf(x.type)),
      span: source.span,
    };
  },
  emit({ x }, { args, attrs, type }) {
    const to = (value: Py): Py => method(value, "to", [dtypeText(attrs.dtype as Parameters<typeof dtypeText>[0])]);
    if (!x!.weak || type.kind !== "tile") return to(x!);
    const from = args.x!.type;
    // A literal that has a dtype already keeps what that has made of it.
    if (from.kind === "tile") return to(materialize(x!, from));
    if (attrs.implicit) return x!;
    if (from.kind === "const" && from.of === "float") return to(materialize(x!, scalar("f32")));
    // What the narrower dtype does not hold wraps, as in any conversion.
    return isInteger(type.dtype) && type.dtype !== "i64" ? to(materialize(x!, scalar("i64"))) : materialize(x!, type);
  },
  evaluate: ({ x }, { args, type }) => {
    const { dtype } = type as TileType;
    const from = args.x!.type;
    const cuts = isInteger(dtype) && from.kind === "tile" && isFloat(from.dtype);
    return { shape: x!.shape, data: x!.data.map((one) => (cuts ? Number(cut(dtype, one)) : roundTo(dtype, one))) };
  },
};

const scalarType = (dtype: Parameters<typeof scalar>[0]): Extract<Expr["type"], { kind: "tile" }> =>
  scalar(dtype) as Extract<Expr["type"], { kind: "tile" }>;

export const CREATE: readonly Op[] = [arange, zeros, full, cast];
