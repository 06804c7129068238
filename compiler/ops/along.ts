import * as problems from "../diagnostics/catalogue/types.js";
import { type Attr, DTYPES, dimNot, isInteger, type Shape, wrapped } from "../ir/index.js";
import { checkSizes, dims, flagPy, pick } from "./attrs.js";
import { convert, shapeOf, type TileType } from "./convert.js";
import type { Attrs, Call, InferContext, Op } from "./op.js";
import { call, method } from "./python.js";
import { dimPy, dtypeText } from "./python-values.js";
import { fromLines, linesOf, narrowPy, narrowSum, summedIn, tileOperand } from "./reductions.js";
import { roundTo } from "./value.js";

/** A flag that is not false. */
const flag = ({ attrs }: Call, name: string): Attrs => (attrs[name] ? pick(attrs, [name]) : {});

/** What is combined up to each place. */
function soFar<T>(values: readonly T[], combine: (a: T, b: T) => T): T[] {
  const results: T[] = [];
  for (const value of values) results.push(results.length === 0 ? value : combine(results.at(-1)!, value));
  return results;
}

/** What is combined so far along an axis, at each place. */
const scan = (
  name: "cumsum" | "cumprod",
  of: (a: bigint, b: bigint) => bigint,
  ofReal: (a: number, b: number) => number,
): Op => ({
  name,
  whole: true,
  params: { x: "operand", axis: "integer" },
  options: { reverse: "flag", dtype: "dtype" },
  infer(source, context) {
    const reduced = tileOperand({ ...source, attrs: { ...source.attrs, axis: source.attrs.axis ?? 0 } }, context);
    const dtype = reduced && summedIn(reduced.type.dtype, source, context);
    const x = dtype && convert(reduced.x, dtype, context);
    if (!x) return null;
    const attrs: Attrs = { axis: reduced.axis!, ...flag(source, "reverse"), ...narrowSum(dtype) };
    return { kind: "op", op: name, args: { x }, attrs, type: x.type, span: source.span };
  },
  emit: ({ x }, { attrs }) => {
    const named = { axis: String(attrs.axis), reverse: flagPy(attrs.reverse), dtype: narrowPy(attrs) };
    return call(`tl.${name}`, [x!], named);
  },
  evaluate({ x }, { attrs, type }) {
    const { lines } = linesOf(x!, attrs.axis as number);
    const { dtype } = type as TileType;
    // What a product of integers wraps to is exact as a bigint only.
    const along = isInteger(dtype)
      ? (line: number[]) => soFar(line.map(BigInt), (a, b) => wrapped(dtype, of(a, b))).map(Number)
      : (line: number[]) => soFar(line, (a, b) => roundTo(dtype, ofReal(a, b)));
    const scanned = lines.map((line) => (attrs.reverse ? along([...line].reverse()).reverse() : along(line)));
    return fromLines(scanned, x!.shape, attrs.axis as number);
  },
});

/** The operand of what works along the last axis alone; null after a problem. */
function lastAxis(source: Call, context: InferContext): ReturnType<typeof tileOperand> {
  const found = tileOperand({ ...source, attrs: { ...source.attrs, axis: source.attrs.axis ?? -1 } }, context);
  if (found === null || found.axis === found.type.shape.length - 1) return found;
  const facts = { op: source.op, axis: found.axis!, type: found.type };
  return context.fail(problems.sortAxis(source.span, facts, context.origins(found.x)));
}

const sort: Op = {
  name: "sort",
  whole: true,
  params: { x: "operand", axis: "integer?" },
  options: { descending: "flag" },
  infer(source, context) {
    const reduced = lastAxis(source, context);
    if (!reduced) return null;
    const attrs: Attrs = { axis: reduced.axis!, ...flag(source, "descending") };
    return { kind: "op", op: "sort", args: { x: reduced.x }, attrs, type: reduced.type, span: source.span };
  },
  emit: ({ x }, { attrs }) => call("tl.sort", [x!], { descending: flagPy(attrs.descending) }),
  evaluate({ x }, { attrs }) {
    const { lines } = linesOf(x!, attrs.axis as number);
    const sorted = lines.map((line) => line.sort((a, b) => (attrs.descending ? b - a : a - b)));
    return fromLines(sorted, x!.shape, attrs.axis as number);
  },
};

/** Where NaN is greater than all numbers. */
const isGreater = (a: number, b: number): boolean => a > b || (Number.isNaN(a) && !Number.isNaN(b));

/** The places of a line's elements in their order; of equal ones the first comes first. */
const argsort: Op = {
  name: "argsort",
  whole: true,
  params: { x: "operand", axis: "integer?" },
  options: { descending: "flag" },
  needs: () => ["argsort"],
  infer(source, context) {
    const of = lastAxis(source, context);
    if (!of) return null;
    const attrs: Attrs = { axis: of.axis!, ...flag(source, "descending") };
    const type = { ...of.type, dtype: "i32" as const };
    return { kind: "op", op: "argsort", args: { x: of.x }, attrs, type, span: source.span };
  },
  emit: ({ x }, { attrs }) => call("argsort", [x!], { descending: flagPy(attrs.descending) }),
  evaluate({ x }, { attrs }) {
    const { lines } = linesOf(x!, attrs.axis as number);
    const placed = lines.map((line) => {
      const order = (i: number, j: number): number =>
        Number(isGreater(line[i]!, line[j]!)) - Number(isGreater(line[j]!, line[i]!));
      return [...line.keys()].sort((i, j) => (attrs.descending ? order(j, i) : order(i, j)));
    });
    return fromLines(placed, x!.shape, attrs.axis as number);
  },
};

/** A flag that is false turned round; one that is true, or absent, gives none. */
const turned = (flag: Attr | undefined): Attr | undefined =>
  Array.isArray(flag) ? [dimNot((flag as Shape)[0]!)] : flag === false ? true : undefined;

/** A flag that is false is absent: of one that is true where nothing is said, the opposite is kept. */
function ascending({ attrs }: Call): Attrs {
  const flag = attrs.ascending ?? turned(attrs.descending);
  return flag === undefined ? {} : { ascending: flag };
}

/** The greatest k of a line, or the least, in order. */
const topk: Op = {
  name: "topk",
  whole: true,
  params: { x: "operand", k: "size", axis: "integer?" },
  options: { descending: "flag" },
  infer(source, context) {
    const of = lastAxis(source, context);
    if (!of) return null;
    const [k] = dims(source.attrs.k);
    const type = { ...of.type, shape: [...of.type.shape.slice(0, -1), k!] };
    const attrs: Attrs = { k: source.attrs.k!, ...ascending(source) };
    return { kind: "op", op: "topk", args: { x: of.x }, attrs, type, span: source.span };
  },
  check(node, context) {
    const [k, of] = [node.type, node.args.x!.type].map((type) => shapeOf(type).at(-1)!);
    if (typeof k === "number" && typeof of === "number" && k > of)
      context.fail(problems.topkSize(node.span, { k, type: node.args.x!.type }, context.origins(node.args.x!)));
    else checkSizes("topk", shapeOf(node.type), node.span, context);
  },
  emit: ({ x }, { attrs, type }) => {
    const { dtype } = type as TileType;
    const descending = attrs.ascending === true ? "False" : flagPy(turned(attrs.ascending));
    const best = call("tl.topk", [x!, dimPy(shapeOf(type).at(-1)!)], { descending });
    // Triton reduces narrow numbers in 32 bits and leaves them there.
    return DTYPES[dtype].bytes < 4 ? method(best, "to", [dtypeText(dtype)]) : best;
  },
  evaluate({ x }, { attrs, type }) {
    const shape = shapeOf(type) as number[];
    const { lines } = linesOf(x!, shape.length - 1);
    const best = lines.map((line) => line.sort((a, b) => (attrs.ascending ? a - b : b - a)).slice(0, shape.at(-1)));
    return fromLines(best, shape, shape.length - 1);
  },
};

/** The last of an axis first. Triton moves bits, whatever they stand for. */
const flip: Op = {
  name: "flip",
  cost: 0,
  params: { x: "operand", axis: "integer?" },
  infer(source, context) {
    const of = tileOperand({ ...source, attrs: { ...source.attrs, axis: source.attrs.axis ?? -1 } }, context);
    if (!of) return null;
    return { kind: "op", op: "flip", args: { x: of.x }, attrs: { axis: of.axis! }, type: of.type, span: source.span };
  },
  emit: ({ x }, { attrs }) => call("tl.flip", [x!, String(attrs.axis)]),
  evaluate({ x }, { attrs }) {
    const { lines } = linesOf(x!, attrs.axis as number);
    const flipped = lines.map((line) => [...line].reverse());
    return fromLines(flipped, x!.shape, attrs.axis as number);
  },
};

/** Ops along one axis that leave a tile its shape. */
export const ALONG: readonly Op[] = [
  scan(
    "cumsum",
    (a, b) => a + b,
    (a, b) => a + b,
  ),
  scan(
    "cumprod",
    (a, b) => a * b,
    (a, b) => a * b,
  ),
  sort,
  argsort,
  topk,
  flip,
];
