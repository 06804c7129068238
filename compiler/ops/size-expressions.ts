import { type Dim, dimNot, type Expr } from "../ir/index.js";
import type { Args } from "./op.js";

/** How the parts of an expression are made; null where one is not to be had. */
export interface Parts {
  literal(value: number | boolean): Expr;
  name(name: string): Expr | null;
  op(op: string, args: Args): Expr | null;
}

const OPERATIONS: Readonly<Record<string, string>> = {
  "+": "add",
  "*": "mul",
  "//": "floorDiv",
  "%": "mod",
  cdiv: "cdiv",
  min: "minimum",
  max: "maximum",
  "<": "lt",
  "==": "eq",
};

/** A size as an expression over constants. */
export function sizeExpression(dim: Dim, parts: Parts): Expr | null {
  if (typeof dim === "number") return parts.literal(dim);
  if (dim.op === "name") return parts.name(dim.args[0] as string);
  const operands = dim.args as readonly Dim[];
  if (dim.op === "?:") return choice(operands, sizeExpression, parts);
  const op = OPERATIONS[dim.op]!;
  return operands.map((part) => sizeExpression(part, parts)).reduce((a, b) => a && b && parts.op(op, { a, b }));
}

/** A boolean, which is 1 or 0 as a size. */
export function conditionExpression(dim: Dim, parts: Parts): Expr | null {
  if (typeof dim === "number") return parts.literal(dim !== 0);
  if (dim.op === "?:") return choice(dim.args as readonly Dim[], conditionExpression, parts);
  if (dim.op !== "+") return sizeExpression(dim, parts);
  const x = conditionExpression(dimNot(dim), parts);
  return x && parts.op("not", { x });
}

function choice(dims: readonly Dim[], read: typeof sizeExpression, parts: Parts): Expr | null {
  const condition = conditionExpression(dims[0]!, parts);
  const [a, b] = [read(dims[1]!, parts), read(dims[2]!, parts)];
  return condition && a && b && parts.op("select", { condition, a, b });
}
