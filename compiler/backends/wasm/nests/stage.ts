import { DTYPES, type Expr, isFloat, isNarrow, operands } from "../../../ir/index.js";
import { dtypeOf, MOVES } from "../lanes/build.js";
import { axisOf, orderOf, shapeOf } from "../lanes/shapes.js";
import type { Environment } from "../lanes/variables.js";
import { BLOCK_ATOMICS, isWhole, type OpExpr } from "../ops.js";
import { assignTile } from "./assign.js";
import { costOf } from "./cost.js";
import type { Host } from "./host.js";
import { computeWhole } from "./whole.js";

/** For each axis of an expression, the loops that its index depends on. */
type Axes = readonly ReadonlySet<number>[];

/** Work below this is repeated rather than stored and read back. */
const WORTH_STORING = 5;

/**
 * Computes ahead what the loops over `order` (axes, outermost first) cannot or should not compute in place: whole ops, and dear
 * sub-expressions that an outer loop would compute again and again because they do not depend on it.
 */
export function stage(host: Host, expr: Expr, extents: readonly number[], order: readonly number[]): void {
  const axes = extents.map((_extent, axis) => new Set(order.includes(axis) ? [axis] : []));
  new Stage(host, expr, extents, order).visit(expr, axes);
}

class Stage {
  private readonly host: Host;
  private readonly extents: readonly number[];
  private readonly order: readonly number[];
  /** Variables that are computed in place, and how often each is read. */
  private readonly reads = new Map<string, number>();

  constructor(host: Host, expr: Expr, extents: readonly number[], order: readonly number[]) {
    this.host = host;
    this.extents = extents;
    this.order = order;
    this.count(expr);
  }

  private count(expr: Expr): void {
    const inlined = expr.kind === "ref" ? this.host.env.inlined.get(expr.name) : undefined;
    if (inlined && expr.kind === "ref") {
      const before = this.reads.get(expr.name) ?? 0;
      this.reads.set(expr.name, before + 1);
      if (before === 0) this.count(inlined);
    }
    for (const operand of operands(expr)) this.count(operand);
  }

  visit(expr: Expr, axes: Axes): void {
    const { env } = this.host;
    if (env.ahead.has(expr)) return;
    if (expr.kind === "ref") {
      const inlined = env.inlined.get(expr.name);
      if (inlined) this.visit(inlined, axes);
      return;
    }
    if (expr.kind !== "op") return;
    if (isWhole(expr)) {
      env.ahead.set(expr, computeWhole(this.host, expr, null));
      return;
    }
    const mine = loopsOf(axes);
    for (const operand of operands(expr)) {
      const theirs = operandAxes(expr, operand, axes);
      const repeats = loopsOf(theirs).size < mine.size && this.repeats(operand, loopsOf(theirs));
      const shared = repeats ? this.shared(operand) : null;
      if (repeats && !(shared && isReadAsItIs(shared, env))) {
        const stored = shared ?? unwidened(operand);
        if (!env.ahead.has(stored)) env.ahead.set(stored, assignTile(this.host, stored, null));
      } else this.visit(operand, theirs);
    }
  }

  /** What an operand makes little of, where others make something of it too: it is stored once for all of them. */
  private shared(operand: Expr): Expr | null {
    const { env } = this.host;
    const all = costOf(operand, env);
    for (let at: Expr | undefined = operand; at; ) {
      const inlined: Expr | undefined = at.kind === "ref" ? env.inlined.get(at.name) : undefined;
      const cost = inlined ? costOf(inlined, env) : 0;
      if (inlined && at.kind === "ref" && this.reads.get(at.name)! > 1 && cost > 1 && all - cost < WORTH_STORING)
        return inlined;
      const tiles: readonly Expr[] = inlined ? [inlined] : operands(at).filter(isTile);
      at = tiles.length === 1 ? tiles[0] : undefined;
    }
    return null;
  }

  /** Whether loops around the operand's own would compute it over and over, and storing it is cheaper. */
  private repeats(operand: Expr, loops: ReadonlySet<number>): boolean {
    const { type } = operand;
    if (type.kind !== "tile" || type.pointer || type.shape.length === 0) return false;
    const innermost = this.order.findLast((axis) => loops.has(axis));
    if (innermost === undefined) return false;
    const around = this.order.slice(0, this.order.indexOf(innermost));
    const times = around.reduce((product, axis) => (loops.has(axis) ? product : product * this.extents[axis]!), 1);
    return times > 1 && costOf(operand, this.host.env) >= WORTH_STORING;
  }
}

/** A narrow integer before it is widened: it takes no more room, and is known to be narrow where it is read back. */
function unwidened(expr: Expr): Expr {
  if (expr.kind !== "op" || expr.op !== "cast" || isFloat(dtypeOf(expr))) return expr;
  const { x } = expr.args;
  return isNarrow(dtypeOf(x!)) && !isFloat(dtypeOf(x!)) ? unwidened(x!) : expr;
}

/** Words in memory, which are read again as fast as from where they would be stored. */
function isReadAsItIs(expr: Expr, env: Environment): boolean {
  const inner =
    expr.kind === "ref" ? env.inlined.get(expr.name) : expr.kind === "op" && MOVES[expr.op] ? expr.args.x : undefined;
  if (inner) return isReadAsItIs(inner, env);
  return expr.kind === "op" && expr.op === "load" && !expr.args.mask && DTYPES[dtypeOf(expr)].bytes === 4;
}

const isTile = ({ type }: Expr): boolean => type.kind === "tile" && !type.pointer && type.shape.length > 0;

function loopsOf(axes: Axes): ReadonlySet<number> {
  return new Set(axes.flatMap((axis) => [...axis]));
}

function operandAxes(expr: OpExpr, operand: Expr, axes: Axes): Axes {
  const rearranged = REARRANGED[expr.op];
  if (rearranged) return rearranged(expr, operand, axes);
  const shape = shapeOf(operand);
  const skip = axes.length - shape.length;
  return shape.map((size, axis) => (size === 1 ? new Set<number>() : (axes[axis + skip] ?? new Set<number>())));
}

/** Axes of the operand of ops that move elements. */
const REARRANGED: Readonly<Record<string, (expr: OpExpr, operand: Expr, axes: Axes) => Axes>> = {
  expandDims: (expr, _operand, axes) =>
    axes.filter((_one, axis) => axis !== axisOf(Number(expr.attrs.axis), axes.length)),
  trans: permuted,
  permute: permuted,
  reshape: (_expr, operand, axes) => {
    const all = loopsOf(axes);
    return shapeOf(operand).map((size) => (size === 1 ? new Set<number>() : all));
  },
  gather: (expr, operand, axes) =>
    operand === expr.args.x
      ? shapeOf(operand).map((_size, axis) => (axis === expr.attrs.axis ? loopsOf(axes) : axes[axis]!))
      : axes,
  join: (_expr, _operand, axes) => axes.slice(0, -1),
  splitPart: (_expr, _operand, axes) => [...axes, new Set<number>()],
  interleave: (_expr, _operand, axes) => axes,
  loadTensorDescriptor: (_expr, operand) => shapeOf(operand).map(() => new Set<number>()),
  storeTensorDescriptor: written,
  ...Object.fromEntries(BLOCK_ATOMICS.map((op) => [op, written] as const)),
};

function written(expr: OpExpr, operand: Expr, axes: Axes): Axes {
  return operand === expr.args.value ? axes : shapeOf(operand).map(() => new Set<number>());
}

function permuted(expr: OpExpr, _operand: Expr, axes: Axes): Axes {
  const order = orderOf(expr.attrs.order, axes.length);
  const source = new Array<ReadonlySet<number>>(axes.length);
  order.forEach((axis, at) => {
    source[axis] = axes[at]!;
  });
  return source;
}
