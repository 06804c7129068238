import type { Expr } from "../../../ir/index.js";
import { broadcast } from "../../../ops/index.js";
import { call, f64, type Instruction, i32 } from "../encode/instructions.js";
import { REPRESENTATION } from "../encode/representation.js";
import { dtypeOf } from "../lanes/build.js";
import { alignIndex, flatIndex, shapeOf } from "../lanes/shapes.js";
import type { OpExpr } from "../ops.js";
import type { Host } from "./host.js";
import { runElements } from "./nest.js";
import { stage } from "./stage.js";

/** A shape's axes in their own order. */
const inOrder = (shape: readonly number[]): number[] =>
  shape.map((_size, axis) => axis).filter((axis) => shape[axis]! > 1);

/** Tells the host each element of each value: one value after the other, elements in row-major order. */
export function print(host: Host, expr: OpExpr): void {
  const { fb, env } = host;
  const { module } = fb;
  const values = Object.values(expr.args);
  const site = env.site(expr.op, [], expr.span, {
    text: String(expr.attrs.text),
    hex: expr.attrs.hex === true,
    values: values.map((value) => ({ dtype: dtypeOf(value), shape: shapeOf(value) })),
  });
  const tell = (number: number, element: Instruction, value: Instruction, type: "f64" | "i64"): void => {
    const name = module.imported(`print_${type}`, ["i32", "i32", "i32", type], null);
    fb.push(call(name, i32.const(site), i32.const(number), element, value));
  };
  if (values.length === 0) tell(0, i32.const(0), f64.const(0), "f64");
  for (const [number, value] of values.entries()) {
    const shape = shapeOf(value);
    const order = inOrder(shape);
    // Doubles hold the numbers of every dtype but the integers of 64 bits.
    const type = REPRESENTATION[dtypeOf(value)] === "i64" ? "i64" : "f64";
    stage(host, value, shape, order);
    runElements(host, shape, order, (nest) => {
      const index = nest.index(0);
      const node = nest.builder.convert(nest.builder.build(value, index), type);
      const place = flatIndex(nest.graph, shape, index);
      const { emitter, innermost } = nest;
      nest.at(innermost, () => tell(number, emitter.scalar(place, innermost), emitter.scalar(node, innermost), type));
    });
  }
}

/** Breaks the kernel off at the first element, in row-major order, for which the condition does not hold and the mask does. */
export function assertion(host: Host, expr: OpExpr): void {
  const { fb, env } = host;
  const { module } = fb;
  const { condition, mask } = expr.args;
  const shape = (broadcast(shapeOf(condition!), mask ? shapeOf(mask) : []) ?? []) as readonly number[];
  const site = env.site(expr.op, [], expr.span, {
    text: String(expr.attrs.message),
    values: [{ dtype: "bool", shape }],
  });
  const name = module.imported("assertion_failed", ["i32", "i32"], null);
  const order = inOrder(shape);
  stage(host, expr, shape, order);
  runElements(host, shape, order, (nest) => {
    const { builder, emitter, innermost } = nest;
    const index = nest.index(0);
    const of = (operand: Expr) => builder.build(operand, alignIndex(nest.graph, shapeOf(operand), index));
    const holds = of(condition!);
    const asked = mask ? of(mask) : null;
    const place = flatIndex(nest.graph, shape, index);
    const check = (): void =>
      fb.if(i32.eqz(emitter.scalar(holds, innermost)), () =>
        fb.push(call(name, i32.const(site), emitter.scalar(place, innermost))),
      );
    nest.at(innermost, () => {
      if (asked) fb.if(emitter.scalar(asked, innermost), check);
      else check();
    });
  });
}
