import type {
  Attr,
  Build,
  DeviceFunction,
  DType,
  Expr,
  Kernel,
  Param,
  Shape,
  Span,
  Stmt,
  Type,
} from "../../../compiler/ir/index.js";
import { DEFAULT_OPTIONS, UNKNOWN } from "../../../compiler/ir/index.js";

/** Drafts by hand, as the frontend makes them: for tests of what comes after it. Every node gets the line `at` was last called with. */
let line = 1;
export const at = (next: number): void => {
  line = next;
};
export const span = (): Span => ({ file: "draft.kernel.ts", line, column: 1, endLine: line, endColumn: 2 });

type Operand = Expr | number | boolean | string;

/** Numbers become integer literals; `float` makes the others; text is a name. */
export function expr(value: Operand): Expr {
  if (typeof value === "object") return value;
  if (typeof value === "string") return { kind: "ref", name: value, type: UNKNOWN, span: span() };
  const type: Type =
    typeof value === "boolean" ? { kind: "const", of: "bool" } : { kind: "const", of: "int", dim: value };
  return { kind: "literal", value, type, span: span() };
}
export const float = (value: number): Expr => ({
  kind: "literal",
  value,
  type: { kind: "const", of: "float" },
  span: span(),
});
export const big = (value: bigint): Expr => ({
  kind: "literal",
  value,
  type: { kind: "const", of: "int" },
  span: span(),
});

export const op = (name: string, args: Record<string, Operand> = {}, attrs: Record<string, Attr> = {}): Expr => ({
  kind: "op",
  op: name,
  args: Object.fromEntries(Object.entries(args).map(([key, arg]) => [key, expr(arg)])),
  attrs,
  type: UNKNOWN,
  span: span(),
});

const binary =
  (name: string) =>
  (...operands: Operand[]): Expr =>
    operands.slice(1).reduce<Expr>((a, b) => op(name, { a, b }), expr(operands[0]!));

export const add = binary("add");
export const sub = binary("sub");
export const mul = binary("mul");
export const div = binary("div");
export const lt = binary("lt");
export const and = binary("and");
export const unary = (name: string, x: Operand): Expr => op(name, { x });
export const programId = (axis: number): Expr => op("programId", {}, { axis });
export const arange = (start: number, size: Shape[number]): Expr => op("arange", {}, { start: [start], shape: [size] });
export const col = (x: Operand): Expr => op("expandDims", { x }, { axis: 1 });
export const row = (x: Operand): Expr => op("expandDims", { x }, { axis: 0 });
export const load = (ptr: Operand, more: Record<string, Operand> = {}, attrs: Record<string, Attr> = {}): Expr =>
  op("load", { ptr, ...more }, attrs);
export const zeros = (shape: Shape, dtype: DType): Expr => op("zeros", {}, { shape, dtype });
export const call = (callee: string, ...args: Operand[]): Expr => ({
  kind: "call",
  callee,
  args: args.map(expr),
  type: UNKNOWN,
  span: span(),
});
export const tuple = (...items: Operand[]): Expr => ({
  kind: "tuple",
  items: items.map(expr),
  type: UNKNOWN,
  span: span(),
});

export const declare = (name: string, value: Operand, annotation?: Type): Stmt => ({
  kind: "assign",
  name,
  value: expr(value),
  declares: true,
  ...(annotation ? { annotation } : {}),
  span: span(),
});
export const assign = (name: string, value: Operand): Stmt => ({
  kind: "assign",
  name,
  value: expr(value),
  declares: false,
  span: span(),
});
export const unpack = (names: (string | null)[], value: Operand): Stmt => ({
  kind: "unpack",
  names,
  value: expr(value),
  declares: true,
  span: span(),
});
export const effect = (value: Expr): Stmt => ({ kind: "effect", value, span: span() });
export const store = (ptr: Operand, value: Operand, more: Record<string, Operand> = {}): Stmt =>
  effect(op("store", { ptr, value, ...more }));
export const loop = (
  variable: string,
  [start, stop, step]: readonly [Operand, Operand, Operand],
  body: readonly Stmt[],
  more: { static?: boolean; options?: Record<string, readonly number[] | boolean> } = {},
): Stmt => ({
  kind: "for",
  variable,
  start: expr(start),
  stop: expr(stop),
  step: expr(step),
  static: more.static ?? false,
  options: more.options ?? {},
  body,
  carried: [],
  span: span(),
});
export const when = (condition: Operand, then: readonly Stmt[], otherwise: readonly Stmt[] = []): Stmt => ({
  kind: "if",
  condition: expr(condition),
  then,
  else: otherwise,
  carried: [],
  span: span(),
});
export const whilst = (condition: Operand, body: readonly Stmt[]): Stmt => ({
  kind: "while",
  condition: expr(condition),
  body,
  carried: [],
  span: span(),
});
export const give = (value: Operand | null): Stmt => ({
  kind: "return",
  value: value === null ? null : expr(value),
  span: span(),
});

export const ptr = (name: string, dtype: DType): Param => ({ kind: "pointer", name, dtype, span: span() });
export const scalarParam = (name: string, dtype: DType): Param => ({ kind: "scalar", name, dtype, span: span() });
export const constParam = (name: string, of: "int" | "float" | "bool" | "string" = "int"): Param => ({
  kind: "const",
  name,
  of,
  span: span(),
});
export const descriptorParam = (name: string, dtype: DType, block: Shape): Param => ({
  kind: "descriptor",
  name,
  dtype,
  block,
  padding: "zero",
  span: span(),
});

export const fn = (
  name: string,
  params: readonly (string | [string, Type])[],
  body: readonly Stmt[],
): DeviceFunction => ({
  name,
  params: params.map((param) =>
    typeof param === "string" ? { name: param, type: UNKNOWN } : { name: param[0], type: param[1] },
  ),
  body,
  result: UNKNOWN,
  span: span(),
});

export const build = (constants: Build["constants"] = {}, more: Partial<Build> = {}): Build => ({
  constants,
  dtypes: {},
  ...DEFAULT_OPTIONS,
  ...more,
});

export const kernel = (
  name: string,
  params: readonly Param[],
  body: readonly Stmt[],
  more: Partial<Kernel> = {},
): Kernel => ({
  name,
  file: "draft.kernel.ts",
  doc: "",
  span: span(),
  params,
  dtypes: {},
  body,
  functions: [],
  builds: [],
  ...more,
});
