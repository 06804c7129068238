import * as problems from "../../diagnostics/catalogue/types.js";
import {
  attrNames,
  type DeviceFunction,
  type Dim,
  declaredNames,
  dimEquals,
  dimName,
  dimText,
  type Expr,
  renameIn,
  type Span,
  type Type,
  typeText,
  UNKNOWN,
  VOID,
  walkExpressions,
  walkStatements,
} from "../../ir/index.js";
import {
  assignable,
  constantDim,
  convert,
  decay,
  hasEffect,
  type InferContext,
  isNumbers,
  OPS,
  sizeExpression,
} from "../../ops/index.js";
import { isOpen, sameType } from "./compare.js";
import { inferValue, isPoisoned } from "./expressions.js";
import { type Inference, staticVariables } from "./inference.js";
import { Scope } from "./scope.js";
import { inferBody } from "./statements.js";
import { withoutUnassigned } from "./unassigned.js";

type CallExpr = Extract<Expr, { kind: "call" }>;

/** One function as it is called with arguments of certain types. */
export interface Instance {
  readonly fn: DeviceFunction;
  /** The size it stands for, where all it does is compute one. */
  readonly size?: Dim;
}

export function inferCall(expr: CallExpr, scope: Scope, inference: Inference, context: InferContext): Expr {
  const draft = inference.drafts.get(expr.callee);
  const given = expr.args.map((arg) => inferValue(arg, scope, inference));
  const failed: Expr = { ...expr, args: given, type: UNKNOWN };
  if (!draft) {
    inference.problems.add(problems.unknownName(expr.span, { name: expr.callee }));
    return failed;
  }
  if (given.length !== draft.params.length) {
    const facts = { callee: expr.callee, want: draft.params.length, got: given.length };
    inference.problems.add(problems.argumentCount(expr.span, facts));
    return failed;
  }
  if (given.some(isPoisoned)) return failed;
  const args = given.map((arg, index) => argument(arg, draft, index, inference, context));
  if (args.includes(null)) return failed;
  const types = (args as Expr[]).map((arg, index) => typeInside(arg, draft, draft.params[index]!.name));
  const instance = instanceFor(draft, types, expr.span, inference);
  if (instance === null || isOpen(instance.fn.result)) return failed;
  if (instance.size !== undefined) return typedSize(instance.size, expr.span, inference, context) ?? failed;
  return { ...expr, callee: instance.fn.name, args: args as Expr[], type: instance.fn.result };
}

/** An argument as the parameter takes it: of the declared type, and a scalar where the function changes the parameter. */
function argument(
  arg: Expr,
  draft: DeviceFunction,
  index: number,
  inference: Inference,
  context: InferContext,
): Expr | null {
  const { name, type: want } = draft.params[index]!;
  if (isOpen(want) || want.kind === "const" || sameType(arg.type, want))
    return new Scope(draft.body, draft.name).reassigned.has(name) ? decay(arg, context) : arg;
  if (isNumbers(want) && arg.type.kind === "const" && assignable(arg.type, want.dtype))
    return convert(arg, want.dtype, context);
  inference.problems.add(
    problems.parameterType(arg.span, { callee: draft.name, name, want, got: arg.type }, context.origins(arg)),
  );
  return null;
}

/** The type of a parameter. What decides a boolean is kept where the function may choose a size or an option by it. */
function typeInside(arg: Expr, draft: DeviceFunction, name: string): Type {
  if (arg.type.kind !== "const" || arg.type.of !== "bool") return arg.type;
  const dim = decides(name, draft) ? constantDim(arg) : undefined;
  return { kind: "const", of: "bool", ...(dim === undefined ? {} : { dim }) };
}

function decides(name: string, { body }: DeviceFunction): boolean {
  let found = false;
  walkExpressions(body, (expr) => {
    if (expr.kind === "op" && (expr.op === "select" || attrNames(expr.attrs).includes(name))) found = true;
  });
  walkStatements(body, (stmt) => {
    if (stmt.kind === "for" && attrNames(stmt.options).includes(name)) found = true;
  });
  return found;
}

const keyText = (type: Type): string =>
  type.kind === "const" && type.of === "bool" && type.dim !== undefined ? `bool ${dimText(type.dim)}` : typeText(type);

function instanceFor(draft: DeviceFunction, types: readonly Type[], call: Span, inference: Inference): Instance | null {
  const key = `${draft.name}(${types.map(keyText).join("; ")})`;
  const known = inference.instances.get(key);
  if (known) return known;
  if (inference.problems.calls.some(({ callee }) => callee === draft.name)) {
    inference.problems.add(problems.recursion(call, { callee: draft.name }));
    return null;
  }
  inference.problems.calls.push({ callee: draft.name, span: call });
  const instance = instantiate(draft, types, inference);
  inference.problems.calls.pop();
  inference.instances.set(key, instance);
  return instance;
}

/**
 * A function whose own names say something else than the kernel's: a size inside it is written in the kernel's constants, so a local
 * of the same name would be taken for one. A parameter that gets just that constant may keep the name.
 */
function withOwnNames(draft: DeviceFunction, types: readonly Type[], inference: Inference): DeviceFunction {
  const same = (name: string, index: number): boolean => {
    const type = types[index]!;
    return type.kind === "const" && type.dim !== undefined && dimEquals(type.dim, dimName(name));
  };
  const params = draft.params.map(({ name }) => name);
  const own = [...params.filter((name, index) => !same(name, index)), ...declaredNames(draft.body)];
  const clashes = own.filter((name) => (inference.sizeNames.get(name) ?? draft.name) !== draft.name);
  const freshName = (name: string): string => (own.includes(name) ? freshName(`${name}_`) : name);
  const fresh = new Map(clashes.map((name) => [name, freshName(`${name}_of_${draft.name}`)]));
  const body = renameIn(draft.body, fresh);
  for (const name of staticVariables(body)) inference.sizeNames.set(name, draft.name);
  return {
    ...draft,
    body,
    params: draft.params.map((param) => ({ ...param, name: fresh.get(param.name) ?? param.name })),
  };
}

function instantiate(source: DeviceFunction, types: readonly Type[], inference: Inference): Instance {
  const draft = withOwnNames(source, types, inference);
  const scope = new Scope(draft.body, draft.name);
  const params = draft.params.map(({ name }, index) => ({ name, type: types[index]! }));
  for (const { name, type } of params) scope.declare(name, type, draft.span, { parameter: true });
  const body = withoutUnassigned(inferBody(draft.body, scope, inference));
  const { result, returns } = unifyReturns(draft, scope, inference);
  const name = inference.freshName(draft.name);
  const fn: DeviceFunction = { ...draft, name, params, body: replaceReturns(body, returns), result };
  return { fn, size: sizeOf(scope, fn) };
}

/** The one type of all returns, and the values converted to it. */
function unifyReturns(
  draft: DeviceFunction,
  scope: Scope,
  inference: Inference,
): { result: Type; returns: Map<Expr, Expr> } {
  const context = inference.context(scope);
  const returns = new Map<Expr, Expr>();
  const values = scope.returns.flatMap(({ value }) => (value === null ? [] : [value]));
  if (values.length === 0) return { result: VOID, returns };
  if (values.some(isPoisoned)) return { result: UNKNOWN, returns };
  const lead = values.find((value) => value.type.kind !== "const") ?? values[0]!;
  const first = decay(lead, context);
  if (first === null) return { result: UNKNOWN, returns };
  for (const value of values) {
    const converted =
      isNumbers(first.type) && value.type.kind === "const" && assignable(value.type, first.type.dtype)
        ? convert(value, first.type.dtype, context)
        : value;
    if (converted === null || !sameType(converted.type, first.type)) {
      const facts = { callee: draft.name, first: first.type, other: value.type };
      inference.problems.add(
        problems.returnsDiffer(value.span, facts, [{ message: "the other return", span: lead.span }]),
      );
      return { result: UNKNOWN, returns };
    }
    returns.set(value, converted);
  }
  return { result: first.type, returns };
}

function replaceReturns(body: DeviceFunction["body"], returns: ReadonlyMap<Expr, Expr>): DeviceFunction["body"] {
  return body.map((stmt) => {
    if (stmt.kind === "return") return { ...stmt, value: stmt.value && (returns.get(stmt.value) ?? stmt.value) };
    if (stmt.kind === "if")
      return { ...stmt, then: replaceReturns(stmt.then, returns), else: replaceReturns(stmt.else, returns) };
    return stmt;
  });
}

/** The size that a function computes, where it does nothing else. */
function sizeOf(scope: Scope, fn: DeviceFunction): Dim | undefined {
  const value = scope.returns.length === 1 ? scope.returns[0]!.value : null;
  if (value?.type.kind !== "const" || value.type.of !== "int" || value.type.dim === undefined) return undefined;
  let pure = true;
  walkExpressions(fn.body, (expr) => {
    if (expr.kind === "call" || (expr.kind === "op" && hasEffect(OPS.get(expr.op)))) pure = false;
  });
  return pure ? value.type.dim : undefined;
}

/** A size as a typed expression over constants. */
function typedSize(dim: Dim, span: Span, inference: Inference, context: InferContext): Expr | null {
  return sizeExpression(dim, {
    literal: (value) => {
      const type: Type =
        typeof value === "boolean" ? { kind: "const", of: "bool" } : { kind: "const", of: "int", dim: value };
      return { kind: "literal", value, type, span };
    },
    name: (name) => {
      const of = inference.flags.has(name) ? "bool" : "int";
      return { kind: "ref", name, type: { kind: "const", of, dim: dimName(name) }, span };
    },
    op: (op, args) => OPS.get(op)!.infer({ op, args, attrs: {}, span }, context),
  });
}
