import type { DType } from "../../../ir/index.js";
import { SCALAR } from "../emit/scalar-primitives.js";
import { FunctionBuilder, type Local } from "../encode/function.js";
import { br_if, call, type Instruction, i32, memory, NUMBERS, select } from "../encode/instructions.js";
import type { ModuleBuilder } from "../encode/module.js";
import { BYTES, REPRESENTATION } from "../encode/representation.js";
import { dtypeOf } from "../lanes/build.js";
import { elements, shapeOf } from "../lanes/shapes.js";
import type { Variable } from "../lanes/variables.js";
import type { OpExpr } from "../ops.js";
import { assignTile, copyTile, type TileVariable } from "./assign.js";
import type { Host } from "./host.js";

/** Sorts along the last axis. */
export function sort(host: Host, expr: OpExpr, to: Variable | null): Variable {
  const sorted = sortedLines(host, expr, expr.attrs.descending === true);
  if (to === null) return sorted;
  copyTile(host, sorted, to as TileVariable);
  return to;
}

/** The first of each line, sorted. */
export function topk(host: Host, expr: OpExpr, to: Variable | null): Variable {
  const shape = shapeOf(expr);
  const dtype = dtypeOf(expr);
  const sorted = sortedLines(host, expr, expr.attrs.ascending !== true);
  const { slot } = (to ?? host.temporary(dtype, shape)) as TileVariable;
  const { fb, frame } = host;
  const [before, after] = [sorted.shape, shape].map((one) => one.at(-1)! * BYTES[REPRESENTATION[dtype]]);
  const row = fb.local("i32");
  fb.count(row, elements(shape.slice(0, -1)), 1, () => {
    const at = (start: number, line: number): Instruction =>
      i32.add(i32.add(fb.get(frame), i32.mul(fb.get(row), i32.const(line))), i32.const(start));
    fb.push(memory.copy(at(slot, after!), at(sorted.slot, before!), i32.const(after!)));
  });
  return to ?? { kind: "tile", dtype, shape, slot };
}

function sortedLines(host: Host, expr: OpExpr, descending: boolean): TileVariable {
  const dtype = dtypeOf(expr);
  const shape = shapeOf(expr.args.x!);
  const sorted = assignTile(host, expr.args.x!, host.temporary(dtype, shape));
  const size = shape.at(-1)!;
  const { fb } = host;
  const name = sortFunction(fb.module, dtype, size, descending);
  const rows = elements(shape.slice(0, -1));
  const row = fb.local("i32");
  fb.count(row, rows, 1, () => {
    const start = i32.mul(fb.get(row), i32.const(size * BYTES[REPRESENTATION[dtype]]));
    const address = i32.add(i32.add(host.fb.get(host.frame), start), i32.const(sorted.slot));
    fb.push(call(name, address));
  });
  return sorted;
}

function sortFunction(module: ModuleBuilder, dtype: DType, size: number, descending: boolean): string {
  const name = `sort_${dtype}_${size}${descending ? "_down" : ""}`;
  return module.once(name, () => {
    const fb = new FunctionBuilder(module, name, ["i32"], null);
    const type = REPRESENTATION[dtype];
    const at = (position: Local): Instruction =>
      i32.add(fb.get(fb.params[0]!), i32.mul(fb.get(position), i32.const(BYTES[type])));
    bitonic(fb, size, (index, other, up) => {
      const [low, high] = [fb.hold("i32", at(index)), fb.hold("i32", at(other))];
      const [x, y] = [low, high].map((place) => fb.hold(type, NUMBERS[type].load(0, fb.get(place))));
      const operation = { fb, module, from: dtype, dtype: "bool" as const };
      const order = (name: "gt" | "lt"): Instruction => SCALAR[name]!(operation, fb.get(x!), fb.get(y!));
      const [rising, falling] = descending ? (["lt", "gt"] as const) : (["gt", "lt"] as const);
      fb.if(select(fb.get(up), order(rising), order(falling)), () => {
        fb.push(NUMBERS[type].store(0, fb.get(low), fb.get(y!)));
        fb.push(NUMBERS[type].store(0, fb.get(high), fb.get(x!)));
      });
    });
    fb.finish();
  });
}

/**
 * Bitonic sort of a power of two of elements in place (K. Batcher, "Sorting networks and their applications", 1968): for runs of 2, 4, …
 * and distances of half the run down to 1, elements a distance apart change places when they are out of the run's order, which is up or down.
 */
export function bitonic(
  fb: FunctionBuilder,
  size: number,
  exchange: (index: Local, other: Local, up: Local) => void,
): void {
  const [run, distance, index] = [fb.local("i32"), fb.local("i32"), fb.local("i32")];
  const halving = (local: Local, exit: string): void => {
    fb.set(local, i32.shr_u(fb.get(local), i32.const(1)));
    fb.push(br_if(exit, i32.eqz(fb.get(local))));
  };
  fb.set(run, i32.const(1));
  fb.forever((sorted) => {
    fb.set(run, i32.shl(fb.get(run), i32.const(1)));
    fb.push(br_if(sorted, i32.gt_u(fb.get(run), i32.const(size))));
    fb.set(distance, fb.get(run));
    fb.forever((merged) => {
      halving(distance, merged);
      fb.count(index, size, 1, () => {
        const other = fb.hold("i32", i32.xor(fb.get(index), fb.get(distance)));
        fb.if(i32.gt_u(fb.get(other), fb.get(index)), () =>
          exchange(index, other, fb.hold("i32", i32.eqz(i32.and(fb.get(index), fb.get(run))))),
        );
      });
    });
  });
}
