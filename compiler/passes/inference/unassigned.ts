import { noInitialValue } from "../../diagnostics/catalogue/types.js";
import { type Expr, mapStatements, type Stmt, scalar, UNASSIGNED, UNKNOWN } from "../../ir/index.js";
import { type InferContext, isNumbers, OPS } from "../../ops/index.js";
import type { Scope } from "./scope.js";

type Assign = Extract<Stmt, { kind: "assign" }>;

const isUnassigned = (value: Expr): boolean => value.kind === "op" && value.op === UNASSIGNED;

/** `let x;`: the statement as it stands until something is assigned; undefined for every other declaration. */
export function declareUnassigned(stmt: Assign, scope: Scope): Stmt | undefined {
  if (!isUnassigned(stmt.value)) return undefined;
  const place = { ...stmt };
  scope.declare(stmt.name, UNKNOWN, stmt.span);
  scope.unassigned.set(stmt.name, { place, depth: scope.depth });
  return place;
}

/** The first assignment says what the variable is. tsc has made sure that nobody reads what stands there until then. */
export function assignFirst(name: string, value: Expr, scope: Scope, context: InferContext): void {
  const waiting = scope.unassigned.get(name);
  if (!waiting) return;
  scope.unassigned.delete(name);
  const { place } = waiting;
  const { span } = place;
  if (isNumbers(value.type)) {
    const { dtype, shape } = value.type;
    const zeros = { op: "zeros", args: {}, attrs: { shape, dtype }, span };
    const nothing: Expr = { kind: "literal", value: dtype === "bool" ? false : 0, type: scalar(dtype), span };
    place.value = shape.length === 0 ? nothing : OPS.get("zeros")!.infer(zeros, context)!;
  } else context.fail(noInitialValue(span, { name, type: value.type }));
  const { depth } = scope;
  scope.depth = waiting.depth;
  scope.declare(name, value.type, span);
  scope.depth = depth;
}

/** A body without the declarations of variables that are never assigned. */
export const withoutUnassigned = (body: readonly Stmt[]): readonly Stmt[] =>
  mapStatements(body, (stmt) => (stmt.kind === "assign" && isUnassigned(stmt.value) ? [] : [stmt]));
