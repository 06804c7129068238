import { DTYPES, type Expr, isFloat, operands, scalar, type Type, tile } from "../../../ir/index.js";
import { broadcast } from "../../../ops/index.js";
import { dtypeOf, number, of } from "../flatten/made.js";
import { type Flat, type Step, withBodies } from "../flatten/steps.js";
import { shapeOf } from "../lanes/shapes.js";
import { isAtomic, isWhole, type OpExpr, opOf } from "../ops.js";

/** The op that ends a kernel where a value is NaN or infinite; an assertion with a name of its own. */
export const FINITE = "finite";

const BOOL = scalar("bool");

const isFloatTile = ({ type }: Expr): boolean => type.kind === "tile" && !type.pointer && isFloat(type.dtype);

/** Ops whose result can be NaN or infinite where their operands are not: not those that only move elements. */
const canCreate = (expr: OpExpr): boolean =>
  isFloatTile(expr) &&
  !isAtomic(expr) &&
  opOf(expr)?.reads === undefined &&
  (isWhole(expr) || opOf(expr)?.elements !== undefined || expr.op === "cast");

const like = (expr: Expr): Type => tile("bool", shapeOf(expr));

/** x − x is 0 for every number, and NaN for what is none. */
function isNumber(x: Expr): Expr {
  const { span, type } = x;
  const wide = DTYPES[dtypeOf(x)].bytes >= 4 ? x : of("cast", { x }, tile("f32", shapeOf(x)), span);
  const difference = of("sub", { a: wide, b: wide }, wide.type, span);
  const zero = number(0, span, dtypeOf(wide));
  return of("eq", { a: difference, b: zero }, type.kind === "tile" ? like(x) : BOOL, span);
}

/**
 * Puts a check behind every op that can make a NaN or an infinity: the kernel ends at the first one whose operands were numbers. An element
 * of an elementwise op is held against its operands' elements, any other against its operands as a whole.
 */
export function checkFinite(flat: Flat): Flat {
  const variables = new Map(flat.variables);
  let count = 0;

  const keep = (value: Expr, out: Step[]): Expr => {
    if (value.kind === "ref" || value.kind === "literal") return value;
    const name = `$finite${count++}`;
    variables.set(name, value.type);
    out.push({ kind: "assign", name, value, span: value.span });
    return { kind: "ref", name, type: value.type, span: value.span };
  };

  const rewrite = (expr: Expr, out: Step[]): Expr => {
    if (expr.kind !== "op") return expr;
    const args = Object.entries(expr.args).map(([key, arg]) => [key, rewrite(arg, out)] as const);
    if (!canCreate(expr)) return { ...expr, args: Object.fromEntries(args) };
    const kept = args.map(([key, arg]) => [key, isFloatTile(arg) ? keep(arg, out) : arg] as const);
    const made: OpExpr = { ...expr, args: Object.fromEntries(kept) };
    const result = keep(made, out);
    out.push({ kind: "effect", value: check(made, result), span: expr.span });
    return result;
  };

  const steps = (list: readonly Step[]): Step[] => list.flatMap((step) => rewriteStep(step, rewrite, steps));
  return { steps: steps(flat.steps), variables };
}

function check(made: OpExpr, result: Expr): Expr {
  const { span } = made;
  const elementwise = !isWhole(made);
  const whole = (x: Expr): Expr => (shapeOf(x).length === 0 ? x : of("all", { x }, BOOL, span));
  const masks = operands(made)
    .filter(isFloatTile)
    .map((operand) => {
      const finite = isNumber(operand);
      return elementwise ? finite : whole(finite);
    });
  const both = (a: Expr, b: Expr): Expr => {
    const shape = broadcast(shapeOf(a), shapeOf(b)) ?? [];
    return of("and", { a, b }, tile("bool", shape), span);
  };
  const mask = masks.length > 0 ? masks.reduce(both) : undefined;
  const type: Type = { kind: "void" };
  return of(FINITE, { condition: isNumber(result), ...(mask && { mask }) }, type, span, { message: made.op });
}

type Rewrite = (expr: Expr, out: Step[]) => Expr;

/** A step with its expressions rewritten, behind the steps that compute parts of them. */
function rewriteStep(step: Step, rewrite: Rewrite, inner: (list: readonly Step[]) => Step[]): Step[] {
  const out: Step[] = [];
  const again = (expr: Expr): Expr => rewrite(expr, out);
  switch (step.kind) {
    case "assign":
    case "effect":
      return ordered(out, { ...step, value: again(step.value) });
    case "put":
      return ordered(out, { ...step, index: again(step.index), value: again(step.value) });
    case "for": {
      const bounds = { start: again(step.start), stop: again(step.stop), step: again(step.step) };
      return ordered(out, { ...step, ...bounds, body: inner(step.body) });
    }
    case "while": {
      const condition = again(step.condition);
      return [{ ...step, before: [...inner(step.before), ...out], condition, body: inner(step.body) }];
    }
    case "if":
      return ordered(out, {
        ...step,
        condition: again(step.condition),
        then: inner(step.then),
        else: inner(step.else),
      });
    default:
      return [withBodies(step, inner)];
  }
}

const ordered = (before: readonly Step[], step: Step): Step[] => [...before, step];
