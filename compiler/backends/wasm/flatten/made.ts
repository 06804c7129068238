import { type Attrs, type DType, type Expr, type Span, scalar, type Type } from "../../../ir/index.js";

/* Expressions that `flatten` makes. */

export type Tile = Extract<Type, { kind: "tile" }>;
export const dtypeOf = (expr: Expr): DType => (expr.type as Tile).dtype;

export const number = (value: number, span: Span, dtype: DType = "i32"): Expr => ({
  kind: "literal",
  value,
  type: scalar(dtype),
  span,
});

export const of = (
  op: string,
  args: Readonly<Record<string, Expr>>,
  type: Type,
  span: Span,
  attrs: Attrs = {},
): Expr => ({ kind: "op", op, args, attrs, type, span });
