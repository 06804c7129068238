import * as problems from "../../diagnostics/catalogue/types.js";
import { type DType, type Expr, placed, type Stmt, turns } from "../../ir/index.js";
import { commonDType, isConstNumber, isNumbers } from "../../ops/index.js";
import { checkLoopOptions } from "../loop-options.js";
import { decayConstants } from "./decay-constants.js";
import { Known } from "./known.js";
import { mustUnroll, type Specialization } from "./specialization.js";
import { withSuffix } from "./unroll.js";

type Rule<K extends Stmt["kind"]> = (
  stmt: Extract<Stmt, { kind: K }>,
  known: Known,
  pass: Specialization,
) => readonly Stmt[];

export function specializeBody(body: readonly Stmt[], known: Known, pass: Specialization): readonly Stmt[] {
  const result: Stmt[] = [];
  for (const stmt of body) {
    const rule = RULES[stmt.kind] as Rule<Stmt["kind"]>;
    const made = placed(
      () => stmt.span,
      () => pass.depth.inside(() => rule(stmt as never, known, pass)),
    );
    for (const one of made) result.push(one);
    // A return that a known condition has uncovered ends the body.
    if (result.at(-1)?.kind === "return") break;
  }
  return result;
}

const RULES: { readonly [K in Stmt["kind"]]: Rule<K> } = {
  assign: (stmt, known, pass) => {
    const { annotation, ...plain } = stmt;
    if (stmt.value.type.kind === "const") {
      const value = pass.expression(stmt.value, known);
      if (value.kind === "literal") {
        known.literals.set(stmt.name, value);
        return [];
      }
      return [{ ...plain, value: decayConstants(value, pass.context) }];
    }
    return [{ ...plain, value: pass.value(stmt.value, known) }];
  },
  unpack: (stmt, known, pass) => [{ ...stmt, value: pass.value(stmt.value, known) }],
  effect: (stmt, known, pass) => {
    const { value } = stmt;
    if (value.kind === "op" && value.op === "staticAssert") {
      pass.assertion(pass.expression(value.args.condition!, known), String(value.attrs.message), value.span);
      return [];
    }
    if (value.kind === "op" && value.op === "staticPrint") {
      pass.print(Object.values(value.args), known, value.span);
      return [];
    }
    return [{ ...stmt, value: pass.value(value, known) }];
  },
  for: specializeFor,
  while: (stmt, known, pass) => {
    const condition = pass.value(stmt.condition, known);
    if (isLiteral(condition, false)) return [];
    return [{ ...stmt, condition, body: specializeBody(stmt.body, known, pass) }];
  },
  if: (stmt, known, pass) => {
    const condition = pass.value(stmt.condition, known);
    if (isLiteral(condition, true)) return specializeBody(stmt.then, known, pass);
    if (isLiteral(condition, false)) return specializeBody(stmt.else, known, pass);
    const [then, otherwise] = [specializeBody(stmt.then, known, pass), specializeBody(stmt.else, known, pass)];
    return [{ ...stmt, condition, then, else: otherwise }];
  },
  return: (stmt, known, pass) => [stmt.value === null ? stmt : { ...stmt, value: pass.value(stmt.value, known) }],
};

const isLiteral = (expr: Expr, value: boolean): boolean => expr.kind === "literal" && expr.value === value;

/** The dtype of a loop's variable, as inference has found it: a constant without a value yet is an i32, whatever it will be. */
function loopDType({ static: known, start, stop, step }: Extract<Stmt, { kind: "for" }>): DType {
  const types = [start, stop, step].map(({ type }) => type);
  return known ? "i32" : commonDType(types.filter((type) => isNumbers(type) || isConstNumber(type)));
}

function specializeFor(stmt: Extract<Stmt, { kind: "for" }>, known: Known, pass: Specialization): readonly Stmt[] {
  const dtype = loopDType(stmt);
  const [start, stop, step] = [stmt.start, stmt.stop, stmt.step].map((bound) => pass.valueIn(dtype, bound, known)) as [
    Expr,
    Expr,
    Expr,
  ];
  const numbers = [start, stop, step].map((bound) => (bound.kind === "literal" ? Number(bound.value) : null));
  if (numbers[2] === 0) pass.context.fail(problems.badStep(stmt.step.span));
  else if (stmt.static && !numbers.includes(null) && mustUnroll(stmt.variable, stmt.body))
    return unrolled(stmt, turns(...(numbers as [number, number, number])), known, pass);
  const inner = new Known(known);
  const options = known.attrs(stmt.options);
  checkLoopOptions(options, stmt.span, pass.context);
  return [{ ...stmt, start, stop, step, options, body: specializeBody(stmt.body, inner, pass) }];
}

function unrolled(
  stmt: Extract<Stmt, { kind: "for" }>,
  values: readonly number[],
  known: Known,
  pass: Specialization,
): readonly Stmt[] {
  return values.flatMap((value) => {
    const inner = new Known(known);
    inner.set(stmt.variable, {
      kind: "literal",
      value,
      type: { kind: "const", of: "int", dim: value },
      span: stmt.span,
    });
    return withSuffix(specializeBody(stmt.body, inner, pass), `@${value}`);
  });
}
