import { i32, memory } from "../encode/instructions.js";
import { alignIndex, shapeOf } from "../lanes/shapes.js";
import type { Variable } from "../lanes/variables.js";
import type { OpExpr } from "../ops.js";
import { copyTile, type TileVariable } from "./assign.js";
import type { Host } from "./host.js";
import { runElements } from "./nest.js";
import { stage } from "./stage.js";

const BYTES_OF_COUNT = 4;

/** Counts numbers, one after the other. One outside of the bins counts in some bin: it must not count elsewhere. */
export function histogram(host: Host, expr: OpExpr, to: Variable | null): Variable {
  const { x, mask } = expr.args;
  const [bins] = shapeOf(expr);
  const counts = host.temporary("i32", [bins!]);
  const { fb } = host;
  const start = () => i32.add(host.fb.get(host.frame), i32.const(counts.slot));
  fb.push(memory.fill(start(), i32.const(0), i32.const(bins! * BYTES_OF_COUNT)));
  const extents = shapeOf(x!);
  for (const one of [x!, mask]) if (one) stage(host, one, extents, [0]);
  runElements(host, extents, [0], (nest) => {
    const index = nest.index(0);
    const number = nest.builder.build(x!, index);
    const counted = mask && nest.builder.build(mask, alignIndex(nest.graph, shapeOf(mask), index));
    nest.at(nest.innermost, () => {
      const bin = i32.and(nest.value(number), i32.const(bins! - 1));
      const at = fb.hold("i32", i32.add(start(), i32.mul(bin, i32.const(BYTES_OF_COUNT))));
      const more = counted ? nest.value(counted) : i32.const(1);
      fb.push(i32.store(0, fb.get(at), i32.add(i32.load(0, fb.get(at)), more)));
    });
  });
  if (to === null) return counts;
  copyTile(host, counts, to as TileVariable);
  return to;
}
