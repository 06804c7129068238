import { type Expr, type Span, scalar, type Type, tile } from "../../../ir/index.js";
import { elementCount, shapeOf, statesOf } from "../../../ops/index.js";
import type { OpExpr } from "../ops.js";
import { dtypeOf, number, of, type Tile } from "./made.js";
import type { Step } from "./steps.js";

/** What putting a function of elements in place needs of the kernel around it. */
export interface Combining {
  /** A variable of its own. */
  variable(type: Type): Extract<Expr, { kind: "ref" }>;
  /** What the function makes of elements; what it does goes to `out`. */
  call(elements: readonly Expr[], out: Step[]): readonly Expr[];
}

const I32 = scalar("i32");

/** Rows of a loop: `count` turns, and in each what `body` adds. */
function loop(count: number, host: Combining, out: Step[], span: Span, body: (turn: Expr, out: Step[]) => void): void {
  const turn = host.variable(I32);
  const steps: Step[] = [];
  body(turn, steps);
  const [start, stop, step] = [0, count, 1].map((value) => number(value, span));
  out.push({ kind: "for", variable: turn.name, start: start!, stop: stop!, step: step!, body: steps, span });
}

/**
 * A reduction or a scan by a function of the author's, element by element: from the first of an axis to its last, or back with `reverse`,
 * `combine(what was combined, next)`. Triton's interpreter does it in the same order, a GPU in a tree.
 */
export function combineAlong(expr: OpExpr, states: readonly Expr[], host: Combining, out: Step[]): readonly Expr[] {
  const { span, attrs } = expr;
  const scans = expr.op === "associativeScan";
  const shape = shapeOf(states[0]!.type) as readonly number[];
  const { axis } = attrs;
  const size = axis === undefined ? elementCount(shape) : shape[axis as number]!;
  const inner = axis === undefined ? 1 : elementCount(shape.slice((axis as number) + 1));
  const outer = elementCount(shape) / size / inner;
  const types = expr.type.kind === "tuple" ? expr.type.items : [expr.type];
  const results = types.map((type) => host.variable(type));
  const sofar = states.map((state) => host.variable(scalar(dtypeOf(state))));
  const plus = (a: Expr, b: Expr): Expr => of("add", { a, b }, I32, span);
  const times = (a: Expr, by: number): Expr => of("mul", { a, b: number(by, span) }, I32, span);
  const assign = (values: readonly Expr[], to: Step[]): void => {
    // All are computed before the first is written: the values may be the variables.
    const held = values.map((value) => host.variable(value.type));
    for (const [at, { name }] of held.entries()) to.push({ kind: "assign", name, value: values[at]!, span });
    for (const [at, { name }] of sofar.entries()) to.push({ kind: "assign", name, value: held[at]!, span });
  };
  const write = (index: Expr, to: Step[]): void => {
    for (const [at, result] of results.entries()) {
      const value = sofar[at]!;
      const isScalar = shapeOf(result.type).length === 0;
      to.push(
        isScalar
          ? { kind: "assign", name: result.name, value, span }
          : { kind: "put", name: result.name, index, value, span },
      );
    }
  };
  const at = (index: Expr): readonly Expr[] =>
    states.map((x) => of("elementAt", { x, index }, scalar(dtypeOf(x)), span));
  const place = (start: Expr, turn: Expr): Expr => {
    const back = attrs.reverse ? of("sub", { a: number(size - 1, span), b: turn }, I32, span) : turn;
    return plus(start, times(back, inner));
  };
  loop(outer, host, out, span, (row, rows) =>
    loop(inner, host, rows, span, (column, columns) => {
      const start = plus(times(row, size * inner), column);
      const first = place(start, number(0, span));
      assign(at(first), columns);
      if (scans) write(first, columns);
      loop(size - 1, host, columns, span, (turn, turns) => {
        const next = host.variable(I32);
        turns.push({ kind: "assign", name: next.name, value: place(start, plus(turn, number(1, span))), span });
        assign(host.call([...sofar, ...at(next)], turns), turns);
        if (scans) write(next, turns);
      });
      if (!scans) write(plus(times(row, inner), column), columns);
    }),
  );
  return results;
}

/** A function of the author's on each element. */
export function mapElements(expr: OpExpr, operands: readonly Expr[], host: Combining, out: Step[]): readonly Expr[] {
  const { span } = expr;
  const types = (expr.type.kind === "tuple" ? expr.type.items : [expr.type]) as readonly Tile[];
  const shape = types[0]!.shape as readonly number[];
  const results = types.map((type) => host.variable(type));
  loop(elementCount(shape), host, out, span, (index, turns) => {
    const elements = operands.map((x) =>
      shapeOf(x.type).length === 0 ? x : of("elementAt", { x, index }, scalar(dtypeOf(x)), span),
    );
    const values = host.call(elements, turns);
    for (const [at, { name }] of results.entries()) turns.push({ kind: "put", name, index, value: values[at]!, span });
  });
  return results;
}

/** The operands in one shape, as Triton broadcasts them; numbers stay numbers. */
export function spread(expr: OpExpr): readonly Expr[] {
  const type = expr.type.kind === "tuple" ? expr.type.items[0]! : expr.type;
  const shape = shapeOf(type);
  return statesOf(expr.args).map((x) => {
    const own = shapeOf(x.type);
    if (own.length === 0 || own.join() === shape.join()) return x;
    return of("broadcastTo", { x }, tile(dtypeOf(x), shape), x.span, { shape });
  });
}
