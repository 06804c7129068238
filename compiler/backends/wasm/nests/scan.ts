import { SCALAR } from "../emit/scalar-primitives.js";
import { i32, NUMBERS } from "../encode/instructions.js";
import { BYTES, REPRESENTATION } from "../encode/representation.js";
import { dtypeOf } from "../lanes/build.js";
import { axisOf, flatIndex, shapeOf, steps } from "../lanes/shapes.js";
import type { Variable } from "../lanes/variables.js";
import type { OpExpr } from "../ops.js";
import { assignTile, copyTile, type TileVariable } from "./assign.js";
import type { Host } from "./host.js";
import { runElements } from "./nest.js";

/** Running sums or products along an axis, from its end with `reverse`. */
export const cumulate =
  (combine: "add" | "mul") =>
  (host: Host, expr: OpExpr, to: Variable | null): Variable => {
    const shape = shapeOf(expr);
    const dtype = dtypeOf(expr);
    const axis = axisOf(Number(expr.attrs.axis ?? 0), shape.length);
    const scanned = host.temporary(dtype, shape);
    assignTile(host, expr.args.x!, scanned);
    const { fb } = host;
    const type = REPRESENTATION[dtype];
    const bytes = BYTES[type] * steps(shape)[axis]!;
    const others = shape.map((_size, at) => at).filter((at) => at !== axis && shape[at]! > 1);
    runElements(host, shape, others, (nest) => {
      const place = flatIndex(nest.graph, shape, nest.index(0));
      nest.at(nest.innermost, () => {
        const first = i32.mul(nest.emitter.scalar(place, nest.innermost), i32.const(BYTES[type]));
        const skip = expr.attrs.reverse === true ? bytes * (shape[axis]! - 1) : 0;
        const at = fb.hold("i32", i32.add(i32.add(host.fb.get(host.frame), first), i32.const(scanned.slot + skip)));
        const sofar = fb.hold(type, NUMBERS[type].load(0, fb.get(at)));
        const operation = { fb, module: fb.module, from: dtype, dtype };
        if (shape[axis]! > 1)
          fb.count(fb.local("i32"), shape[axis]! - 1, 1, () => {
            fb.set(at, i32.add(fb.get(at), i32.const(expr.attrs.reverse === true ? -bytes : bytes)));
            fb.set(sofar, SCALAR[combine]!(operation, fb.get(sofar), NUMBERS[type].load(0, fb.get(at))));
            fb.push(NUMBERS[type].store(0, fb.get(at), fb.get(sofar)));
          });
      });
    });
    if (to === null) return scanned;
    copyTile(host, scanned, to as TileVariable);
    return to;
  };
