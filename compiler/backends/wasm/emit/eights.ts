import { DTYPES } from "../../../ir/index.js";
import { type Instruction, i16x8, i32x4, v128 } from "../encode/instructions.js";
import { constantOf } from "../lanes/graph.js";
import type { Node } from "../lanes/node.js";
import { checkRun, hoistCheck } from "./bounds.js";
import { elementPlace, partsOf } from "./loads.js";
import type { NodeEmitter } from "./nodes.js";
import { isUnsigned } from "./operands.js";

/* Nodes of eight lanes of 16 bits (lanes/eights.ts). */

/** Eight neighbours, each 16 bits wide. */
function loadEights(e: NodeEmitter, node: Node): Instruction {
  const { access, index } = partsOf(node);
  const second = e.graph.plus(index, 4);
  // Both, or neither.
  if (!(hoistCheck(e, access, index) && hoistCheck(e, access, second))) checkRun(e, access, index, node.level, 8);
  const { base, offset } = elementPlace(e, access, index, node.level);
  if (DTYPES[node.dtype].bytes === 2) return v128.load(offset, base);
  return v128[isUnsigned(node.dtype) ? "load8x8_u" : "load8x8_s"](offset, base);
}

/** Four lanes and four lanes: what fits 16 bits stays what it is. */
function packEights(e: NodeEmitter, node: Node): Instruction {
  const [a, b] = node.args as [Node, Node];
  const known = constantOf(a);
  if (a === b && known !== null) return eightTimes(Number(known));
  return i16x8.narrow_i32x4_s(e.vector(a, node.level), e.vector(b, node.level));
}

const eightTimes = (value: number): Instruction => v128.const(new Uint8Array(new Int16Array(8).fill(value).buffer));

const shift =
  (name: "shl" | "shr_s") =>
  (e: NodeEmitter, node: Node): Instruction => {
    const [x, amount] = node.args as [Node, Node];
    return i16x8[name](e.vector(x, node.level), e.scalar(amount, node.level));
  };

function dotEights(e: NodeEmitter, node: Node): Instruction {
  const [a, b] = node.args.map((arg) => e.vector(arg, node.level)) as [Instruction, Instruction];
  return i32x4.dot_i16x8_s(a, b);
}

export const EIGHTS: Readonly<Record<string, (emitter: NodeEmitter, node: Node) => Instruction>> = {
  loadEights,
  packEights,
  shiftLeftEights: shift("shl"),
  shiftRightEights: shift("shr_s"),
  dotEights,
};

type Term = readonly [node: Node, coefficient: number];

/** The word whose lower half, or upper half, a node is with its sign; null of others. */
function wordOf(node: Node, half: "lower" | "upper"): Node | null {
  const [x, by] = node.args;
  if (half === "upper") return node.op === "shiftRight" && node.dtype === "i32" && constantOf(by!) === 16 ? x! : null;
  const [word] = node.op === "cast" && x!.op === "cast" && x!.dtype === "i16" ? x!.args : [];
  return node.dtype === "i32" && word?.dtype === "i32" ? word : null;
}

/** The words whose halves on one side a node multiplies. */
function factors([node, coefficient]: Term, half: "lower" | "upper"): readonly Node[] | null {
  if (node.op !== "mul" || coefficient !== 1) return null;
  const words = node.args.map((arg) => wordOf(arg, half));
  return words.every((word) => word !== null) ? words : null;
}

/** Of the terms of a sum those that are, two by two, the products of both halves of two words; and the others. */
export function productsOfHalves(terms: readonly Term[]) {
  const pairs: (readonly Node[])[] = [];
  const paired = new Set<Term>();
  for (const term of terms) {
    const words = factors(term, "lower");
    const match = words && terms.find((one) => !paired.has(one) && sameNodes(factors(one, "upper"), words));
    if (!match) continue;
    pairs.push(words);
    for (const one of [term, match]) paired.add(one);
  }
  return { pairs, others: terms.filter((term) => !paired.has(term)) };
}

const sameNodes = (some: readonly Node[] | null, [x, y]: readonly Node[]): boolean =>
  some !== null && ((some[0] === x && some[1] === y) || (some[0] === y && some[1] === x));
