import * as problems from "../diagnostics/catalogue/types.js";
import { isInteger, wrapped } from "../ir/index.js";
import { flagPy, pick } from "./attrs.js";
import { convert, type TileType } from "./convert.js";
import type { Attrs, Call, Op } from "./op.js";
import { call } from "./python.js";
import { fromLines, linesOf, tileOperand, widened } from "./reductions.js";
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
  options: { reverse: "flag" },
  infer(source, context) {
    const reduced = tileOperand({ ...source, attrs: { ...source.attrs, axis: source.attrs.axis ?? 0 } }, context);
    const x = reduced && convert(reduced.x, widened(reduced.type.dtype), context);
    if (!x) return null;
    const attrs: Attrs = { axis: reduced.axis!, ...flag(source, "reverse") };
    return { kind: "op", op: name, args: { x }, attrs, type: x.type, span: source.span };
  },
  emit: ({ x }, { attrs }) => call(`tl.${name}`, [x!], { axis: String(attrs.axis), reverse: flagPy(attrs.reverse) }),
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

const sort: Op = {
  name: "sort",
  whole: true,
  params: { x: "operand", axis: "integer?" },
  options: { descending: "flag" },
  infer(source, context) {
    const reduced = tileOperand({ ...source, attrs: { ...source.attrs, axis: source.attrs.axis ?? -1 } }, context);
    if (!reduced) return null;
    if (reduced.axis !== reduced.type.shape.length - 1)
      return context.fail(
        problems.sortAxis(source.span, { axis: reduced.axis!, type: reduced.type }, context.origins(reduced.x)),
      );
    const attrs: Attrs = { axis: reduced.axis, ...flag(source, "descending") };
    return { kind: "op", op: "sort", args: { x: reduced.x }, attrs, type: reduced.type, span: source.span };
  },
  emit: ({ x }, { attrs }) => call("tl.sort", [x!], { descending: flagPy(attrs.descending) }),
  evaluate({ x }, { attrs }) {
    const { lines } = linesOf(x!, attrs.axis as number);
    const sorted = lines.map((line) => line.sort((a, b) => (attrs.descending ? b - a : a - b)));
    return fromLines(sorted, x!.shape, attrs.axis as number);
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
  flip,
];
