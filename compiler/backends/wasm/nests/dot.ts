import type { Expr } from "../../../ir/index.js";
import { call, type Instruction, i32, memory } from "../encode/instructions.js";
import { BYTES, REPRESENTATION } from "../encode/representation.js";
import { dtypeOf } from "../lanes/build.js";
import { elements, orderOf, shapeOf } from "../lanes/shapes.js";
import type { Variable } from "../lanes/variables.js";
import type { OpExpr } from "../ops.js";
import { assignTile, copyTile, type TileVariable } from "./assign.js";
import { dotFunction } from "./dot-function.js";
import type { Host } from "./host.js";

/**
 * a [M, K] · b [K, N] (+ acc). The operands are brought into scratch memory as f32 (or i32) and multiplied by a blocked routine; the second
 * one may lie there transposed, which is how a product with trans(x) reads x without moving it.
 */
export function dot(host: Host, expr: OpExpr, to: Variable | null): Variable {
  const { fb } = host;
  const target = (to ?? host.temporary(dtypeOf(expr), shapeOf(expr))) as TileVariable;
  const a = operand(host, expr.args.a!);
  const { of, transposed } = untransposed(host, expr.args.b!);
  const b = operand(host, of);
  // What is multiplied must not be overwritten by the sum.
  const clash = a.slot === target.slot || b.slot === target.slot;
  const sum = clash ? host.temporary(target.dtype, target.shape) : target;
  start(host, expr.args.acc, sum);
  const [m, k, n] = [a.shape.at(-2)!, a.shape.at(-1)!, target.shape.at(-1)!];
  const name = dotFunction(fb.module, { m, k, n, transposed, dtype: sum.dtype });
  const batches = elements(target.shape.slice(0, -2));
  const at = (tile: TileVariable, batch: number, size: number): Instruction =>
    i32.add(host.fb.get(host.frame), i32.const(tile.slot + batch * size * bytesOf(tile)));
  for (let batch = 0; batch < batches; batch++)
    fb.push(call(name, at(a, batch, m * k), at(b, batch, k * n), at(sum, batch, m * n)));
  if (clash) copyTile(host, sum, target);
  return target;
}

const bytesOf = (tile: TileVariable): number => BYTES[REPRESENTATION[tile.dtype]];

function operand(host: Host, expr: Expr): TileVariable {
  const { env } = host;
  const stored = expr.kind === "ref" && !env.inlined.has(expr.name) ? env.variable(expr.name) : env.ahead.get(expr);
  if (stored?.kind === "tile") return stored;
  const tile = assignTile(host, expr, null);
  env.ahead.set(expr, tile);
  return tile;
}

/** The tile under a swap of the last two axes; looks through variables that are computed in place. */
function untransposed(host: Host, expr: Expr): { of: Expr; transposed: boolean } {
  let x = expr;
  for (let inner = x.kind === "ref" ? host.env.inlined.get(x.name) : undefined; inner; ) {
    x = inner;
    inner = x.kind === "ref" ? host.env.inlined.get(x.name) : undefined;
  }
  if (x.kind !== "op" || (x.op !== "trans" && x.op !== "permute") || host.env.ahead.has(x))
    return { of: expr, transposed: false };
  const rank = shapeOf(x).length;
  const order = orderOf(x.attrs.order, rank);
  const swaps = orderOf(undefined, rank).every((axis, at) => axis === order[at]);
  return swaps ? { of: x.args.x!, transposed: true } : { of: expr, transposed: false };
}

/** The sum starts as `acc`, or as zero. */
function start(host: Host, acc: Expr | undefined, sum: TileVariable): void {
  const { fb, env } = host;
  if (!acc) {
    const address = i32.add(host.fb.get(host.frame), i32.const(sum.slot));
    fb.push(memory.fill(address, i32.const(0), i32.const(elements(sum.shape) * bytesOf(sum))));
    return;
  }
  const itself = acc.kind === "ref" && !env.inlined.has(acc.name) ? env.variable(acc.name) : env.ahead.get(acc);
  if (itself === sum) return;
  if (acc.kind === "op" && acc.op === "dot" && !env.ahead.has(acc)) {
    dot(host, acc, sum);
    return;
  }
  assignTile(host, acc, sum);
}
