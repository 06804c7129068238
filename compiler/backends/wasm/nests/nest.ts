import { emitHoisted } from "../emit/bounds.js";
import { neighbouringRuns } from "../emit/loads.js";
import { NodeEmitter } from "../emit/nodes.js";
import type { Local } from "../encode/function.js";
import type { Instruction } from "../encode/instructions.js";
import { LaneBuilder } from "../lanes/build.js";
import { Graph } from "../lanes/graph.js";
import type { Node } from "../lanes/node.js";
import type { Host } from "./host.js";
import { loadsOfLanes } from "./lanes.js";

/** Loops to run: sizes by axis, the axes from the outermost loop in, and the one that runs four lanes at a time. */
export interface LoopPlan {
  readonly extents: readonly number[];
  readonly order: readonly number[];
  readonly lane: number | null;
  /** Vectors that one round of the lane loop handles. */
  readonly unroll: number;
  /** Another axis, of which one round of its loop handles two elements: what does not depend on it is computed once for both. */
  readonly paired?: number;
}

/** What a nest computes. */
export interface NestBody {
  /** Needed in every lane: they decide whether four go together. Null where they cannot for another cause. */
  readonly values: readonly Node[] | null;
  readonly emit: () => void;
}

interface Loop {
  readonly counter: Local;
  readonly stop: number;
  readonly step: number;
}

/** A nest of loops under construction. Level 0 is in front of the loops, level k inside the k-th. */
export class Nest {
  readonly graph = new Graph();
  readonly builder: LaneBuilder;
  readonly emitter: NodeEmitter;
  readonly vector: boolean;
  /** Vectors (or elements) that are handled in one round of the innermost loop. */
  readonly copies: number;
  readonly innermost: number;
  private readonly loops: Loop[] = [];
  private readonly lists: Instruction[][] = [[]];
  private readonly after: Instruction[][] = [[]];
  private readonly indices: Node[][];
  private readonly levels: number[];
  private readonly host: Host;

  constructor(host: Host, plan: LoopPlan) {
    const { fb, env, frame } = host;
    this.host = host;
    this.vector = plan.lane !== null;
    this.copies = plan.unroll * (plan.paired === undefined ? 1 : 2);
    this.builder = new LaneBuilder(this.graph, env);
    this.emitter = new NodeEmitter(fb, this.graph, this.lists, frame);
    this.levels = plan.extents.map(() => 0);
    const counters = new Map<number, Node>();
    for (const axis of plan.order) {
      const step = axis === plan.lane ? 4 * plan.unroll : axis === plan.paired ? 2 : 1;
      const stop = plan.extents[axis]!;
      if (stop > step) {
        const counter = fb.local("i32");
        this.loops.push({ counter, stop, step });
        this.lists.push([]);
        this.after.push([]);
        counters.set(axis, this.graph.counter(this.loops.length, counter, stop - step, step));
      }
      this.levels[axis] = this.loops.length;
    }
    this.innermost = this.loops.length;
    const zero = this.graph.constant("i32", 0);
    this.indices = Array.from({ length: this.copies }, (_, copy) =>
      plan.extents.map((_extent, axis) => {
        const counter = counters.get(axis) ?? zero;
        if (axis === plan.paired) return this.graph.plus(counter, copy < plan.unroll ? 0 : 1);
        if (axis !== plan.lane) return counter;
        return this.graph.plus(this.graph.add(counter, this.graph.lane()), 4 * (copy % plan.unroll));
      }),
    );
  }

  /** The index of a copy's element (lane 0's element, and its step over lanes), by axis. */
  index(copy: number): readonly Node[] {
    return this.indices[copy]!;
  }

  /** The innermost level that the given axes' loops reach. */
  levelOf(axes: readonly number[]): number {
    return Math.max(0, ...axes.map((axis) => this.levels[axis]!));
  }

  /** Statements of a level, before the next inner loop or after it. */
  at(level: number, build: () => void): void {
    this.host.fb.into(this.lists[level]!, build);
  }

  atEnd(level: number, build: () => void): void {
    this.host.fb.into(this.after[level]!, build);
  }

  value(node: Node): Instruction {
    return this.vector ? this.emitter.vector(node, this.innermost) : this.emitter.scalar(node, this.innermost);
  }

  /** Puts the loops into the function. */
  close(level = 0): void {
    const { fb } = this.host;
    for (const statement of this.lists[level]!) fb.push(statement);
    const loop = this.loops[level];
    if (loop) fb.count(loop.counter, loop.stop, loop.step, () => this.close(level + 1));
    for (const statement of this.after[level]!) fb.push(statement);
  }
}

/** Runs loops, four lanes at a time where every value allows it. Gives false, and runs none, where there is no body. */
export function runNest(host: Host, plan: LoopPlan, describe: (nest: Nest) => NestBody | null): boolean {
  const nest = new Nest(host, plan);
  const body = describe(nest);
  if (body === null) return false;
  const loads = nest.vector ? body.values && loadsOfLanes(body.values) : [];
  // A checked kernel loads elements one by one: each is told of.
  if (loads === null || (host.fb.module.checked && loads.length > 0))
    return runNest(host, { ...plan, lane: null, unroll: 1, paired: undefined }, describe);
  nest.emitter.runs = neighbouringRuns(loads);
  body.emit();
  emitHoisted(nest.emitter);
  nest.close();
  return true;
}

/** Runs loops over the axes in `order`, one element after the other. */
export function runElements(
  host: Host,
  extents: readonly number[],
  order: readonly number[],
  build: (nest: Nest) => void,
): void {
  const nest = new Nest(host, { extents, order, lane: null, unroll: 1 });
  build(nest);
  nest.close();
}

/** Loops over a shape in its own order, the last axis four at a time. `work` is the rough cost of an element. */
export function loopsOver(extents: readonly number[], work: number): LoopPlan {
  const order = extents.map((_extent, axis) => axis).filter((axis) => extents[axis]! > 1);
  const last = order.at(-1);
  const lane = last !== undefined && extents[last]! % 4 === 0 ? last : null;
  return { extents, order, lane, unroll: lane === null ? 1 : unrolling(extents[lane]! / 4, work) };
}

/** How many vectors to handle at once: more of cheap ones, so that the loop's own instructions weigh less. */
export function unrolling(vectors: number, work: number): number {
  const most = work <= 12 ? 8 : work <= 40 ? 4 : work <= 90 ? 2 : 1;
  let unroll = 1;
  while (unroll * 2 <= most && vectors % (unroll * 2) === 0) unroll *= 2;
  return unroll;
}
