import { type DType, isFloat } from "../../../ir/index.js";
import { SCALAR } from "../emit/scalar-primitives.js";
import { FunctionBuilder, type Local } from "../encode/function.js";
import { call, type Instruction, i32, NUMBERS } from "../encode/instructions.js";
import type { ModuleBuilder } from "../encode/module.js";
import { BYTES, REPRESENTATION } from "../encode/representation.js";
import { dtypeOf } from "../lanes/build.js";
import { elements, shapeOf } from "../lanes/shapes.js";
import type { Variable } from "../lanes/variables.js";
import type { OpExpr } from "../ops.js";
import { assignTile, copyTile, type TileVariable } from "./assign.js";
import type { Host } from "./host.js";
import { bitonic } from "./sort.js";

/** The places of elements along the last axis in their order. */
export function argsort(host: Host, expr: OpExpr, to: Variable | null): Variable {
  const { fb } = host;
  const shape = shapeOf(expr);
  const size = shape.at(-1)!;
  const dtype = dtypeOf(expr.args.x!);
  const keys = assignTile(host, expr.args.x!, host.temporary(dtype, shape));
  const places = host.temporary("i32", shape) as TileVariable;
  const name = argsortFunction(fb.module, dtype, size, expr.attrs.descending === true);
  const row = fb.local("i32");
  fb.count(row, elements(shape.slice(0, -1)), 1, () => {
    const at = ({ slot }: TileVariable, bytes: number): Instruction => {
      const start = i32.add(host.fb.get(host.frame), i32.const(slot));
      return i32.add(start, i32.mul(fb.get(row), i32.const(size * bytes)));
    };
    fb.push(call(name, at(keys, BYTES[REPRESENTATION[dtype]]), at(places, 4)));
  });
  if (to === null) return places;
  copyTile(host, places, to as TileVariable);
  return to;
}

/** A function (keys, places) that writes the places. */
function argsortFunction(module: ModuleBuilder, dtype: DType, size: number, descending: boolean): string {
  const name = `argsort_${dtype}_${size}${descending ? "_down" : ""}`;
  return module.once(name, () => {
    const fb = new FunctionBuilder(module, name, ["i32", "i32"], null);
    const type = REPRESENTATION[dtype];
    const [keys, places] = fb.params as [Local, Local];
    const entry = (base: Local, index: Local, bytes: number): Instruction =>
      i32.add(fb.get(base), i32.mul(fb.get(index), i32.const(bytes)));
    const first = fb.local("i32");
    fb.count(first, size, 1, () => fb.push(i32.store(0, entry(places, first, 4), fb.get(first))));
    const operation = { fb, module, from: dtype, dtype: "bool" as const };
    const compare = (op: "gt" | "le" | "eq", a: Local, b: Local): Instruction =>
      SCALAR[op]!(operation, fb.get(a), fb.get(b));
    // NaN is greater than all numbers.
    const greater = (a: Local, b: Local): Instruction =>
      isFloat(dtype) ? i32.and(i32.eqz(compare("le", a, b)), compare("eq", b, b)) : compare("gt", a, b);
    bitonic(fb, size, (index, other, up) => {
      const [low, high] = [fb.hold("i32", entry(places, index, 4)), fb.hold("i32", entry(places, other, 4))];
      const [i, j] = [fb.hold("i32", i32.load(0, fb.get(low))), fb.hold("i32", i32.load(0, fb.get(high)))];
      const key = (at: Local): Local => fb.hold(type, NUMBERS[type].load(0, entry(keys, at, BYTES[type])));
      const [x, y] = [key(i), key(j)];
      const [left, right] = descending ? [y, x] : [x, y];
      const [above, below] = [fb.hold("i32", greater(left, right)), fb.hold("i32", greater(right, left))];
      // Of equal ones the first comes first.
      const later = i32.and(i32.eqz(fb.get(below)), i32.gt_u(fb.get(i), fb.get(j)));
      fb.if(i32.eq(fb.get(up), i32.or(fb.get(above), later)), () => {
        fb.push(i32.store(0, fb.get(low), fb.get(j)));
        fb.push(i32.store(0, fb.get(high), fb.get(i)));
      });
    });
    fb.finish();
  });
}
