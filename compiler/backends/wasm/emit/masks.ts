import { type Instruction, i32x4 } from "../encode/instructions.js";
import { REPRESENTATION } from "../encode/representation.js";
import { linearForm } from "../lanes/graph.js";
import type { Node } from "../lanes/node.js";
import { combine } from "../lanes/simplify.js";
import type { NodeEmitter } from "./nodes.js";

const ORDERED = new Set(["lt", "le", "gt", "ge"]);

/** The node in another lane: its sum with the lane's share added. Null where lanes differ otherwise. */
function inLane(e: NodeEmitter, node: Node, lane: number): Node | null {
  if (node.stride === 0) return node;
  if (node.stride === null || REPRESENTATION[node.dtype] === "i64") return null;
  const { terms, constant } = linearForm(node);
  const uniform = [...terms].every(([term]) => term.op === "lane" || term.stride === 0);
  if (!uniform) return null;
  const rest = new Map([...terms].filter(([term]) => term.op !== "lane"));
  return e.graph.linear(node.dtype, rest, (constant + node.stride * lane) | 0);
}

/** A scalar condition for "the mask is set in all four lanes", or null where only the vector tells. */
function decided(e: NodeEmitter, mask: Node): Node | null {
  if (mask.stride === 0) return mask;
  if (mask.op === "and") {
    const [a, b] = mask.args.map((arg) => decided(e, arg));
    return a && b ? combine(e.graph, "and", "bool", [a, b]) : null;
  }
  // An order between steady steps holds in all lanes when it holds in the first and the last: four lanes are too few to wrap twice.
  if (ORDERED.has(mask.op) && (mask.args[0]!.dtype === "i32" || mask.args[0]!.dtype === "u32")) {
    const ends = [0, 3].map((lane) => {
      const [a, b] = mask.args.map((arg) => inLane(e, arg, lane));
      return a && b ? combine(e.graph, mask.op, "bool", [a, b]) : null;
    });
    return ends[0] && ends[1] ? combine(e.graph, "and", "bool", [ends[0], ends[1]]) : null;
  }
  return null;
}

/** Whether the mask is set in all lanes: by scalars where the mask compares indices, which is cheaper. */
export function allTrue(e: NodeEmitter, mask: Node, at: number): Instruction {
  const condition = decided(e, mask);
  return condition ? e.scalar(condition, at) : i32x4.all_true(e.vector(mask, at));
}
