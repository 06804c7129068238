import type { Dim, Expr, Shape } from "../../../ir/index.js";
import { ExecutorError } from "../unsupported.js";
import type { Graph } from "./graph.js";
import type { Node } from "./node.js";
import { combine } from "./simplify.js";

/** A shape with every size known, as `specialize` leaves it. */
export function sizes(shape: Shape | readonly Dim[], at: Pick<Expr, "span">): readonly number[] {
  for (const dim of shape)
    if (typeof dim !== "number")
      throw new ExecutorError("a size is not known: the kernel was not specialised", at.span);
  return shape as readonly number[];
}

export function shapeOf(expr: Expr): readonly number[] {
  return expr.type.kind === "tile" ? sizes(expr.type.shape, expr) : [];
}

export const elements = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** Row-major steps of a shape, in elements. */
export function steps(shape: readonly number[]): number[] {
  const result = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) result[axis] = result[axis + 1]! * shape[axis + 1]!;
  return result;
}

/** The row-major number of an element. */
export function flatIndex(graph: Graph, shape: readonly number[], index: readonly Node[]): Node {
  const by = steps(shape);
  return index.reduce(
    (sum, one, axis) => (shape[axis] === 1 ? sum : graph.add(sum, graph.scale(one, by[axis]!))),
    graph.constant("i32", 0),
  );
}

/** The index that has this row-major number. */
export function unflatten(graph: Graph, shape: readonly number[], flat: Node): Node[] {
  const by = steps(shape);
  let outermost = true;
  return shape.map((size, axis) => {
    if (size === 1) return graph.constant("i32", 0);
    const quotient = combine(graph, "div", "i32", [flat, graph.constant("i32", by[axis]!)]);
    const index = outermost ? quotient : combine(graph, "mod", "i32", [quotient, graph.constant("i32", size)]);
    outermost = false;
    return index;
  });
}

/** The index into an operand of an elementwise op, aligned right; sizes of 1 are stretched. */
export function alignIndex(graph: Graph, shape: readonly number[], index: readonly Node[]): Node[] {
  const skip = index.length - shape.length;
  return shape.map((size, axis) => (size === 1 ? graph.constant("i32", 0) : index[axis + skip]!));
}

/** The axis that a negative number counts from the end. */
export const axisOf = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

/** A permutation's order: result axis i is operand axis order[i]. The default swaps the last two. */
export function orderOf(attr: unknown, rank: number): number[] {
  if (Array.isArray(attr) && attr.length > 0) return attr.map((axis) => axisOf(Number(axis), rank));
  const order = Array.from({ length: rank }, (_, axis) => axis);
  if (rank >= 2) [order[rank - 1], order[rank - 2]] = [order[rank - 2]!, order[rank - 1]!];
  return order;
}
