import { call, f32, f64 } from "../encode/instructions.js";
import type { ModuleBuilder } from "../encode/module.js";
import { erf, exp, exp2, log, log2, tanh } from "../math/exponential.js";
import { cos, sin } from "../math/trigonometric.js";
import { type Emit, lanewise } from "./operands.js";

/** Functions of real numbers that are computed here, four f32 at a time. */
const ROUTINES: Readonly<Record<string, (module: ModuleBuilder) => string>> = {
  exp,
  exp2,
  log,
  log2,
  tanh,
  erf,
  sin,
  cos,
};

/** JavaScript's own function, on a double. */
const hosted =
  (name: string): Emit =>
  ({ module, dtype }, ...x) => {
    const types = x.map(() => "f64" as const);
    const imported = module.imported(`${name}_f64`, types, "f64");
    if (dtype === "f64") return call(imported, ...x);
    return f32.demote(call(imported, ...x.map((one) => f64.promote(one))));
  };

/** A function of real numbers: of f32 by a routine where there is one, else by the host's. */
export const scalarFunction =
  (name: string): Emit =>
  (op, ...x) => {
    const routine = ROUTINES[name];
    return routine && op.dtype !== "f64" ? lanewise(op, routine, x[0]!) : hosted(name)(op, ...x);
  };

/** Of four f32; undefined where it goes lane by lane. */
export function vectorFunction(name: string): Emit | undefined {
  const routine = ROUTINES[name];
  return routine && ((op, x) => call(routine(op.module), x!));
}
