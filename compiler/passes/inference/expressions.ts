import * as problems from "../../diagnostics/catalogue/types.js";
import {
  type Attr,
  type Dim,
  type DType,
  dimNames,
  type Expr,
  type Shape,
  type Span,
  settleFlags,
  substituteDim,
  type Type,
  UNKNOWN,
} from "../../ir/index.js";
import { type Attrs, decay, type InferContext, OPS, operatorText } from "../../ops/index.js";
import { inferCall } from "./calls.js";
import { inferCombine } from "./combining.js";
import { guarded } from "./guards.js";
import type { Inference } from "./inference.js";
import type { Scope } from "./scope.js";
import { tupleChoice } from "./tuple-choice.js";

const poisoned = (expr: Expr): Expr => ({ ...expr, type: UNKNOWN });
export const isPoisoned = (expr: Expr): boolean => expr.type.kind === "unknown";

type Rule<K extends Expr["kind"]> = (
  expr: Extract<Expr, { kind: K }>,
  scope: Scope,
  inference: Inference,
  context: InferContext,
) => Expr;

/** The typed expression; of type `unknown` where it, or something in it, has a problem that is reported. */
export function inferExpression(expr: Expr, scope: Scope, inference: Inference): Expr {
  const rule = RULES[expr.kind] as Rule<Expr["kind"]>;
  inference.spend();
  return inference.depth.inside(() => rule(expr as never, scope, inference, inference.context(scope)));
}

/** An expression whose value is used: something that gives none is a problem. */
export function inferValue(expr: Expr, scope: Scope, inference: Inference): Expr {
  const typed = inferExpression(expr, scope, inference);
  if (typed.type.kind !== "void") return typed;
  const what = typed.kind === "op" ? operatorText(typed.op) : typed.kind === "call" ? typed.callee : "this";
  inference.problems.add(problems.noValue(expr.span, { what }));
  return poisoned(typed);
}

function literalType(expr: Extract<Expr, { kind: "literal" }>): Type {
  if (expr.type.kind === "tile") return expr.type;
  const { value } = expr;
  if (typeof value === "string") return { kind: "const", of: "string" };
  if (typeof value === "boolean") return { kind: "const", of: "bool" };
  const float =
    expr.type.kind === "const" ? expr.type.of === "float" : typeof value === "number" && !Number.isInteger(value);
  if (float) return { kind: "const", of: "float" };
  return typeof value === "number" ? { kind: "const", of: "int", dim: value } : { kind: "const", of: "int" };
}

const RULES: { readonly [K in Expr["kind"]]: Rule<K> } = {
  // A literal of unknown type stands for something the frontend has reported.
  literal: (expr) => (isPoisoned(expr) ? expr : { ...expr, type: literalType(expr) }),
  ref: (expr, scope, inference) => {
    const variable = scope.variables.get(expr.name);
    if (scope.unassigned.has(expr.name)) {
      inference.problems.add(problems.readTooEarly(expr.span, { name: expr.name }));
      return poisoned(expr);
    }
    if (variable) return { ...expr, type: variable.type };
    inference.problems.add(problems.unknownName(expr.span, { name: expr.name }));
    return poisoned(expr);
  },
  op: inferOp,
  call: inferCall,
  tuple: (expr, scope, inference, context) => {
    const items = expr.items.map((item) => {
      const typed = inferValue(item, scope, inference);
      return isPoisoned(typed) ? typed : (decay(typed, context) ?? poisoned(typed));
    });
    if (items.some(isPoisoned)) return poisoned({ ...expr, items });
    const names = expr.type.kind === "tuple" && expr.type.names ? { names: expr.type.names } : {};
    return { ...expr, items, type: { kind: "tuple", items: items.map((item) => item.type), ...names } };
  },
  element: (expr, scope, inference, context) => {
    const of = inferValue(expr.of, scope, inference);
    if (isPoisoned(of)) return poisoned({ ...expr, of });
    const item = of.type.kind === "tuple" ? of.type.items[expr.index] : undefined;
    if (item) return { ...expr, of, type: item };
    context.fail(problems.noElement(expr.span, { type: of.type, index: expr.index }, context.origins(of)));
    return poisoned({ ...expr, of });
  },
};

function inferOp(expr: Extract<Expr, { kind: "op" }>, scope: Scope, inference: Inference, context: InferContext): Expr {
  const op = OPS.get(expr.op);
  if (!op) {
    inference.problems.add(problems.unknownName(expr.span, { name: expr.op }));
    return poisoned(expr);
  }
  const { combine, ...operands } = expr.args;
  const args = Object.fromEntries(
    Object.entries(operands).map(([name, arg]) => {
      const typed = inferValue(arg, scope, inference);
      // A constant has no dtype of its own that a function of elements could be asked with.
      return [name, combine && !isPoisoned(typed) ? (decay(typed, context) ?? poisoned(typed)) : typed];
    }),
  );
  if (combine && !Object.values(args).some(isPoisoned))
    args.combine = inferCombine(expr, args, scope, inference, context);
  const attrs = resolveAttrs(expr.attrs, expr.op, expr.span, scope, context);
  if (attrs === null || Object.values(args).some(isPoisoned)) return poisoned({ ...expr, args });
  const call = { op: expr.op, args, attrs, span: expr.span };
  const choice = guarded(call);
  const tuple = tupleChoice(call, context);
  if (tuple !== undefined) return tuple ?? poisoned({ ...expr, args });
  const typed = choice ? OPS.get(choice.op)!.infer(choice, context) : op.infer(call, context);
  if (typed === null) return poisoned({ ...expr, args });
  if (typed.kind === "op") OPS.get(typed.op)?.check?.(typed, context);
  return typed;
}

/** Attributes with every size in terms of `Const` parameters; null after reporting one that is not constant. */
export function resolveAttrs(attrs: Attrs, op: string, span: Span, scope: Scope, context: InferContext): Attrs | null {
  const resolved = Object.entries(attrs).map(([name, attr]): [string, Attr | null] => {
    if (!Array.isArray(attr)) return [name, attr];
    if (name === "dtype" || name === "outDtype") return [name, pointeeOf(attr as Shape, span, scope, context)];
    return [name, resolveShape(attr as Shape, `${name === "shape" ? "a size" : name} of ${op}`, span, scope, context)];
  });
  return resolved.some(([, attr]) => attr === null) ? null : settleFlags(Object.fromEntries(resolved) as Attrs);
}

/** The dtype of what a pointer of this name points to; null after reporting one that is none. */
function pointeeOf([dim]: Shape, span: Span, scope: Scope, context: InferContext): DType | null {
  const [name] = dimNames(dim!);
  const variable = scope.variables.get(name!);
  const type = variable?.type;
  if ((type?.kind === "tile" && type.pointer) || type?.kind === "descriptor") return type.dtype;
  if (type && type.kind !== "unknown") {
    const notes = [{ message: `${name} is given here`, span: variable.span }];
    context.fail(problems.notAPointee(span, { name: name!, type }, notes));
  }
  return null;
}

/** A shape with the names of local constants replaced by what they stand for; null after a problem. */
export function resolveShape(
  shape: Shape,
  what: string,
  span: Span,
  scope: Scope,
  context: InferContext,
): Shape | null {
  const dims = shape.map((dim) => resolveDim(dim, what, span, scope, context));
  return dims.includes(null) ? null : (dims as Shape);
}

function resolveDim(dim: Dim, what: string, span: Span, scope: Scope, context: InferContext): Dim | null {
  const values = new Map<string, Dim>();
  let fine = true;
  for (const name of dimNames(dim)) {
    const variable = scope.variables.get(name);
    if (variable === undefined) continue;
    if (variable.type.kind === "const" && variable.type.dim !== undefined) values.set(name, variable.type.dim);
    else fine = false;
    if (fine || variable.type.kind === "unknown") continue;
    const notes = [{ message: `${name} is given here`, span: variable.span }];
    context.fail(problems.notConstant(span, { what, name, type: variable.type }, notes));
  }
  return fine ? substituteDim(dim, values) : null;
}
