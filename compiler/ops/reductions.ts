import * as problems from "../diagnostics/catalogue/types.js";
import {
  type Dim,
  DTYPE_NAMES,
  DTYPES,
  type DType,
  dimMul,
  type Expr,
  isFloat,
  isFloat8,
  type Shape,
  type Type,
  tile,
} from "../ir/index.js";
import { float8Operand, operatorText } from "./broadcast.js";
import { convert, isNumbers, type TileType } from "./convert.js";
import type { Attrs, Call, InferContext, Op, OpNode } from "./op.js";
import type { PreludeName } from "./prelude.js";
import { call, index, infix, LEVEL, list, method, type Py, py, within } from "./python.js";
import { dimPy, dtypeText, numberText, shapePy } from "./python-values.js";
import { elementCount, roundTo, type TileValue } from "./value.js";

/** The tile operand and the axis, counted from the front; `null` as axis means all of them. */
interface Reduced {
  readonly x: Expr;
  readonly type: TileType;
  readonly axis: number | null;
}

export function tileOperand(source: Call, context: InferContext): Reduced | null {
  const x = source.args.x!;
  if (!isNumbers(x.type) || x.type.shape.length === 0)
    return context.fail(problems.needsTile(x.span, { op: source.op, type: x.type }, context.origins(x)));
  if (isFloat8(x.type.dtype) && source.op !== "flip") return float8Operand(source, x, context);
  const { axis } = source.attrs;
  if (axis === undefined) return { x, type: x.type, axis: null };
  const rank = x.type.shape.length;
  const index = Number(axis);
  if (!Number.isInteger(index) || index >= rank || index < -rank)
    return context.fail(
      problems.badAxis(source.span, { op: source.op, axis: index, type: x.type }, context.origins(x)),
    );
  return { x, type: x.type, axis: index < 0 ? index + rank : index };
}

export function reducedShape(shape: Shape, axis: number | null, keepDims: boolean): Shape {
  const gone = (index: number): boolean => axis === null || index === axis;
  return keepDims ? shape.map((dim, index): Dim => (gone(index) ? 1 : dim)) : shape.filter((_, index) => !gone(index));
}

export const reduceAttrs = (axis: number | null, source: Call): Attrs => ({
  ...(axis === null ? {} : { axis }),
  ...(source.attrs.keepDims ? { keepDims: true } : {}),
});

export const axisPy = (attrs: Attrs): Record<string, string | undefined> => ({
  axis: attrs.axis === undefined ? undefined : String(attrs.axis),
  keep_dims: attrs.keepDims ? "True" : undefined,
});

interface ReductionSpec {
  readonly name: string;
  /** The dtype to reduce in; null where there is none, after reporting. */
  readonly accumulate: (dtype: DType, source: Call, context: InferContext) => DType | null;
  readonly result?: (dtype: DType) => DType;
  /** Whether the author may say what to sum in. */
  readonly sums?: true;
  readonly emit: (x: Py, node: OpNode) => Py;
  readonly needs?: (node: OpNode) => readonly PreludeName[];
  /** Reduces the elements along the axis, in order. */
  readonly of: (values: readonly number[]) => number;
}

function reduction(spec: ReductionSpec): Op {
  return {
    name: spec.name,
    whole: true,
    params: { x: "operand", axis: "integer?" },
    options: { keepDims: "shape flag", ...(spec.sums && { dtype: "dtype" as const }) },
    needs: spec.needs,
    infer(source, context) {
      const reduced = tileOperand(source, context);
      const dtype = reduced && spec.accumulate(reduced.type.dtype, source, context);
      const x = dtype && convert(reduced.x, dtype, context);
      if (!x) return null;
      const shape = reducedShape(reduced.type.shape, reduced.axis, Boolean(source.attrs.keepDims));
      const type = tile(spec.result?.(dtype) ?? dtype, shape);
      return {
        kind: "op",
        op: spec.name,
        args: { x },
        attrs: { ...reduceAttrs(reduced.axis, source), ...(spec.sums && narrowSum(dtype)) },
        type,
        span: source.span,
      };
    },
    emit: ({ x }, node) => spec.emit(x!, node),
    evaluate: ({ x }, { attrs, type }) => {
      const { shape, lines } = linesOf(x!, attrs.axis as number | undefined);
      const { dtype } = type as TileType;
      const kept = attrs.keepDims
        ? x!.shape.map((size, index) => (attrs.axis === undefined || index === attrs.axis ? 1 : size))
        : shape;
      return { shape: kept, data: lines.map((line) => roundTo(dtype, spec.of(line))) };
    },
  };
}

/** The lines of a tile along an axis (the whole of it without one), and the shape they are arranged in. */
export function linesOf(
  x: TileValue,
  axis: number | undefined,
): { readonly shape: readonly number[]; readonly lines: number[][] } {
  if (axis === undefined) return { shape: [], lines: [[...x.data]] };
  const inner = elementCount(x.shape.slice(axis + 1));
  const size = x.shape[axis]!;
  const shape = x.shape.filter((_, index) => index !== axis);
  const lines = Array.from({ length: elementCount(shape) }, (_, line) => {
    const start = Math.floor(line / inner) * inner * size + (line % inner);
    return Array.from({ length: size }, (_, at) => x.data[start + at * inner]!);
  });
  return { shape, lines };
}

/** A tile from its lines along an axis. */
export function fromLines(lines: readonly (readonly number[])[], shape: readonly number[], axis: number): TileValue {
  const inner = elementCount(shape.slice(axis + 1));
  const size = shape[axis]!;
  const data = new Array<number>(elementCount(shape));
  lines.forEach((line, index) => {
    const start = Math.floor(index / inner) * inner * size + (index % inner);
    line.forEach((value, at) => {
      data[start + at * inner] = value;
    });
  });
  return { shape, data };
}

/** Sums of narrow numbers are wide: halves in f32, small integers in 32 bits of their sign. */
export const widened = (dtype: DType): DType => {
  if (DTYPES[dtype].bytes >= 4) return dtype;
  if (isFloat(dtype)) return "f32";
  return DTYPES[dtype].kind === "unsigned" ? "u32" : "i32";
};

/** The dtypes that are summed in, by the author's word. */
const SUMMED = DTYPE_NAMES.filter((dtype) => dtype !== "bool" && !isFloat8(dtype));

/** What sums are made in: the option `dtype`, or else what is wide enough; null after reporting one that has none. */
export function summedIn(dtype: DType, source: Call, context: InferContext): DType | null {
  const asked = source.attrs.dtype;
  if (asked === undefined) return widened(dtype);
  const facts = { op: source.op, name: "dtype", got: JSON.stringify(asked), known: SUMMED };
  return SUMMED.find((one) => one === asked) ?? context.fail(problems.unknownChoice(source.span, facts));
}

/** A narrow dtype to sum in, which Triton must be told. */
export const narrowSum = (dtype: DType): Attrs => (widened(dtype) === dtype ? {} : { dtype });
export const narrowPy = ({ dtype }: Attrs): string | undefined =>
  dtype === undefined ? undefined : dtypeText(dtype as DType);

const numbers = (dtype: DType, source: Call, context: InferContext): DType | null =>
  dtype === "bool"
    ? context.fail(
        problems.notNumbers(
          source.span,
          { op: `${source.op} (any and all are for masks)`, type: source.args.x!.type },
          context.origins(source.args.x!),
        ),
      )
    : dtype;

const wholeNumbers = (dtype: DType, source: Call, context: InferContext): DType | null =>
  isFloat(dtype) || dtype === "bool"
    ? context.fail(
        problems.needsInteger(
          source.span,
          { op: source.op, type: source.args.x!.type },
          context.origins(source.args.x!),
        ),
      )
    : dtype;

const masks = (dtype: DType, source: Call, context: InferContext): DType | null =>
  dtype === "bool"
    ? dtype
    : context.fail(
        problems.needsBool(
          source.span,
          { op: operatorText(source.op), type: source.args.x!.type },
          context.origins(source.args.x!),
        ),
      );

/** Triton's max and min give narrow numbers back in 32 bits. */
function emitExtreme(python: string): ReductionSpec["emit"] {
  return (x, { attrs, type }) => {
    const { dtype } = type as TileType;
    const result = call(python, [x], axisPy(attrs));
    return DTYPES[dtype].bytes < 4 ? method(result, "to", [dtypeText(dtype)]) : result;
  };
}

const WITH_INDEX: Readonly<Record<string, PreludeName>> = {
  argmax: "max_with_index",
  argmin: "min_with_index",
  maxWithIndex: "max_with_index",
  minWithIndex: "min_with_index",
};
/** Whether all of a tile competes as the one row of a matrix. */
function competesAsRow({ args, attrs }: OpNode): boolean {
  const { shape, dtype } = args.x!.type as TileType;
  return shape.length === 1 ? !isFloat(dtype) : attrs.axis === undefined;
}

const needsOfIndex = (node: OpNode): readonly PreludeName[] => [
  WITH_INDEX[node.op]!,
  ...(node.op.endsWith("WithIndex") && competesAsRow(node) ? (["scalars"] as const) : []),
];

/**
 * The best number and its index, along an axis or among all. Triton takes a vector that a reshape gives to a reduction in any order, as if
 * its index did not matter; the one row of a matrix keeps its order.
 */
function emitBest(x: Py, node: OpNode): Py {
  const { shape } = node.args.x!.type as TileType;
  const row = competesAsRow(node);
  const count = dimPy(row ? shape.reduce(dimMul) : shape[Number(node.attrs.axis ?? 0)]!);
  const axis = row ? 1 : Number(node.attrs.axis ?? 0);
  const rank = row ? 2 : shape.length;
  const places = Array.from({ length: rank }, (_, at) => (at === axis ? ":" : "None")).join(", ");
  const counter = call("tl.arange", [numberText(0, false), count]);
  const values = row ? call("tl.reshape", [x, list([numberText(1, false), count])]) : x;
  const index = rank === 1 ? counter : py(`${within(counter, LEVEL.atom)}[${places}]`);
  const kept = node.attrs.keepDims && !row ? { keep_dims: "True" } : {};
  return call(WITH_INDEX[node.op]!, [values, index], { axis: String(axis), ...kept });
}

/** Index of the best number, the lowest of equal ones; NaN never wins. */
function indexOfBest(values: readonly number[], better: (a: number, b: number) => boolean): number {
  let best = 0;
  values.forEach((value, index) => {
    if (better(value, values[best]!) || (Number.isNaN(values[best]!) && !Number.isNaN(value))) best = index;
  });
  return best;
}

const emitIndex: ReductionSpec["emit"] = (x, node) => {
  const best = index(emitBest(x, node), 1);
  return competesAsRow(node) ? call("tl.reshape", [best, shapePy((node.type as TileType).shape)]) : best;
};

const greatest = (values: readonly number[]): number => values[indexOfBest(values, (a, b) => a > b)]!;
const least = (values: readonly number[]): number => values[indexOfBest(values, (a, b) => a < b)]!;

/** any and all go through 32-bit integers: Triton reduces no booleans. */
const emitMask =
  (python: string): ReductionSpec["emit"] =>
  (x, { attrs }) =>
    infix(call(python, [method(x, "to", ["tl.int32"])], axisPy(attrs)), "!=", numberText(0, false), LEVEL.comparison);

/** The best of a line and where it is. */
const withIndex = (name: "maxWithIndex" | "minWithIndex", better: (a: number, b: number) => boolean): Op => ({
  name,
  params: { x: "operand", axis: "integer" },
  needs: needsOfIndex,
  infer(source, context) {
    const reduced = tileOperand(source, context);
    const dtype = reduced && numbers(reduced.type.dtype, source, context);
    if (!dtype) return null;
    const shape = reducedShape(reduced.type.shape, reduced.axis, false);
    const type: Type = { kind: "tuple", items: [tile(dtype, shape), tile("i32", shape)] };
    return {
      kind: "op",
      op: name,
      args: { x: reduced.x },
      attrs: reduceAttrs(reduced.axis, source),
      type,
      span: source.span,
    };
  },
  emit: ({ x }, node) => {
    const pair = emitBest(x!, node);
    return competesAsRow(node) ? call("scalars", [pair]) : pair;
  },
  evaluate({ x }, { attrs }) {
    const { shape, lines } = linesOf(x!, attrs.axis as number | undefined);
    const at = lines.map((line) => indexOfBest(line, better));
    return [
      { shape, data: lines.map((line, index) => line[at[index]!]!) },
      { shape, data: at },
    ];
  },
});

const total = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

export const REDUCTIONS: readonly Op[] = [
  reduction({
    name: "sum",
    accumulate: summedIn,
    sums: true,
    emit: (x, { attrs }) => call("tl.sum", [x], { ...axisPy(attrs), dtype: narrowPy(attrs) }),
    of: total,
  }),
  reduction({ name: "max", accumulate: numbers, emit: emitExtreme("tl.max"), of: greatest }),
  reduction({ name: "min", accumulate: numbers, emit: emitExtreme("tl.min"), of: least }),
  reduction({
    name: "argmax",
    accumulate: numbers,
    result: () => "i32",
    needs: needsOfIndex,
    emit: emitIndex,
    of: (values) => indexOfBest(values, (a, b) => a > b),
  }),
  reduction({
    name: "argmin",
    accumulate: numbers,
    result: () => "i32",
    needs: needsOfIndex,
    emit: emitIndex,
    of: (values) => indexOfBest(values, (a, b) => a < b),
  }),
  reduction({
    name: "xorSum",
    accumulate: wholeNumbers,
    emit: (x, { attrs }) => call("tl.xor_sum", [x], axisPy(attrs)),
    of: (values) => Number(values.reduce((a, b) => a ^ BigInt(b), 0n)),
  }),
  reduction({ name: "any", accumulate: masks, emit: emitMask("tl.max"), of: greatest }),
  reduction({ name: "all", accumulate: masks, emit: emitMask("tl.min"), of: least }),
  withIndex("maxWithIndex", (a, b) => a > b),
  withIndex("minWithIndex", (a, b) => a < b),
];
