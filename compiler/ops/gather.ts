import * as problems from "../diagnostics/catalogue/types.js";
import { type DType, type Expr, isInteger, tile } from "../ir/index.js";
import { checkSizes, dims } from "./attrs.js";
import { sameShape, stretches } from "./broadcast.js";
import { booleans, isNumbers, shapeOf, type TileType } from "./convert.js";
import type { Call, InferContext, Op } from "./op.js";
import { call } from "./python.js";
import { dimPy, materialize } from "./python-values.js";
import { tileOperand } from "./reductions.js";
import { elementCount, strides } from "./value.js";

/** Elements of a tile by their indices along an axis: each index stands where its element goes. */
const gather: Op = {
  name: "gather",
  cost: 4,
  params: { x: "operand", index: "operand", axis: "integer" },
  infer(source, context) {
    const from = tileOperand(source, context);
    const index = source.args.index!;
    if (!from) return null;
    if (!isNumbers(index.type) || !isInteger(index.type.dtype))
      return context.fail(
        problems.needsInteger(index.span, { op: "the index of gather", type: index.type }, context.origins(index)),
      );
    const [shape, wanted] = [index.type.shape, [...from.type.shape]];
    wanted[from.axis!] = shape[from.axis!] ?? 1;
    if (!sameShape(shape, wanted)) {
      const hint = `the index has the axes of the tile, and the same sizes but for axis ${from.axis}`;
      const facts = { op: "gather", a: from.type, b: index.type, hint };
      return context.fail(problems.shapesDiffer(source.span, facts, context.origins(from.x, index)));
    }
    const type = tile(from.type.dtype, shape);
    return {
      kind: "op",
      op: "gather",
      args: { x: from.x, index },
      attrs: { axis: from.axis! },
      type,
      span: source.span,
    };
  },
  emit: ({ x, index }, { attrs }) => call("tl.gather", [x!, index!], { axis: String(attrs.axis) }),
  evaluate({ x, index }, { attrs }) {
    const axis = Number(attrs.axis);
    const [from, to] = [strides(x!.shape), strides(index!.shape)];
    const place = (at: number, wanted: number): number =>
      from.reduce(
        (sum, step, one) => sum + step * (one === axis ? wanted : Math.floor(at / to[one]!) % index!.shape[one]!),
        0,
      );
    return { shape: index!.shape, data: index!.data.map((wanted, at) => x!.data[place(at, wanted)]!) };
  },
};

/** What Triton counts. */
const COUNTED: readonly DType[] = ["i32", "u32"];

/** How often each of the numbers 0 … bins − 1 occurs. */
const histogram: Op = {
  name: "histogram",
  whole: true,
  params: { x: "operand", bins: "size" },
  options: { mask: "operand" },
  infer(source, context) {
    const x = source.args.x!;
    if (!isNumbers(x.type) || x.type.shape.length !== 1)
      return context.fail(
        problems.needsTile(x.span, { op: "histogram", type: x.type, rank: "rank 1" }, context.origins(x)),
      );
    const { dtype } = x.type;
    if (!COUNTED.includes(dtype))
      return context.fail(
        problems.lacksDType(source.span, { op: "histogram", dtype, allowed: COUNTED }, context.origins(x)),
      );
    const mask = maskOf(source, x.type, context);
    if (mask === null) return null;
    const shape = dims(source.attrs.bins);
    return {
      kind: "op",
      op: "histogram",
      args: { x, ...mask },
      attrs: { bins: source.attrs.bins! },
      type: tile("i32", shape),
      span: source.span,
    };
  },
  check: (node, context) => checkSizes("histogram", shapeOf(node.type), node.span, context),
  emit: ({ x, mask }, { args, type }) =>
    call("tl.histogram", [x!, dimPy(shapeOf(type)[0]!)], { mask: mask && materialize(mask, args.mask!.type) }),
  evaluate({ x, mask }, { type }) {
    const shape = shapeOf(type) as number[];
    const data = new Array<number>(elementCount(shape)).fill(0);
    x!.data.forEach((one, at) => {
      if (mask?.data[mask.data.length === 1 ? 0 : at] !== 0) data[one] = data[one]! + 1;
    });
    return { shape, data };
  },
};

/** The mask of a call, where it has one; null after a problem. */
function maskOf(source: Call, masked: TileType, context: InferContext): { readonly mask?: Expr } | null {
  const { mask } = source.args;
  if (mask === undefined) return {};
  const flags = booleans(mask, `the mask of ${source.op}`, context);
  if (flags === null) return null;
  if (!stretches(shapeOf(mask.type), masked.shape)) {
    const facts = { type: mask.type, shape: masked.shape };
    return context.fail(problems.cannotBroadcast(mask.span, facts, context.origins(mask)));
  }
  return { mask: flags };
}

/** Ops whose results stand at places that numbers in a tile say. */
export const GATHER: readonly Op[] = [gather, histogram];
