import * as problems from "../diagnostics/catalogue/types.js";
import { dimMul, type Expr, isFloat8, type Shape, scalar, type Type, tile } from "../ir/index.js";
import { firstDim, flagPy, pick } from "./attrs.js";
import { broadcastAll, float8Operand, sameShape } from "./broadcast.js";
import { isNumbers, type TileType } from "./convert.js";
import type { Attrs, Call, InferContext, Op, OpNode } from "./op.js";
import { call, list, type Py, py } from "./python.js";
import { dimPy, materialize, numberText } from "./python-values.js";
import { axisPy, reduceAttrs, reducedShape, tileOperand } from "./reductions.js";

/** The operands whose elements a function of the author's combines: `x0`, `x1`, … */
export const statesOf = <T>(args: Readonly<Record<string, T>>): readonly T[] =>
  Object.entries(args).flatMap(([name, one]) => (name === "combine" ? [] : [one]));

export const typesOf = (type: Type): readonly Type[] => (type.kind === "tuple" ? type.items : [type]);

const isNumber = (type: Type): type is TileType => isNumbers(type) && type.shape.length === 0;

/** The tiles of a state, which have one shape; null after a problem. */
function stateOf(source: Call, context: InferContext) {
  const states = statesOf(source.args);
  const [first] = states;
  const reduced = first && tileOperand({ ...source, args: { x: first } }, context);
  if (!reduced) return null;
  for (const other of states.slice(1)) {
    if (!isNumbers(other.type) || other.type.shape.length === 0)
      return context.fail(problems.needsTile(other.span, { op: source.op, type: other.type }, context.origins(other)));
    if (isFloat8(other.type.dtype)) return float8Operand(source, other, context);
    if (!sameShape(other.type.shape, reduced.type.shape))
      return context.fail(
        problems.shapesDiffer(
          other.span,
          {
            op: source.op,
            a: first.type,
            b: other.type,
            hint: "the tiles of a state have one shape: broadcastTo(x, shape)",
          },
          context.origins(first, other),
        ),
      );
  }
  return { ...reduced, types: states.map(({ type }) => type as TileType) };
}

/** Whether the function gives back what it is given, so that it can be asked again. */
function givesState(source: Call, types: readonly TileType[], context: InferContext): boolean {
  const { combine } = source.args as { combine: Expr };
  const want: Type[] = types.map(({ dtype }) => scalar(dtype));
  const got = typesOf(combine.type);
  const fits =
    (combine.type.kind === "tuple") === Boolean(source.attrs.tuple) &&
    got.length === want.length &&
    got.every((type, index) => isNumber(type) && type.dtype === types[index]!.dtype);
  if (!fits) {
    const state: Type = source.attrs.tuple ? { kind: "tuple", items: want } : want[0]!;
    context.fail(problems.combineResult(combine.span, { op: source.op, want: state, got: combine.type }));
  }
  return fits;
}

const resultOf = (source: Call, types: readonly TileType[], shape: Shape): Type => {
  const items = types.map(({ dtype }) => tile(dtype, shape));
  return source.attrs.tuple ? { kind: "tuple", items } : items[0]!;
};

/** One tile, or a tuple of them. */
const statePy = (states: readonly Py[], { attrs }: OpNode): Py =>
  attrs.tuple ? py(`(${states.map(({ text }) => text).join(", ")}${states.length === 1 ? "," : ""})`) : states[0]!;

/**
 * The number of elements where all of several tiles is reduced as the one row of matrices: Triton gives the elements of a vector that a
 * reshape made to a reduction in any order, and of two vectors in two orders.
 */
const rowOf = (states: readonly TileType[], axis: number | null): Attrs => {
  const { shape } = states[0]!;
  return states.length > 1 && (shape.length === 1 || axis === null) ? { count: [shape.reduce(dimMul)] } : {};
};

const reduce: Op = {
  name: "reduce",
  params: { x: { state: "x" }, axis: "axis", combine: { combines: "x", times: 2 } },
  options: { keepDims: "shape flag" },
  needs: ({ attrs }) => (attrs.count ? ["reshaped"] : []),
  infer(source, context) {
    const state = stateOf(source, context);
    if (!state || !givesState(source, state.types, context)) return null;
    const shape = reducedShape(state.type.shape, state.axis, Boolean(source.attrs.keepDims));
    const attrs = {
      ...reduceAttrs(state.axis, source),
      ...pick(source.attrs, ["tuple"]),
      ...rowOf(state.types, state.axis),
    };
    return {
      kind: "op",
      op: "reduce",
      args: source.args,
      attrs,
      type: resultOf(source, state.types, shape),
      span: source.span,
    };
  },
  emit(args, node) {
    const states = statesOf(args);
    const count = firstDim(node.attrs.count);
    if (count === undefined) {
      const axis = node.attrs.axis === undefined ? "None" : String(node.attrs.axis);
      const { keep_dims } = axisPy(node.attrs);
      return call("tl.reduce", [statePy(states, node), axis, args.combine!], { keep_dims });
    }
    const { shape } = statesOf(node.args)[0]!.type as TileType;
    const row = list([numberText(1, false), dimPy(count)]);
    const rows = states.map((one) => call("tl.reshape", [one, row]));
    const kept = list(node.attrs.keepDims ? shape.map(() => "1") : []);
    return call("reshaped", [call("tl.reduce", [statePy(rows, node), "1", args.combine!]), kept]);
  },
};

const associativeScan: Op = {
  name: "associativeScan",
  params: { x: { state: "x" }, axis: "integer", combine: { combines: "x", times: 2 } },
  options: { reverse: "flag" },
  infer(source, context) {
    const state = stateOf(source, context);
    if (!state || !givesState(source, state.types, context)) return null;
    const reverse = source.attrs.reverse ? pick(source.attrs, ["reverse"]) : {};
    const attrs = { axis: state.axis!, ...reverse, ...pick(source.attrs, ["tuple"]) };
    const type = resultOf(source, state.types, state.type.shape);
    return { kind: "op", op: "associativeScan", args: source.args, attrs, type, span: source.span };
  },
  emit: (args, node) =>
    call("tl.associative_scan", [statePy(statesOf(args), node), String(node.attrs.axis), args.combine!], {
      reverse: flagPy(node.attrs.reverse),
    }),
};

/** The type of what a function makes of each element of tiles that broadcast; null after a problem. */
export function mappedType(source: Call, context: InferContext): Type | null {
  const states = statesOf(source.args);
  const { combine } = source.args as { combine: Expr };
  for (const one of states)
    if (!isNumbers(one.type))
      return context.fail(problems.notNumbers(one.span, { op: source.op, type: one.type }, context.origins(one)));
  const shape = broadcastAll(source, states, context);
  if (!shape) return null;
  const [first] = states;
  if (shape.length === 0)
    return context.fail(problems.needsTile(source.span, { op: source.op, type: first!.type }, context.origins(first!)));
  const results = typesOf(combine.type);
  if (!results.every(isNumber))
    return context.fail(problems.mapResult(combine.span, { op: source.op, got: combine.type }));
  const items = (results as readonly TileType[]).map(({ dtype }) => tile(dtype, shape));
  return combine.type.kind === "tuple" ? { kind: "tuple", items } : items[0]!;
}

const mapElementwise: Op = {
  name: "mapElementwise",
  params: { f: { combines: "x", times: 1 }, tiles: { rest: "x" } },
  infer(source, context) {
    const type = mappedType(source, context);
    return type && { kind: "op", op: "mapElementwise", args: source.args, attrs: {}, type, span: source.span };
  },
  emit: (args, node) => {
    const states = statesOf(args).map((one, index) => materialize(one, statesOf(node.args)[index]!.type));
    return call("tl.map_elementwise", [args.combine!, ...states]);
  },
};

/** Ops that ask a function of the author's. */
export const COMBINING: readonly Op[] = [reduce, associativeScan, mapElementwise];
