import { DTYPES, integerRange, isFloat } from "../../../ir/index.js";
import { type Graph, linearForm } from "./graph.js";
import type { Node } from "./node.js";

/*
 * Two vectors of four lanes as one of eight lanes of 16 bits. One instruction multiplies eight such pairs and adds neighbours in 32 bits that wrap,
 * where four lanes take two instructions to widen, one to multiply and one to add. Neighbours end in one sum, so that is for sums over the lanes.
 */

const HALF = "i16";

/** Between −2^15 and 2^15 − 1 in all lanes: by its dtype, by what is known of it, or by what it is made of. */
function fitsHalf(node: Node): boolean {
  const { dtype, facts } = node;
  if (isFloat(dtype) || dtype === "bool") return false;
  if (DTYPES[dtype].bytes <= 2) return integerRange(dtype)[1] < 2n ** 15n;
  if (dtype !== "i32") return false;
  if (facts.min >= -(2 ** 15) && facts.max < 2 ** 15) return true;
  const from = widened(node);
  return from !== node ? fitsHalf(from) : (FITTING[node.op]?.(node).every(fitsHalf) ?? false);
}

/** Of an op what must fit 16 bits for its result to fit. */
const FITTING: Readonly<Record<string, (node: Node) => readonly Node[]>> = {
  and: ({ args }) => args,
  or: ({ args }) => args,
  xor: ({ args }) => args,
  shiftRight: ({ args }) => args.slice(0, 1),
};

/** What a narrow integer was before it was widened to 16 or 32 bits. */
function widened(node: Node): Node {
  const [x] = node.args;
  if (node.op !== "cast" || x === undefined || x.dtype === "bool" || isFloat(x.dtype) || isFloat(node.dtype))
    return node;
  const [least, most] = integerRange(node.dtype);
  const [from, to] = integerRange(x.dtype);
  return least <= from && to <= most ? widened(x) : node;
}

type Wide = (graph: Graph, a: Node, b: Node) => Node | null;

/** The same op of eight lanes, which does the same to 16 bits of numbers that fit them. */
const bitwise: Wide = (graph, a, b) => {
  const operands = a.args.map((arg, at) => [arg, b.args[at]!] as const);
  if (!operands.flat().every(fitsHalf)) return null;
  return graph.node(
    a.op,
    HALF,
    operands.map(([x, y]) => eights(graph, x, y)),
    { stride: null },
  );
};

/** By less than 16, the same for all. */
const shift: Wide = (graph, a, b) => {
  const [[x, amount], [y, other]] = [a.args, b.args] as [[Node, Node], [Node, Node]];
  const { min, max } = amount.facts;
  if (amount !== other || amount.stride !== 0 || min < 0 || max > 15 || !fitsHalf(x) || !fitsHalf(y)) return null;
  return graph.node(`${a.op}Eights`, HALF, [eights(graph, x, y), amount], { stride: null });
};

/** Neighbours in memory that are read whatever holds. */
const load: Wide = (graph, a, b) => {
  if (a.data?.kind !== "access" || b.data?.kind !== "access" || a.args.length !== 3) return null;
  const [[index, base, count], [next, otherBase, otherCount]] = [a.args, b.args] as [Node[], Node[]];
  if (base !== otherBase || count !== otherCount || a.dtype !== b.dtype || index!.stride !== 1) return null;
  if (graph.plus(index!, 4) !== next) return null;
  return graph.node("loadEights", a.dtype, a.args, { data: a.data, stride: null });
};

const WIDE: Readonly<Record<string, Wide>> = {
  and: bitwise,
  or: bitwise,
  xor: bitwise,
  shiftRight: shift,
  // What leaves 16 bits is lost to an i16 alone.
  shiftLeft: (graph, a, b) => (a.dtype === HALF ? shift(graph, a, b) : null),
  load,
};

/** Lanes of `a` and then of `b`, which fit 16 bits, as a node whose vector has eight lanes of 16 bits. */
function eights(graph: Graph, a: Node, b: Node): Node {
  const [x, y] = [widened(a), widened(b)];
  const wide = x.op === y.op && x.dtype === y.dtype ? WIDE[x.op]?.(graph, x, y) : null;
  return wide ?? graph.node("packEights", HALF, [x, y], { stride: null });
}

/** The products that an i32 is the sum of, where it is nothing else, and their operands fit 16 bits. */
function narrowProducts(node: Node): readonly Node[] | null {
  if (node.dtype !== "i32") return null;
  const { terms, constant } = linearForm(node);
  const isProduct = ([term, factor]: [Node, number]): boolean =>
    factor === 1 && term.op === "mul" && term.stride === null && term.args.every(fitsHalf);
  const products = [...terms];
  return constant === 0 && products.length > 0 && products.every(isProduct) ? [...terms.keys()] : null;
}

/** A vector with the same sum over its four lanes as those of `a` and `b` together; null where they are no sums of products of narrow numbers. */
export function sumOfEights(graph: Graph, a: Node, b: Node): Node | null {
  const [first, second] = [narrowProducts(a), narrowProducts(b)];
  if (first === null || second === null || first.length !== second.length) return null;
  const dots = first.map((x, at) => {
    const operands = [0, 1].map((side) => eights(graph, x.args[side]!, second[at]!.args[side]!));
    return graph.node("dotEights", "i32", operands, { stride: null });
  });
  return dots.reduce((sum, dot) => graph.add(sum, dot));
}
