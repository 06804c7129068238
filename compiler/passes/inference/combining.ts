import * as problems from "../../diagnostics/catalogue/types.js";
import {
  type DeviceFunction,
  type Expr,
  mapExpressions,
  mapStatements,
  rewrite,
  scalar,
  walkExpressions,
  walkStatements,
} from "../../ir/index.js";
import { type InferContext, isImpure, isNumbers, OPS, operatorText, statesOf } from "../../ops/index.js";
import { inferCall } from "./calls.js";
import { isPoisoned } from "./expressions.js";
import type { Inference } from "./inference.js";
import type { Scope } from "./scope.js";

type OpExpr = Extract<Expr, { kind: "op" }>;
type CallExpr = Extract<Expr, { kind: "call" }>;

/** The call that stands for all that an op makes of a function: its arguments are numbers of the dtypes that the elements have. */
export function inferCombine(
  expr: OpExpr,
  args: Readonly<Record<string, Expr>>,
  scope: Scope,
  inference: Inference,
  context: InferContext,
): Expr {
  const combine = expr.args.combine as CallExpr;
  const elements = statesOf(args).map(
    ({ type }): Expr => ({
      kind: "literal",
      value: isNumbers(type) && type.dtype === "bool" ? false : 0,
      type: isNumbers(type) ? scalar(type.dtype) : type,
      span: combine.span,
    }),
  );
  const given = combine.args.map((_, index) => elements[index % elements.length]!);
  const called = inferCall({ ...combine, args: given }, scope, inference, context);
  if (isPoisoned(called) || called.kind !== "call") return called;
  const before = inference.problems.count;
  check(called.callee, expr.op, inference, new Set());
  return inference.problems.count === before ? called : { ...called, type: { kind: "unknown" } };
}

/** Reports what a function of elements, or one that it calls, cannot have. */
function check(name: string, op: string, inference: Inference, seen: Set<string>): void {
  const fn = [...inference.instances.values()].find((one) => one.fn.name === name)?.fn;
  if (!fn || seen.has(name)) return;
  seen.add(name);
  const { problems: found } = inference;
  walkExpressions(fn.body, (expr) => {
    if (expr.kind === "call") check(expr.callee, op, inference, seen);
    if (expr.kind === "op" && isImpure(OPS.get(expr.op)))
      found.add(problems.combineImpure(expr.span, { op, inside: operatorText(expr.op) }));
    else if (expr.type.kind === "tile" && (expr.type.shape.length > 0 || expr.type.pointer))
      found.add(problems.combineTile(expr.span, { op, type: expr.type }));
  });
  if (op === "mapElementwise" || op === "inlineAsm") return;
  checkBranches(fn, op, inference);
  for (const [key, one] of inference.instances)
    if (one.fn === fn) inference.instances.set(key, { ...one, fn: { ...fn, body: withoutBranches(fn) } });
}

/** Triton compiles reductions and scans of one block only: both sides of a choice are computed, which read no memory. */
const withoutBranches = ({ body }: DeviceFunction): DeviceFunction["body"] =>
  mapStatements(body, (stmt) => [
    mapExpressions(stmt, (expr) =>
      rewrite(expr, (one) =>
        one.kind === "op" && one.op === "select" && one.args.condition!.type.kind === "tile"
          ? { ...one, op: "where" }
          : one,
      ),
    ),
  ]);

function checkBranches(fn: DeviceFunction, op: string, inference: Inference): void {
  walkStatements(fn.body, (stmt) => {
    const isLoop = stmt.kind === "while" || (stmt.kind === "for" && !stmt.static);
    const isBranch = stmt.kind === "if" && stmt.condition.type.kind === "tile";
    if (isLoop || isBranch) inference.problems.add(problems.combineLoop(stmt.span, { op }));
  });
}
