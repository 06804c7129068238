import { type DType, integerRange, isFloat } from "../../../ir/index.js";
import type { Operation } from "../emit/operands.js";
import { SCALAR } from "../emit/scalar-primitives.js";
import { VECTOR } from "../emit/vector-primitives.js";
import type { FunctionBuilder, Local } from "../encode/function.js";
import { type Instruction, i8x16, i32, i32x4, select, v128 } from "../encode/instructions.js";
import { REPRESENTATION } from "../encode/representation.js";
import { dtypeOf } from "../lanes/build.js";
import { sumOfEights } from "../lanes/eights.js";
import type { Graph } from "../lanes/graph.js";
import type { Node } from "../lanes/node.js";
import { axisOf, flatIndex, shapeOf } from "../lanes/shapes.js";
import type { Variable } from "../lanes/variables.js";
import type { OpExpr } from "../ops.js";
import { copiesOf, copyTile, readsElsewhere, storeRef, type TileVariable } from "./assign.js";
import { costOf } from "./cost.js";
import type { Host } from "./host.js";
import { type LoopPlan, type Nest, runNest, unrolling } from "./nest.js";
import { stage } from "./stage.js";

interface Reducer {
  /** The op that combines two elements. */
  readonly combine: string;
  readonly identity: (dtype: DType) => number | bigint;
}

/** The least and the greatest of an integer dtype, what stands in for it of a float. */
const least = (dtype: DType, otherwise: number): number | bigint =>
  isFloat(dtype) ? otherwise : integerRange(dtype)[0];
const greatest = (dtype: DType, otherwise: number): number | bigint =>
  isFloat(dtype) ? otherwise : integerRange(dtype)[1];

// A NaN as the start of a maximum gives way to any number, so only a row of NaN stays NaN.
const REDUCERS: Readonly<Record<string, Reducer>> = {
  sum: { combine: "add", identity: () => 0 },
  xorSum: { combine: "xor", identity: () => 0 },
  any: { combine: "or", identity: () => 0 },
  all: { combine: "and", identity: () => 1 },
  max: { combine: "maximum", identity: (dtype) => least(dtype, Number.NaN) },
  min: { combine: "minimum", identity: (dtype) => greatest(dtype, Number.NaN) },
};

const ARGUMENTS: Readonly<Record<string, { order: "gt" | "lt"; identity: (dtype: DType) => number | bigint }>> = {
  argmax: { order: "gt", identity: (dtype) => least(dtype, Number.NEGATIVE_INFINITY) },
  argmin: { order: "lt", identity: (dtype) => greatest(dtype, Number.POSITIVE_INFINITY) },
};

/** The axes that a reduction runs over, sums of sums taken together, and what is reduced. */
function axesOf(host: Host, expr: OpExpr): { x: OpExpr["args"][string]; axes: readonly number[] } {
  const x = expr.args.x!;
  const rank = shapeOf(x).length;
  const axes =
    expr.attrs.axis === undefined ? shapeOf(x).map((_s, axis) => axis) : [axisOf(Number(expr.attrs.axis), rank)];
  const nested =
    x.kind === "op" && x.op === expr.op && REDUCERS[expr.op] && !host.env.ahead.has(x) && dtypeOf(x) === dtypeOf(expr);
  if (!nested || x.attrs.keepDims === true) return { x, axes };
  const inner = axesOf(host, x);
  const kept = shapeOf(inner.x)
    .map((_size, axis) => axis)
    .filter((axis) => !inner.axes.includes(axis));
  return { x: inner.x, axes: [...inner.axes, ...axes.map((axis) => kept[axis]!)].sort((a, b) => a - b) };
}

/** Work of an element up to which those of two rows are computed together. */
const MOST_SHARED = 40;

/** Kept axes outside, reduced ones inside, lanes along the last axis where that divides by four; `pairs` of vectors where there are such. */
function planReduction(extents: readonly number[], axes: readonly number[], work: number, pairs: boolean): LoopPlan {
  const all = extents.map((_extent, axis) => axis).filter((axis) => extents[axis]! > 1);
  const kept = all.filter((axis) => !axes.includes(axis));
  const reduced = all.filter((axis) => axes.includes(axis));
  const order = [...kept, ...reduced];
  const candidates = [all.at(-1), reduced.at(-1), kept.at(-1)];
  const lane = candidates.find((axis) => axis !== undefined && extents[axis]! % 4 === 0) ?? null;
  const vectors = lane === null ? 1 : extents[lane]! / 4;
  const least = pairs && vectors % 2 === 0 ? 2 : 1;
  const unroll = Math.max(least, Math.min(unrolling(vectors, work), 4));
  // Where lanes are results, two rows of these read once what both are made of.
  const row = kept.findLast((axis) => axis !== lane && extents[axis]! % 2 === 0);
  const paired = lane !== null && kept.includes(lane) && reduced.length > 0 && work <= MOST_SHARED ? row : undefined;
  return { extents, order, lane, unroll, paired };
}

/** Sums, extremes and the like over some axes, or all. Floats are added in a fixed order: four partial sums a vector, then across. */
export function reduce(host: Host, expr: OpExpr, to: Variable | null): Variable {
  const { x, axes } = axesOf(host, expr);
  const extents = shapeOf(x);
  const dtype = dtypeOf(expr);
  const target = to ?? place(host, dtype, shapeOf(expr));
  // Eight products of narrow numbers may go together.
  const pairs = expr.op === "sum" && dtype === "i32";
  const plan = planReduction(extents, axes, costOf(x, host.env), pairs);
  const isKept = (axis: number): boolean => !axes.includes(axis);
  stage(host, x, extents, plan.order);
  const argument = ARGUMENTS[expr.op];
  runNest(host, plan, (nest) => {
    const keptAxes = extents.map((_extent, axis) => axis).filter(isKept);
    const level = nest.levelOf(keptAxes);
    const keptShape = keptAxes.map((axis) => extents[axis]!);
    const across = nest.vector && plan.lane !== null && !isKept(plan.lane);
    const work = copiesOf(nest, (index) => ({
      value: argument ? nest.builder.build(x, index) : nest.builder.convert(nest.builder.build(x, index), dtype),
      place: flatIndex(
        nest.graph,
        keptShape,
        keptAxes.map((axis) => index[axis]!),
      ),
      position: flatIndex(
        nest.graph,
        axes.map((axis) => extents[axis]!),
        axes.map((axis) => index[axis]!),
      ),
    }));
    // A tile that is read at other places than it is written must not change while it is read.
    const shifted = target.kind === "tile" && work.some((one) => readsElsewhere(one.value, target.slot, one.place));
    const into = shifted ? host.temporary(dtype, shapeOf(expr)) : target;
    const finish = (ref: Instruction, at: Node): void => {
      if (into.kind === "scalar") host.fb.set(into.local, ref);
      else storeRef(nest, into as TileVariable, at, ref, level);
    };
    const emit = (): void => {
      if (argument) accumulateWith(new ArgumentReduction(nest, argument, dtypeOf(x)));
      else accumulateWith(new PlainReduction(nest, REDUCERS[expr.op]!, dtype));
      if (shifted) nest.atEnd(0, () => copyTile(host, into as TileVariable, target as TileVariable));
    };
    const accumulateWith = <State>(accumulate: Reduction<State>): void => {
      const copies = across && pairs ? inEights(nest.graph, work) : work;
      // Copies of one lane loop that is reduced have sums of their own, which end in one; of others each place has one.
      const sums = new Map<unknown, State>();
      const sumOf = (one: (typeof copies)[number]): unknown => (across ? one : one.place);
      for (const one of copies) if (!sums.has(sumOf(one))) sums.set(sumOf(one), accumulate.start(level));
      nest.at(nest.innermost, () => {
        for (const one of copies) accumulate.step(sums.get(sumOf(one))!, one.value, one.position);
      });
      nest.atEnd(level, () => {
        if (across) {
          const all = [...sums.values()].reduce((a, b) => accumulate.join(a, b));
          finish(accumulate.across(all), copies[0]!.place);
        } else for (const [place, sum] of sums) finish(accumulate.result(sum), place as Node);
      });
    };
    const values = work.flatMap((one) => (argument ? [one.value, one.position] : [one.value]));
    return { values, emit };
  });
  return target;
}

/** Copies two by two, where their values are sums of products of narrow numbers; else as they are. */
function inEights<Copy extends { readonly value: Node }>(graph: Graph, copies: readonly Copy[]): readonly Copy[] {
  if (copies.length % 2 !== 0) return copies;
  const pairs: Copy[] = [];
  for (let at = 0; at < copies.length; at += 2) {
    const [first, second] = [copies[at]!, copies[at + 1]!];
    const value = sumOfEights(graph, first.value, second.value);
    if (value === null) return copies;
    pairs.push({ ...first, value });
  }
  return pairs;
}

export function place(host: Host, dtype: DType, shape: readonly number[]): Variable {
  if (shape.length > 0) return host.temporary(dtype, shape);
  return { kind: "scalar", dtype, local: host.fb.local(REPRESENTATION[dtype]) };
}

/** How partial results are kept while the loops run. */
interface Reduction<State> {
  start(level: number): State;
  step(state: State, value: Node, position: Node): void;
  join(a: State, b: State): State;
  /** The result of each lane. */
  result(state: State): Instruction;
  /** One result from all lanes. */
  across(state: State): Instruction;
}

const operation = (fb: FunctionBuilder, from: DType, dtype: DType): Operation => ({
  fb,
  module: fb.module,
  from,
  dtype,
});

class PlainReduction implements Reduction<Local> {
  private readonly nest: Nest;
  private readonly reducer: Reducer;
  private readonly dtype: DType;

  constructor(nest: Nest, reducer: Reducer, dtype: DType) {
    this.nest = nest;
    this.reducer = reducer;
    this.dtype = dtype;
  }

  private get fb(): FunctionBuilder {
    return this.nest.emitter.fb;
  }

  private combine(a: Instruction, b: Instruction): Instruction {
    const table = this.nest.vector ? VECTOR : SCALAR;
    return table[this.reducer.combine]!(operation(this.fb, this.dtype, this.dtype), a, b);
  }

  start(level: number): Local {
    const { nest } = this;
    const state = this.fb.local(nest.vector ? "v128" : REPRESENTATION[this.dtype]);
    const identity = nest.graph.constant(this.dtype, this.reducer.identity(this.dtype));
    nest.at(level, () => {
      const value = nest.emitter.scalar(identity, level);
      this.fb.set(state, nest.vector ? nest.emitter.splat(this.dtype, value) : value);
    });
    return state;
  }

  step(state: Local, value: Node): void {
    this.fb.set(state, this.combine(this.fb.get(state), this.nest.value(value)));
  }

  join(a: Local, b: Local): Local {
    this.fb.set(a, this.combine(this.fb.get(a), this.fb.get(b)));
    return a;
  }

  result(state: Local): Instruction {
    return this.fb.get(state);
  }

  /** (0 + 2) + (1 + 3) of the lanes, in vectors: to take lanes out of one costs more than to move them. */
  across(state: Local): Instruction {
    for (const order of [
      [2, 3, 0, 1],
      [1, 0, 3, 2],
    ]) {
      const bytes = order.flatMap((lane) => [0, 1, 2, 3].map((byte) => 4 * lane + byte));
      this.fb.set(
        state,
        this.combine(this.fb.get(state), i8x16.shuffle(this.fb.get(state), this.fb.get(state), bytes)),
      );
    }
    return this.nest.emitter.extract(this.dtype, this.fb.get(state), 0);
  }
}

interface Best {
  readonly value: Local;
  readonly at: Local;
}

/** No index: what a row that holds nothing better than the start gives way to. */
const NOWHERE = 0x7fffffff;

class ArgumentReduction implements Reduction<Best> {
  private readonly nest: Nest;
  private readonly spec: { order: "gt" | "lt"; identity: (dtype: DType) => number | bigint };
  private readonly dtype: DType;

  constructor(nest: Nest, spec: ArgumentReduction["spec"], dtype: DType) {
    this.nest = nest;
    this.spec = spec;
    this.dtype = dtype;
  }

  private get fb(): FunctionBuilder {
    return this.nest.emitter.fb;
  }

  start(level: number): Best {
    const { nest, fb } = this;
    const value = fb.local(nest.vector ? "v128" : REPRESENTATION[this.dtype]);
    const at = fb.local(nest.vector ? "v128" : "i32");
    const identity = nest.graph.constant(this.dtype, this.spec.identity(this.dtype));
    nest.at(level, () => {
      const first = nest.emitter.scalar(identity, level);
      fb.set(value, nest.vector ? nest.emitter.splat(this.dtype, first) : first);
      fb.set(at, nest.vector ? nest.emitter.ramp(0, NOWHERE) : i32.const(NOWHERE));
    });
    return { value, at };
  }

  step(state: Best, value: Node, position: Node): void {
    const { fb, nest } = this;
    const type = nest.vector ? "v128" : REPRESENTATION[this.dtype];
    const next = {
      value: fb.hold(type, nest.value(value)),
      at: fb.hold(nest.vector ? "v128" : "i32", nest.value(position)),
    };
    this.take(state, next, nest.vector);
  }

  /** The better value, of equal ones the one at the lower index. */
  private take(state: Best, next: Best, vector: boolean): void {
    const { fb } = this;
    const table = vector ? VECTOR : SCALAR;
    const compare = (op: string, from: DType, a: Local, b: Local): Instruction =>
      table[op]!(operation(fb, from, "bool"), fb.get(a), fb.get(b));
    const lower = compare("lt", "i32", next.at, state.at);
    const tie = compare("eq", this.dtype, next.value, state.value);
    const both = vector ? v128.and(tie, lower) : i32.and(tie, lower);
    const ahead = compare(this.spec.order, this.dtype, next.value, state.value);
    const better = fb.hold(vector ? "v128" : "i32", vector ? v128.or(ahead, both) : i32.or(ahead, both));
    for (const part of ["value", "at"] as const) {
      const [now, then] = [fb.get(next[part]), fb.get(state[part])];
      fb.set(state[part], vector ? v128.bitselect(now, then, fb.get(better)) : select(fb.get(better), now, then));
    }
  }

  join(a: Best, b: Best): Best {
    this.take(a, b, this.nest.vector);
    return a;
  }

  result(state: Best): Instruction {
    const { fb } = this;
    const at = () => fb.get(state.at);
    // A row of NaN has no best element: its index is 0.
    if (this.nest.vector) return v128.andnot(at(), i32x4.eq(at(), this.nest.emitter.ramp(0, NOWHERE)));
    return select(i32.eq(at(), i32.const(NOWHERE)), i32.const(0), at());
  }

  across(state: Best): Instruction {
    const { fb, nest } = this;
    const lane = (index: number): Best => ({
      value: fb.hold(REPRESENTATION[this.dtype], nest.emitter.extract(this.dtype, fb.get(state.value), index)),
      at: fb.hold("i32", nest.emitter.extract("i32", fb.get(state.at), index)),
    });
    const best = lane(0);
    for (const index of [1, 2, 3]) this.take(best, lane(index), false);
    return select(i32.eq(fb.get(best.at), i32.const(NOWHERE)), i32.const(0), fb.get(best.at));
  }
}
