import type { Expr } from "../../../ir/index.js";
import type { OpExpr } from "../ops.js";
import { ExecutorError } from "../unsupported.js";
import type { LaneBuilder } from "./build.js";
import type { Node, Pointer } from "./node.js";
import { combine } from "./simplify.js";
import type { Variable } from "./variables.js";

export type DescriptorVariable = Extract<Variable, { kind: "descriptor" }>;

export function descriptorOf(builder: Pick<LaneBuilder, "env">, expr: Expr): DescriptorVariable {
  const variable = expr.kind === "ref" ? builder.env.variable(expr.name) : builder.env.ahead.get(expr);
  if (variable?.kind !== "descriptor") throw new ExecutorError("a descriptor of unknown origin", expr.span);
  return variable;
}

/** Element `index` of a descriptor's block at the op's offsets: its address, and whether it is inside the tensor. */
export function descriptorAccess(
  builder: LaneBuilder,
  expr: OpExpr,
  index: readonly Node[],
): { at: Pointer; inside: Node | null; padding: "zero" | "nan" } {
  const { graph } = builder;
  const desc = descriptorOf(builder, expr.args.desc!);
  let offset = desc.offset === null ? graph.constant("i32", 0) : graph.local("i32", desc.offset);
  let inside: Node | null = null;
  desc.block.forEach((_size, axis) => {
    const start = builder.word(builder.build(expr.args[`offset${axis}`]!, []));
    const at = graph.add(start, index[axis]!, "i32");
    const last = axis === desc.block.length - 1;
    const step = last ? at : combine(graph, "mul", "i32", [at, graph.local("i32", desc.strides[axis]!)]);
    offset = graph.add(offset, step, "i32");
    // Unsigned, so that one comparison also finds coordinates below zero.
    const size = graph.local("u32", desc.shape[axis]!);
    const below = graph.node("lt", "bool", [graph.scale(at, 1, "u32"), size]);
    inside = builder.both(inside, below);
  });
  return { at: { from: builder.provenance(desc.buffer), offset }, inside, padding: desc.padding };
}
