import type { Expr } from "../../../ir/index.js";
import { slotPlace } from "../emit/loads.js";
import { type Instruction, i32, memory, NUMBERS, v128 } from "../encode/instructions.js";
import { BYTES, REPRESENTATION } from "../encode/representation.js";
import { dtypeOf } from "../lanes/build.js";
import type { Node } from "../lanes/node.js";
import { flatIndex, shapeOf } from "../lanes/shapes.js";
import type { Variable } from "../lanes/variables.js";
import { costOf } from "./cost.js";
import type { Host } from "./host.js";
import { loopsOver, type Nest, runNest } from "./nest.js";
import { stage } from "./stage.js";

export type TileVariable = Extract<Variable, { kind: "tile" }>;

/** Computes a tile into `to`, or into a temporary. */
export function assignTile(host: Host, expr: Expr, to: TileVariable | null): TileVariable {
  const target = to ?? host.temporary(dtypeOf(expr), shapeOf(expr));
  assignTiles(host, [{ expr, target }]);
  return target;
}

export interface TileAssignment {
  readonly expr: Expr;
  readonly target: TileVariable;
}

/** Computes tiles of one shape in one pass, so that what they have in common is computed once. None may read another's target. */
export function assignTiles(host: Host, assignments: readonly TileAssignment[]): void {
  const shape = shapeOf(assignments[0]!.expr);
  const work = assignments.reduce((sum, { expr }) => sum + costOf(expr, host.env), 0);
  const plan = loopsOver(shape, work);
  for (const { expr } of assignments) stage(host, expr, shape, plan.order);
  runNest(host, plan, (nest) => {
    const outputs = assignments.map(({ expr, target }) => {
      const copies = copiesOf(nest, (index) => ({
        value: nest.builder.convert(nest.builder.build(expr, index), target.dtype),
        place: flatIndex(nest.graph, shape, index),
      }));
      // A tile that is read at other places than it is written must not change while it is read.
      const shifted = copies.some(({ value, place }) => readsElsewhere(value, target.slot, place));
      return { target, copies, into: shifted ? host.temporary(target.dtype, shape) : target };
    });
    const emit = (): void => {
      for (let copy = 0; copy < nest.copies; copy++)
        for (const { into, copies } of outputs) {
          const { value, place } = copies[copy]!;
          nest.at(nest.innermost, () => storeInSlot(nest, into, place, value));
        }
      for (const { into, target } of outputs) if (into !== target) nest.atEnd(0, () => copyTile(host, into, target));
    };
    const all = outputs.flatMap(({ copies }) => copies);
    return { values: all.map((one) => one.value), emit };
  });
}

export function copiesOf<T>(nest: Nest, of: (index: readonly Node[], copy: number) => T): T[] {
  return Array.from({ length: nest.copies }, (_, copy) => of(nest.index(copy), copy));
}

/** Writes one vector (or element) of a tile in scratch memory. */
export function storeInSlot(nest: Nest, to: TileVariable, place: Node, value: Node): void {
  storeRef(nest, to, place, nest.value(value), nest.innermost);
}

export function storeRef(nest: Nest, to: TileVariable, place: Node, value: Instruction, level: number): void {
  const { emitter } = nest;
  const { fb } = emitter;
  const { base, offset } = slotPlace(emitter, to.slot, to.dtype, place, level);
  if (nest.vector && place.stride === 1) {
    fb.push(v128.store(offset, base, value));
    return;
  }
  if (nest.vector && place.stride !== 0) {
    const start = fb.hold("i32", base);
    const vector = fb.hold("v128", value);
    for (let lane = 0; lane < 4; lane++)
      fb.push(v128.store32_lane(offset + 4 * lane * place.stride!, lane, fb.get(start), fb.get(vector)));
    return;
  }
  const type = REPRESENTATION[to.dtype];
  const stored = to.dtype === "bool" ? i32.sub(i32.const(0), value) : value;
  fb.push(NUMBERS[type].store(offset, base, stored));
}

/** Whether a value reads the tile in `slot` at another place than `place`. */
export function readsElsewhere(value: Node, slot: number, place: Node): boolean {
  const seen = new Set<Node>();
  const visit = (node: Node): boolean => {
    if (seen.has(node)) return false;
    seen.add(node);
    if (node.data?.kind === "slot" && node.data.offset === slot && node.args[0] !== place) return true;
    return node.args.some(visit);
  };
  return visit(value);
}

export function copyTile(host: Host, from: TileVariable, to: TileVariable): void {
  const { fb, frame } = host;
  const bytes = from.shape.reduce((a, b) => a * b, 1) * BYTES[REPRESENTATION[from.dtype]];
  const at = (slot: number): Instruction => i32.add(fb.get(frame), i32.const(slot));
  fb.push(memory.copy(at(to.slot), at(from.slot), i32.const(bytes)));
}
