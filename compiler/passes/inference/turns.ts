import { type DType, type Expr, type Span, type Stmt, scalar, type Type } from "../../ir/index.js";
import { convert, type InferContext, literal, OPS } from "../../ops/index.js";
import type { Scope } from "./scope.js";

type For = Extract<Stmt, { kind: "for" }>;

const POSITIVE: Readonly<Record<string, (args: readonly boolean[]) => boolean>> = {
  numPrograms: () => true,
  add: (args) => args.every(Boolean),
  mul: (args) => args.every(Boolean),
  minimum: (args) => args.every(Boolean),
  maximum: (args) => args.some(Boolean),
  cast: ([x]) => x!,
  multipleOf: ([x]) => x!,
};

/** Whether a step surely counts up. A constant says so itself when it has its value, and one in a product is a size. */
function isPositive(step: Expr, scope: Scope): boolean {
  if (step.kind === "literal") return Number(step.value) > 0;
  if (step.type.kind === "const") return true;
  if (step.kind === "ref") return scope.variables.get(step.name)?.positive ?? false;
  if (step.kind !== "op") return false;
  return POSITIVE[step.op]?.(Object.values(step.args).map((arg) => isPositive(arg, scope))) ?? false;
}

/** Of a variable that keeps its first value. */
export const keepsPositive = (name: string, value: Expr, scope: Scope): boolean =>
  !scope.reassigned.has(name) && isPositive(value, scope);

/**
 * Triton counts up by a step that it does not know when it compiles, whatever its sign. A loop with such a step counts its turns, and its
 * variable is computed from them.
 */
export function countedTurns(loop: For, dtype: DType, scope: Scope, context: InferContext): readonly Stmt[] {
  if (loop.static || isPositive(loop.step, scope)) return [loop];
  const { span } = loop;
  const type = scalar(dtype);
  const before: Stmt[] = [];
  const held = (what: string, given: Expr): Expr | null => {
    if (given.kind === "literal") return given;
    const value = convert(given, dtype, context);
    if (!value) return null;
    const name = `${loop.variable}$${what}`;
    before.push({ kind: "assign", name, value, declares: true, span });
    scope.declare(name, type, span);
    return reference(name, type, span);
  };
  const op = (name: string, a: Expr | null, b: Expr | null): Expr | null =>
    a && b && OPS.get(name)!.infer({ op: name, args: { a, b }, attrs: {}, span }, context);
  const [start, step] = [held("start", loop.start), held("step", loop.step)];
  const quotient = op("cdiv", op("sub", loop.stop, start), step);
  const turn = `${loop.variable}$turn`;
  const value = op("add", start, op("mul", reference(turn, type, span), step));
  const turns = op("maximum", quotient, whole(0, span));
  // What does not fit has been reported.
  if (!value || !turns) return [loop];
  const counter: Stmt = { kind: "assign", name: loop.variable, value, declares: true, span };
  return [
    ...before,
    {
      ...loop,
      variable: turn,
      start: whole(0, span),
      stop: turns,
      step: whole(1, span),
      body: [counter, ...loop.body],
    },
  ];
}

const reference = (name: string, type: Type, span: Span): Expr => ({ kind: "ref", name, type, span });
const whole = (value: number, span: Span): Expr => literal(value, { kind: "const", of: "int", dim: value }, span);
