import * as problems from "../diagnostics/catalogue/types.js";
import { type Dim, dimEquals, dimMul, type Expr, type Shape, type Type } from "../ir/index.js";
import { checkSizes, dims } from "./attrs.js";
import { broadcastAll, sameShape, stretches } from "./broadcast.js";
import { commonDType, convertAll, decay, isNumbers, isOperand, shapeOf, type TileType } from "./convert.js";
import type { Call, InferContext, Op } from "./op.js";
import { call, LEVEL, list, type Py, py, within } from "./python.js";
import { materialize, shapePy } from "./python-values.js";
import { elementCount, stretch, strides, type TileValue } from "./value.js";

/** A tile or scalar of numbers or pointers; null after a problem. */
function shaped(source: Call, context: InferContext): Expr | null {
  const x = source.args.x!;
  const given = x.type.kind === "tile" ? x : isOperand(x.type) ? decay(x, context) : null;
  return given ?? context.fail(problems.needsTile(x.span, { op: source.op, type: x.type }, context.origins(x)));
}

const reshaped = (type: Type, shape: Shape): Type => ({ ...(type as TileType), shape });
const count = (shape: Shape): Dim => shape.reduce<Dim>(dimMul, 1);
const isNumber = (dim: Dim): dim is number => typeof dim === "number";

export const reshape: Op = {
  name: "reshape",
  cost: 0,
  params: { x: "operand", shape: "shape" },
  infer(source, context) {
    const x = shaped(source, context);
    if (!x) return null;
    const shape = dims(source.attrs.shape);
    return {
      kind: "op",
      op: "reshape",
      args: { x },
      attrs: { shape },
      type: reshaped(x.type, shape),
      span: source.span,
    };
  },
  // Symbolic counts that cannot be compared yet are judged when the constants have values.
  check(node, context) {
    const [from, to] = [shapeOf(node.args.x!.type), shapeOf(node.type)];
    const [before, after] = [count(from), count(to)];
    if (isNumber(before) && isNumber(after) && before !== after)
      context.fail(
        problems.reshapeCount(node.span, { type: node.args.x!.type, shape: to }, context.origins(node.args.x!)),
      );
    else checkSizes("reshape", to, node.span, context);
  },
  // Triton's reshape takes no scalar.
  emit: ({ x }, { args, type }) => {
    const how = shapeOf(args.x!.type).length === 0 ? "tl.broadcast_to" : "tl.reshape";
    return call(how, [materialize(x!, args.x!.type), shapePy(shapeOf(type))]);
  },
  evaluate: ({ x }, { type }) => ({ shape: shapeOf(type) as number[], data: x!.data }),
};

/** With axes of one element before those that are there. */
const onAxes = (x: Py, more: number, rank: number): Py =>
  py(`${within(x, LEVEL.atom)}[${[...Array(more).fill("None"), ...Array(rank).fill(":")].join(", ")}]`);

export const broadcastTo: Op = {
  name: "broadcastTo",
  cost: 0,
  params: { x: "operand", shape: "shape" },
  infer(source, context) {
    const x = shaped(source, context);
    if (!x) return null;
    const shape = dims(source.attrs.shape);
    if (!stretches(shapeOf(x.type), shape))
      return context.fail(problems.cannotBroadcast(source.span, { type: x.type, shape }, context.origins(x)));
    return {
      kind: "op",
      op: "broadcastTo",
      args: { x },
      attrs: { shape },
      type: reshaped(x.type, shape),
      span: source.span,
    };
  },
  check: (node, context) => checkSizes("broadcastTo", shapeOf(node.type), node.span, context),
  emit: ({ x }, { args, type }) => {
    const before = shapeOf(args.x!.type);
    const value = materialize(x!, args.x!.type);
    // Triton stretches axes and adds none, but for a scalar.
    const lacking = before.length === 0 ? 0 : shapeOf(type).length - before.length;
    return call("tl.broadcast_to", [
      lacking > 0 ? onAxes(value, lacking, before.length) : value,
      shapePy(shapeOf(type)),
    ]);
  },
  evaluate: ({ x }, { type }) => stretch(x!, shapeOf(type) as number[]),
};

/** `col(x)` is axis 1 of a vector, `row(x)` axis 0. */
export const expandDims: Op = {
  name: "expandDims",
  cost: 0,
  params: { x: "operand", axis: "integer" },
  called: { expandDims: {}, col: { axis: 1 }, row: { axis: 0 } },
  infer(source, context) {
    const x = shaped(source, context);
    if (!x) return null;
    const before = shapeOf(x.type);
    const given = Number(source.attrs.axis);
    const axis = given < 0 ? given + before.length + 1 : given;
    if (before.length === 0 && axis === 1)
      return context.fail(problems.needsTile(source.span, { op: "col", type: x.type }, context.origins(x)));
    if (!Number.isInteger(axis) || axis < 0 || axis > before.length)
      return context.fail(
        problems.badAxis(
          source.span,
          { op: "expandDims", axis: given, type: x.type, axes: before.length + 1 },
          context.origins(x),
        ),
      );
    const shape = [...before.slice(0, axis), 1, ...before.slice(axis)];
    return {
      kind: "op",
      op: "expandDims",
      args: { x },
      attrs: { axis },
      type: reshaped(x.type, shape),
      span: source.span,
    };
  },
  emit: ({ x }, { args, attrs, type }) => {
    const rank = shapeOf(args.x!.type).length;
    if (rank === 0) return call("tl.expand_dims", [materialize(x!, args.x!.type), String(attrs.axis)]);
    const index = shapeOf(type).map((_, axis) => (axis === attrs.axis ? "None" : ":"));
    return py(`${within(x!, LEVEL.atom)}[${index.join(", ")}]`);
  },
  evaluate: ({ x }, { type }) => ({ shape: shapeOf(type) as number[], data: x!.data }),
};

function inferTrans(source: Call, context: InferContext): Expr | null {
  const x = shaped(source, context);
  if (!x) return null;
  const before = shapeOf(x.type);
  const given = dims(source.attrs.order) as number[];
  const order = given.length > 0 ? given : [...before.keys()].slice(0, -2).concat(before.length - 1, before.length - 2);
  const complete = [...order].sort((a, b) => a - b).every((axis, index) => axis === index);
  if (before.length < 2 && given.length === 0)
    return context.fail(
      problems.needsTile(source.span, { op: "trans", type: x.type, rank: "rank 2 or more" }, context.origins(x)),
    );
  if (order.length !== before.length || !complete)
    return context.fail(problems.badOrder(source.span, { order, type: x.type }, context.origins(x)));
  const shape = order.map((axis) => before[axis]!);
  return { kind: "op", op: "trans", args: { x }, attrs: { order }, type: reshaped(x.type, shape), span: source.span };
}

function emitTrans({ x }: Readonly<Record<string, Py>>, order: readonly number[]): Py {
  const swapsLast = order.length === 2 && order[0] === 1;
  return swapsLast ? call("tl.trans", [x!]) : call("tl.permute", [x!, list(order.map(String))]);
}

function transpose(x: TileValue, order: readonly number[]): TileValue {
  const shape = order.map((axis) => x.shape[axis]!);
  const steps = order.map((axis) => strides(x.shape)[axis]!);
  const outer = strides(shape);
  const data = Array.from(
    { length: elementCount(shape) },
    (_, flat) =>
      x.data[shape.reduce((at, size, axis) => at + (Math.floor(flat / outer[axis]!) % size) * steps[axis]!, 0)]!,
  );
  return { shape, data };
}

/** Swaps the last two axes, or puts all of them in the given order. `permute` is the same op under its other name. */
const transposing = (name: "trans" | "permute"): Op => ({
  name,
  cost: 0,
  params: { x: "operand", order: "order" },
  infer: inferTrans,
  emit: (args, { attrs }) => emitTrans(args, dims(attrs.order) as number[]),
  evaluate: ({ x }, { attrs }) => transpose(x!, dims(attrs.order) as number[]),
});

/** Two operands in one dtype and shape. */
function pair(
  source: Call,
  context: InferContext,
): { readonly a: Expr; readonly b: Expr; readonly shape: Shape } | null {
  const { a, b } = source.args as { a: Expr; b: Expr };
  for (const operand of [a, b])
    if (!isOperand(operand.type))
      return context.fail(
        problems.notNumbers(operand.span, { op: source.op, type: operand.type }, context.origins(operand)),
      );
  const types = [a.type, b.type].filter(isOperand);
  const converted = convertAll([a, b], commonDType(types), context);
  const shape = converted && broadcastAll(source, converted, context);
  return shape && { a: converted[0]!, b: converted[1]!, shape };
}

const joining = (name: "join" | "interleave", shapeAfter: (shape: Shape) => Shape): Op => ({
  name,
  params: { a: "operand", b: "operand" },
  infer(source, context) {
    const both = pair(source, context);
    if (!both) return null;
    if (name === "interleave" && both.shape.length === 0)
      return context.fail(problems.needsTile(source.span, { op: name, type: both.a.type }, context.origins(both.a)));
    const type = reshaped(both.a.type, shapeAfter(both.shape));
    return { kind: "op", op: name, args: { a: both.a, b: both.b }, attrs: {}, type, span: source.span };
  },
  emit: ({ a, b }, { args }) =>
    call(
      `tl.${name}`,
      [a!, b!].map((one, index) => (one.weak ? materialize(one, (index === 0 ? args.a! : args.b!).type) : one)),
    ),
  evaluate({ a, b }, { type }) {
    const shape = shapeOf(type) as number[];
    const inner = name === "join" ? shape.slice(0, -1) : [...shape.slice(0, -1), shape.at(-1)! / 2];
    const [left, right] = [stretch(a!, inner).data, stretch(b!, inner).data];
    return { shape, data: left.flatMap((value, at) => [value, right[at]!]) };
  },
});

/** In one axis. */
const ravel: Op = {
  ...reshape,
  name: "ravel",
  params: { x: "operand" },
  infer(source, context) {
    const x = shaped(source, context);
    return x && reshape.infer({ ...source, args: { x }, attrs: { shape: [count(shapeOf(x.type))] } }, context);
  },
};

/** One tile after the other along an axis: joined in an axis of two, which then goes before the one that they share. */
const cat: Op = {
  ...reshape,
  name: "cat",
  params: { a: "operand", b: "operand", axis: "integer?" },
  infer(source, context) {
    const [first, second] = [source.args.a!, source.args.b!];
    if (isNumbers(first.type) && isNumbers(second.type) && !sameShape(first.type.shape, second.type.shape)) {
      const facts = { op: "cat", a: first.type, b: second.type, hint: "cat puts together two tiles of one shape" };
      return context.fail(problems.shapesDiffer(source.span, facts, context.origins(first, second)));
    }
    const both = pair(source, context);
    if (!both) return null;
    const { a, b, shape } = both;
    const given = Number(source.attrs.axis ?? 0);
    const axis = given < 0 ? given + shape.length : given;
    if (shape.length === 0)
      return context.fail(problems.needsTile(source.span, { op: "cat", type: a.type }, context.origins(a, b)));
    if (!Number.isInteger(axis) || axis < 0 || axis >= shape.length)
      return context.fail(problems.badAxis(source.span, { op: "cat", axis: given, type: a.type }, context.origins(a)));
    const joined = joining("join", (one) => [...one, 2]).infer(
      { ...source, op: "join", args: { a, b }, attrs: {} },
      context,
    );
    const places = [...shape.keys()];
    const order = [...places.slice(0, axis), shape.length, ...places.slice(axis)];
    const moved =
      joined &&
      transposing("permute").infer({ ...source, op: "permute", args: { x: joined }, attrs: { order } }, context);
    const whole = shape.map((size, at) => (at === axis ? dimMul(2, size) : size));
    return moved && reshape.infer({ ...source, op: "reshape", args: { x: moved }, attrs: { shape: whole } }, context);
  },
};

const split: Op = {
  name: "split",
  params: { x: "operand" },
  infer(source, context) {
    const x = shaped(source, context);
    if (!x) return null;
    const shape = shapeOf(x.type);
    if (shape.length === 0 || !dimEquals(shape.at(-1)!, 2))
      return context.fail(problems.splitSize(source.span, { type: x.type }, context.origins(x)));
    const half = reshaped(x.type, shape.slice(0, -1));
    return {
      kind: "op",
      op: "split",
      args: { x },
      attrs: {},
      type: { kind: "tuple", items: [half, half] },
      span: source.span,
    };
  },
  emit: ({ x }) => call("tl.split", [x!]),
  evaluate({ x }) {
    const shape = x!.shape.slice(0, -1);
    return [0, 1].map((odd) => ({ shape, data: x!.data.filter((_, at) => at % 2 === odd) }));
  },
};

export const SHAPE: readonly Op[] = [
  reshape,
  broadcastTo,
  expandDims,
  transposing("trans"),
  transposing("permute"),
  joining("join", (shape) => [...shape, 2]),
  joining("interleave", (shape) => [...shape.slice(0, -1), dimMul(2, shape.at(-1)!)]),
  split,
  ravel,
  cat,
];
