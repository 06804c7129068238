import * as problems from "../../diagnostics/catalogue/types.js";
import { type Expr, isInteger, placed, type Stmt, scalar, type Type, UNKNOWN } from "../../ir/index.js";
import {
  assignable,
  commonDType,
  convert,
  decay,
  hasEffect,
  type InferContext,
  isBool,
  isConstNumber,
  isNumbers,
  OPS,
  operatorText,
  shapeOf,
} from "../../ops/index.js";
import { checkLoopOptions } from "../loop-options.js";
import { assignHint, isOpen, sameType } from "./compare.js";
import { inferExpression, inferValue, isPoisoned, resolveAttrs, resolveShape } from "./expressions.js";
import type { Inference } from "./inference.js";
import { warnOfReduced } from "./reduced.js";
import type { Scope } from "./scope.js";
import { countedTurns, keepsPositive } from "./turns.js";
import { assignFirst, declareUnassigned } from "./unassigned.js";

type Rule<K extends Stmt["kind"]> = (
  stmt: Extract<Stmt, { kind: K }>,
  scope: Scope,
  inference: Inference,
  context: InferContext,
) => Stmt | readonly Stmt[];

export const inferBody = (body: readonly Stmt[], scope: Scope, inference: Inference): readonly Stmt[] =>
  body.flatMap((stmt) => {
    const rule = RULES[stmt.kind] as Rule<Stmt["kind"]>;
    return placed(
      () => stmt.span,
      () => inference.depth.inside(() => rule(stmt as never, scope, inference, inference.context(scope))),
    );
  });

const RULES: { readonly [K in Stmt["kind"]]: Rule<K> } = {
  assign: (stmt, scope, inference, context) => {
    const unassigned = declareUnassigned(stmt, scope);
    if (unassigned) return unassigned;
    const value = inferValue(stmt.value, scope, inference);
    return stmt.declares
      ? declare(stmt, value, scope, context)
      : { ...stmt, value: assign(stmt.name, value, scope, context) };
  },
  unpack,
  effect: (stmt, scope, inference, context) => {
    const value = inferExpression(stmt.value, scope, inference);
    const idle = value.kind === "op" ? !hasEffect(OPS.get(value.op)) : value.kind !== "call";
    if (idle && !isPoisoned(value)) {
      const op = value.kind === "op" ? operatorText(value.op) : "this expression";
      context.fail(problems.unusedResult(stmt.span, { op }));
    }
    warnOfReduced(value, scope, context);
    return { ...stmt, value };
  },
  for: inferFor,
  while: (stmt, scope, inference, context) => {
    const carried = scope.carried(stmt.body);
    const condition = inferCondition("while", stmt.condition, scope, inference);
    if (condition.type.kind === "const" && !isFalse(condition)) context.fail(problems.endlessLoop(condition.span, {}));
    const bool = isPoisoned(condition) ? condition : (convert(condition, "bool", context) ?? condition);
    return { ...stmt, condition: bool, body: loopBody(stmt.body, scope, inference), carried };
  },
  if: (stmt, scope, inference) => {
    const condition = inferCondition("if", stmt.condition, scope, inference);
    const carried = scope.carried([...stmt.then, ...stmt.else]);
    return {
      ...stmt,
      condition,
      then: inferBody(stmt.then, scope, inference),
      else: inferBody(stmt.else, scope, inference),
      carried,
    };
  },
  return: (stmt, scope, inference, context) => {
    if (scope.depth > 0) context.fail(problems.returnInLoop(stmt.span));
    if (stmt.value === null) {
      scope.returns.push({ value: null, span: stmt.span });
      return stmt;
    }
    const value = inferValue(stmt.value, scope, inference);
    if (scope.callee === null) context.fail(problems.kernelReturns(stmt.span));
    scope.returns.push({ value, span: stmt.span });
    return { ...stmt, value };
  },
};

const isFalse = (condition: Expr): boolean => condition.kind === "literal" && condition.value === false;

function loopBody(body: readonly Stmt[], scope: Scope, inference: Inference): readonly Stmt[] {
  scope.depth++;
  const typed = inferBody(body, scope, inference);
  scope.depth--;
  return typed;
}

/** The value of a declaration, in the type the author wrote where there is one; the variable takes its type. */
function declare(stmt: Extract<Stmt, { kind: "assign" }>, value: Expr, scope: Scope, context: InferContext): Stmt {
  const annotation = stmt.annotation && resolveType(stmt.annotation, stmt, scope, context);
  const typed = isPoisoned(value) ? value : initialValue(stmt, value, annotation, scope, context);
  const known = annotation && !isOpen(annotation) && annotation.kind !== "const" ? annotation : UNKNOWN;
  // After a problem the author's own word is the best guess, so that one mistake is reported once.
  scope.declare(stmt.name, typed === null || isPoisoned(typed) ? known : typed.type, stmt.span, {
    positive: typed !== null && keepsPositive(stmt.name, typed, scope),
    ...(typed !== null && !scope.reassigned.has(stmt.name) && { made: typed }),
  });
  return annotation ? { ...stmt, value: typed ?? value, annotation } : { ...stmt, value: typed ?? value };
}

function initialValue(
  stmt: Extract<Stmt, { kind: "assign" }>,
  value: Expr,
  annotation: Type | undefined,
  scope: Scope,
  context: InferContext,
): Expr | null {
  if (annotation && !isOpen(annotation) && !(annotation.kind === "const" && value.type.kind === "const")) {
    if (
      isNumbers(annotation) &&
      annotation.shape.length === 0 &&
      value.type.kind === "const" &&
      assignable(value.type, annotation.dtype)
    )
      return convert(value, annotation.dtype, context);
    if (!sameType(annotation, value.type))
      return context.fail(
        problems.annotationDiffers(
          stmt.span,
          { name: stmt.name, written: annotation, found: value.type },
          context.origins(value),
        ),
      );
  }
  return scope.reassigned.has(stmt.name) ? decay(value, context) : value;
}

/** A written type with its sizes in terms of `Const` parameters. */
function resolveType(type: Type, stmt: Stmt, scope: Scope, context: InferContext): Type {
  if (type.kind === "tile") {
    const shape = resolveShape(type.shape, "a size of the declared type", stmt.span, scope, context);
    return shape ? { ...type, shape } : UNKNOWN;
  }
  if (type.kind === "tuple")
    return { ...type, items: type.items.map((item) => resolveType(item, stmt, scope, context)) };
  return type;
}

/** The value as the variable takes it. */
function assign(name: string, value: Expr, scope: Scope, context: InferContext): Expr {
  if (!isPoisoned(value)) assignFirst(name, decay(value, context) ?? value, scope, context);
  const variable = scope.variables.get(name);
  if (!variable) {
    context.fail(problems.unknownName(value.span, { name }));
    return value;
  }
  if (isPoisoned(value) || isOpen(variable.type)) return value;
  const { type } = variable;
  if (isNumbers(type) && type.shape.length === 0 && isConstNumber(value.type) && assignable(value.type, type.dtype))
    return convert(value, type.dtype, context) ?? value;
  const plain = decay(value, context) ?? value;
  if (type.kind === "const" && type.of === "string") {
    context.fail(
      problems.textChanges(value.span, { name }, [{ message: `${name} is given here`, span: variable.span }]),
    );
    return plain;
  }
  if (sameType(plain.type, type)) return plain;
  const loop = scope.depth > variable.depth;
  const facts = { name, was: type, now: plain.type, loop, hint: assignHint(name, type, plain.type) };
  const others = context.origins(value).filter(({ span }) => span !== variable.span);
  const notes = [{ message: `${name} was given its type here`, span: variable.span }, ...others];
  context.fail(problems.variableChanges(value.span, facts, notes));
  // Which of the two types was meant nobody knows: what follows from either is not said.
  scope.variables.set(name, { ...variable, type: UNKNOWN });
  return plain;
}

function unpack(
  stmt: Extract<Stmt, { kind: "unpack" }>,
  scope: Scope,
  inference: Inference,
  context: InferContext,
): Stmt {
  const value = inferValue(stmt.value, scope, inference);
  const items = value.type.kind === "tuple" ? value.type.items : null;
  if (!isPoisoned(value) && (items === null || stmt.names.length > items.length))
    context.fail(
      problems.unpackCount(stmt.span, { type: value.type, names: stmt.names.length }, context.origins(value)),
    );
  stmt.names.forEach((name, index) => {
    if (name === null) return;
    const type = items?.[index] ?? UNKNOWN;
    if (stmt.declares) scope.declare(name, type, stmt.span);
    else assign(name, { ...value, kind: "element", of: value, index, type } as Expr, scope, context);
  });
  // Python takes a tuple apart as a whole, so every element gets a place.
  const names = items ? items.map((_, index) => stmt.names[index] ?? null) : stmt.names;
  return { ...stmt, names, value };
}

function inferFor(
  stmt: Extract<Stmt, { kind: "for" }>,
  scope: Scope,
  inference: Inference,
  context: InferContext,
): readonly Stmt[] {
  const bounds = (["start", "stop", "step"] as const).map((what) => ({
    what,
    value: inferValue(stmt[what], scope, inference),
  }));
  let fine = true;
  for (const { what, value } of bounds) {
    if (isPoisoned(value)) fine = false;
    else if (!isWhole(value.type))
      fine = context.fail(problems.loopBound(value.span, { what, type: value.type }, context.origins(value))) !== null;
    else if (stmt.static && value.type.kind !== "const")
      fine =
        context.fail(problems.staticBound(value.span, { what, type: value.type }, context.origins(value))) !== null;
  }
  const step = bounds[2]!.value;
  if (step.type.kind === "const" && step.type.dim === 0) context.fail(problems.badStep(step.span));
  const types = bounds.map(({ value }) => value.type).filter((type) => isNumbers(type) || isConstNumber(type));
  const dtype = fine ? commonDType(types) : "i32";
  const [start, stop, by] = bounds.map(({ value }) =>
    fine && value.type.kind === "tile" ? (convert(value, dtype, context) ?? value) : value,
  );
  const options = resolveAttrs(stmt.options, "range", stmt.span, scope, context) ?? {};
  checkLoopOptions(options, stmt.span, context);
  const carried = scope.carried(stmt.body);
  const variable: Type = stmt.static
    ? { kind: "const", of: "int", dim: { op: "name", args: [stmt.variable] } }
    : fine
      ? scalar(dtype)
      : UNKNOWN;
  scope.depth++;
  scope.declare(stmt.variable, variable, stmt.span);
  scope.depth--;
  const body = loopBody(stmt.body, scope, inference);
  const loop = { ...stmt, start: start!, stop: stop!, step: by!, options, body, carried };
  return fine ? countedTurns(loop, dtype, scope, context) : [loop];
}

const isWhole = (type: Type): boolean =>
  (type.kind === "const" && type.of === "int") || (isNumbers(type) && type.shape.length === 0 && isInteger(type.dtype));

function inferCondition(statement: string, condition: Expr, scope: Scope, inference: Inference): Expr {
  const typed = inferValue(condition, scope, inference);
  if (isPoisoned(typed)) return typed;
  const context = inference.context(scope);
  const { type } = typed;
  const notes = context.origins(typed);
  if (shapeOf(type).length > 0) context.fail(problems.tileCondition(typed.span, { statement, type }, notes));
  else if (!isBool(type)) context.fail(problems.conditionNotBool(typed.span, { statement, type }, notes));
  return typed;
}
