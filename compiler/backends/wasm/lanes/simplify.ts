import { DTYPES, type DType } from "../../../ir/index.js";
import { REPRESENTATION } from "../encode/representation.js";
import { bounded, type Facts, gcd } from "./facts.js";
import { constantOf, type Graph, linearForm } from "./graph.js";
import type { Node } from "./node.js";

type Rule = (graph: Graph, dtype: DType, args: readonly Node[]) => Node | null;

const isWord = (dtype: DType): boolean => dtype === "i32" || dtype === "u32";
const word =
  (rule: Rule): Rule =>
  (graph, dtype, args) =>
    args.every((arg) => isWord(arg.dtype)) ? rule(graph, dtype, args) : null;

const number = (node: Node): number | null => {
  const value = constantOf(node);
  return typeof value === "number" ? value : null;
};

const log2 = (value: number): number | null => (value > 0 && (value & (value - 1)) === 0 ? Math.log2(value) : null);

/** Lane strides of an index survive division where all four lanes fall into one quotient. */
function quotientIsUniform(x: Node, divisor: number): boolean {
  if (x.stride === null || x.stride < 0) return false;
  const multiple = x.facts.multiple === 0 ? divisor : gcd(x.facts.multiple, divisor);
  return 3 * x.stride < multiple;
}

/** The parts of a sum whose coefficients `divisor` divides, and the rest. */
function splitBy(graph: Graph, x: Node, divisor: number): { whole: Node; rest: Node } {
  const { terms, constant } = linearForm(x);
  const whole = new Map<Node, number>();
  const rest = new Map<Node, number>();
  for (const [node, coefficient] of terms)
    if (coefficient % divisor === 0) whole.set(node, coefficient / divisor);
    else rest.set(node, coefficient);
  const over = Math.floor(constant / divisor);
  return {
    whole: graph.linear(x.dtype, whole, over),
    rest: graph.linear(x.dtype, rest, constant - over * divisor),
  };
}

function divide(graph: Graph, x: Node, divisor: number): Node | null {
  if (divisor <= 0 || x.facts.min < 0) return null;
  if (divisor === 1) return x;
  const value = number(x);
  if (value !== null) return graph.constant(x.dtype, Math.trunc(value / divisor));
  const { whole, rest } = splitBy(graph, x, divisor);
  if (rest.facts.min >= 0 && rest.facts.max < divisor) return whole;
  // The sum and the rest are not negative, so the quotients add up.
  if (rest !== x && rest.facts.min >= 0) {
    const over = divide(graph, rest, divisor);
    if (over) return graph.add(whole, over);
  }
  const facts = bounded(Math.floor(x.facts.min / divisor), Math.floor(x.facts.max / divisor), 1);
  const stride = x.stride === 0 || quotientIsUniform(x, divisor) ? 0 : null;
  const shift = log2(divisor);
  return shift === null
    ? graph.node("div", x.dtype, [x, graph.constant(x.dtype, divisor)], { stride, facts })
    : graph.node("shiftRight", x.dtype, [x, graph.constant(x.dtype, shift)], { stride, facts });
}

function remainder(graph: Graph, x: Node, divisor: number): Node | null {
  if (divisor <= 0 || x.facts.min < 0) return null;
  const value = number(x);
  if (value !== null) return graph.constant(x.dtype, value % divisor);
  const { rest } = splitBy(graph, x, divisor);
  if (rest.facts.min >= 0 && rest.facts.max < divisor) return rest;
  const from = rest.facts.min >= 0 ? rest : x;
  const multiple = from.facts.multiple === 0 ? divisor : gcd(from.facts.multiple, divisor);
  const facts: Facts = { min: 0, max: divisor - 1, multiple };
  const stride = from.stride !== null && quotientIsUniform(from, divisor) ? from.stride : from.stride === 0 ? 0 : null;
  const shift = log2(divisor);
  return shift === null
    ? graph.node("mod", x.dtype, [from, graph.constant(x.dtype, divisor)], { stride, facts })
    : graph.node("and", x.dtype, [from, graph.constant(x.dtype, divisor - 1)], { stride, facts });
}

const byConstant = (change: (graph: Graph, x: Node, constant: number) => Node | null): Rule =>
  word((graph, _dtype, [x, y]) => {
    const constant = number(y!);
    return constant === null ? null : change(graph, x!, constant);
  });

/** Of any number the bits of one that is not negative, which has no more of them. */
const maskByConstant = byConstant((graph, x, mask) => {
  if (mask <= 0) return null;
  const lowest = log2(mask + 1) === null ? null : remainder(graph, x, mask + 1);
  return (
    lowest ??
    graph.node("and", x.dtype, [x, graph.constant(x.dtype, mask)], { facts: { min: 0, max: mask, multiple: 1 } })
  );
});

const multiply: Rule = word((graph, dtype, [a, b]) => {
  for (const [x, y] of [
    [a!, b!],
    [b!, a!],
  ] as const) {
    const factor = number(y);
    if (factor !== null) return graph.scale(x, factor, dtype);
  }
  const [left, right] = [a!.facts, b!.facts];
  const products = [left.min * right.min, left.min * right.max, left.max * right.min, left.max * right.max];
  const multiple = left.multiple * right.multiple;
  const facts = bounded(Math.min(...products), Math.max(...products), multiple < 2 ** 31 ? multiple : 1);
  return graph.node("mul", dtype, [a!, b!], { facts });
});

/** A comparison that the bounds of its operands decide. */
const compare = (always: (a: Facts, b: Facts) => boolean, never: (a: Facts, b: Facts) => boolean): Rule =>
  word((graph, _dtype, [a, b]) => {
    if (a!.dtype === "u32" && (a!.facts.min < 0 || b!.facts.min < 0)) return null;
    if (always(a!.facts, b!.facts)) return graph.constant("bool", true);
    if (never(a!.facts, b!.facts)) return graph.constant("bool", false);
    return null;
  });

const extremum = (op: "minimum" | "maximum"): Rule =>
  word((graph, dtype, [a, b]) => {
    if (dtype === "u32" && (a!.facts.min < 0 || b!.facts.min < 0)) return null;
    if (a!.facts.max <= b!.facts.min) return op === "minimum" ? a! : b!;
    if (b!.facts.max <= a!.facts.min) return op === "minimum" ? b! : a!;
    const pick = Math[op === "minimum" ? "min" : "max"];
    const facts = {
      min: pick(a!.facts.min, b!.facts.min),
      max: pick(a!.facts.max, b!.facts.max),
      multiple: gcd(a!.facts.multiple, b!.facts.multiple),
    };
    return graph.node(op, dtype, [a!, b!], { facts });
  });

/** By the width or more everything is shifted out, as a GPU does it (PTX ISA, shl and shr); WebAssembly would take the amount's lowest bits. */
const shift =
  (op: string, byPower: (graph: Graph, x: Node, power: number) => Node | null): Rule =>
  (graph, dtype, [x, amount]) => {
    const width = DTYPES[dtype].bytes * 8;
    const [known, { min, max }] = [constantOf(amount!), amount!.facts];
    const by = known === null ? null : Number(known);
    if (by === null ? min >= 0 && max < width : by >= 0 && by < width) {
      const simpler = by !== null && by < 31 && isWord(dtype) && isWord(x!.dtype) ? byPower(graph, x!, 2 ** by) : null;
      return simpler ?? graph.node(op, dtype, [x!, amount!]);
    }
    const inside = combine(graph, "and", "bool", [
      combine(graph, "ge", "bool", [amount!, graph.constant(amount!.dtype, 0)]),
      combine(graph, "lt", "bool", [amount!, graph.constant(amount!.dtype, width)]),
    ]);
    const keepsSign = op === "shiftRight" && DTYPES[dtype].kind === "signed";
    const beyond = graph.constant(amount!.dtype, width - 1);
    if (keepsSign)
      return graph.node(op, dtype, [x!, combine(graph, "where", amount!.dtype, [inside, amount!, beyond])]);
    return combine(graph, "where", dtype, [inside, graph.node(op, dtype, [x!, amount!]), graph.constant(dtype, 0)]);
  };

const choose: Rule = (_graph, _dtype, [condition, a, b]) => {
  const value = constantOf(condition!);
  return value === null ? (a === b ? a! : null) : value ? a! : b!;
};

/** Sums of 64-bit indices keep a steady step over lanes, which makes neighbours of them in memory. */
const steadySum =
  (op: string, sign: number): Rule =>
  (graph, dtype, [a, b]) => {
    if (REPRESENTATION[dtype] !== "i64" || a!.stride === null || b!.stride === null) return null;
    return graph.node(op, dtype, [a!, b!], { stride: a!.stride + sign * b!.stride });
  };

/** Rewrites that keep the value: sums in one form, divisions of indices undone, comparisons decided. */
const RULES: Readonly<Record<string, Rule>> = {
  add: (graph, dtype, [a, b]) =>
    isWord(dtype) ? graph.add(a!, b!, dtype) : steadySum("add", 1)(graph, dtype, [a!, b!]),
  sub: (graph, dtype, [a, b]) =>
    isWord(dtype) ? graph.sub(a!, b!, dtype) : steadySum("sub", -1)(graph, dtype, [a!, b!]),
  neg: word((graph, dtype, [x]) => graph.scale(x!, -1, dtype)),
  mul: multiply,
  shiftLeft: shift("shiftLeft", (graph, x, by) => graph.scale(x, by)),
  shiftRight: shift("shiftRight", divide),
  shiftRightLogical: shift("shiftRightLogical", divide),
  div: byConstant(divide),
  mod: byConstant(remainder),
  minimum: extremum("minimum"),
  maximum: extremum("maximum"),
  lt: compare(
    (a, b) => a.max < b.min,
    (a, b) => a.min >= b.max,
  ),
  le: compare(
    (a, b) => a.max <= b.min,
    (a, b) => a.min > b.max,
  ),
  gt: compare(
    (a, b) => a.min > b.max,
    (a, b) => a.max <= b.min,
  ),
  ge: compare(
    (a, b) => a.min >= b.max,
    (a, b) => a.max < b.min,
  ),
  eq: compare(
    (a, b) => a.min === a.max && b.min === b.max && a.min === b.min,
    (a, b) => a.max < b.min || a.min > b.max,
  ),
  ne: compare(
    (a, b) => a.max < b.min || a.min > b.max,
    (a, b) => a.min === a.max && b.min === b.max && a.min === b.min,
  ),
  and: (graph, dtype, [a, b]) => {
    if (dtype !== "bool") return maskByConstant(graph, dtype, [a!, b!]);
    const [left, right] = [constantOf(a!), constantOf(b!)];
    if (a === b) return a!;
    if (left !== null) return left ? b! : graph.constant("bool", false);
    if (right !== null) return right ? a! : graph.constant("bool", false);
    return null;
  },
  or: (graph, dtype, [a, b]) => {
    if (dtype !== "bool") return null;
    const [left, right] = [constantOf(a!), constantOf(b!)];
    if (a === b) return a!;
    if (left !== null) return left ? graph.constant("bool", true) : b!;
    if (right !== null) return right ? graph.constant("bool", true) : a!;
    return null;
  },
  not: (graph, dtype, [x]) => {
    const value = constantOf(x!);
    return value === null || dtype !== "bool" ? null : graph.constant("bool", !value);
  },
  where: choose,
  select: choose,
  cast: (graph, dtype, [x]) => {
    if (x!.dtype === dtype) return x!;
    if (isWord(dtype) && isWord(x!.dtype)) return graph.scale(x!, 1, dtype);
    // A narrower integer or an index keeps its bounds and its step when it is widened.
    const widens = INDEX_BITS[x!.dtype] !== undefined && (INDEX_BITS[dtype] ?? 0) > INDEX_BITS[x!.dtype]!;
    if (!widens || (x!.dtype === "u32" && x!.facts.min < 0)) return null;
    return graph.node("cast", dtype, [x!], { stride: x!.stride, facts: x!.facts });
  },
  narrow: (_graph, _dtype, [x]) => (x!.op === "cast" && isWord(x!.args[0]!.dtype) ? x!.args[0]! : null),
};

const INDEX_BITS: Readonly<Partial<Record<DType, number>>> = {
  bool: 1,
  u8: 8,
  i8: 8,
  i16: 16,
  i32: 32,
  u32: 32,
  i64: 64,
};

/** The node of an elementwise op over simplified operands. */
export function combine(
  graph: Graph,
  op: string,
  dtype: DType,
  args: readonly Node[],
  attrs: { readonly key?: string; readonly data?: Node["data"] } = {},
): Node {
  return RULES[op]?.(graph, dtype, args) ?? graph.node(op === "select" ? "where" : op, dtype, args, attrs);
}
