import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Expr } from "../../../../compiler/ir/index.js";
import { elementCount, type TileValue } from "../../../../compiler/ops/index.js";
import { inferTypes } from "../../../../compiler/passes/index.js";
import { CpuDevice } from "../../../../runtime/device/cpu/index.js";
import * as d from "../../ir/draft.js";
import { kernelOf, type OpCase } from "../../ops/cases.js";
import { evaluateExpression } from "../../ops/values.js";
import { run } from "./run.js";

/* Chains of ops that move, stretch and combine elements, against what the ops mean one by one. */

let device: CpuDevice;
beforeAll(async () => {
  device = await CpuDevice.open({ threads: 1, store: null });
});
afterAll(() => device.close());

interface Shaped {
  readonly expr: Expr;
  readonly shape: readonly number[];
}

const permutations = (rank: number): number[][] =>
  rank === 0
    ? [[]]
    : permutations(rank - 1).flatMap((rest) =>
        Array.from({ length: rank }, (_, at) => [...rest.slice(0, at), rank - 1, ...rest.slice(at)]),
      );

/** The ways to split 2ᵏ into sizes. */
const splits = (log: number, rank: number): number[][] =>
  rank === 1
    ? [[2 ** log]]
    : Array.from({ length: log + 1 }, (_, first) =>
        splits(log - first, rank - 1).map((rest) => [2 ** first, ...rest]),
      ).flat();

type Move = (input: Shaped, pick: (choices: number) => number) => Shaped | null;

const MOVES: Readonly<Record<string, Move>> = {
  trans: ({ expr, shape }, pick) => {
    const orders = permutations(shape.length);
    const order = orders[pick(orders.length)]!;
    return { expr: d.op("trans", { x: expr }, { order }), shape: order.map((axis) => shape[axis]!) };
  },
  reshape: ({ expr, shape }, pick) => {
    const all = splits(Math.log2(elementCount(shape)), 1 + pick(3));
    const next = all[pick(all.length)]!;
    return { expr: d.op("reshape", { x: expr }, { shape: next }), shape: next };
  },
  expandDims: ({ expr, shape }, pick) => {
    if (shape.length > 2) return null;
    const axis = pick(shape.length + 1);
    return {
      expr: d.op("expandDims", { x: expr }, { axis }),
      shape: [...shape.slice(0, axis), 1, ...shape.slice(axis)],
    };
  },
  broadcastTo: ({ expr, shape }, pick) => {
    const next = shape.map((size) => (size === 1 ? 2 ** pick(4) : size));
    return elementCount(next) > 512 ? null : { expr: d.op("broadcastTo", { x: expr }, { shape: next }), shape: next };
  },
  interleave: ({ expr, shape }) => {
    if (elementCount(shape) > 128) return null;
    const next = [...shape.slice(0, -1), shape.at(-1)! * 2];
    return { expr: d.op("interleave", { a: expr, b: d.mul(expr, 3) }), shape: next };
  },
  outer: ({ expr, shape }) => {
    if (shape.length !== 1 || shape[0]! > 16) return null;
    return { expr: d.add(d.mul(d.col(expr), 100), d.row(expr)), shape: [shape[0]!, shape[0]!] };
  },
  sum: ({ expr, shape }, pick) => {
    if (shape.length < 2) return null;
    const axis = pick(shape.length);
    return { expr: d.op("sum", { x: expr }, { axis }), shape: shape.filter((_size, at) => at !== axis) };
  },
  keptMax: ({ expr, shape }, pick) => {
    const axis = pick(shape.length);
    const most = d.op("max", { x: expr }, { axis, keepDims: true });
    return { expr: d.sub(expr, most), shape };
  },
  cumsum: ({ expr, shape }, pick) => {
    const axis = pick(shape.length);
    return { expr: d.op("cumsum", { x: expr }, { axis, reverse: pick(2) === 1 }), shape };
  },
  flip: ({ expr, shape }, pick) => ({ expr: d.op("flip", { x: expr }, { axis: pick(shape.length) }), shape }),
  itself: ({ expr, shape }) => ({ expr: d.add(expr, expr), shape }),
};

const chains = fc.record({
  log: fc.integer({ min: 2, max: 7 }),
  dtype: fc.constantFrom("i32" as const, "f32" as const, "i64" as const),
  moves: fc.array(
    fc.record({
      move: fc.constantFrom(...Object.keys(MOVES)),
      picks: fc.array(fc.nat(1000), { minLength: 3, maxLength: 3 }),
    }),
    {
      minLength: 1,
      maxLength: 5,
    },
  ),
});

it("chains of shape ops give the elements that each op says", async () => {
  await fc.assert(
    fc.asyncProperty(chains, async ({ log, dtype, moves }) => {
      let shaped: Shaped = { expr: d.expr("a"), shape: [2 ** log] };
      for (const { move, picks } of moves) {
        let used = 0;
        shaped = MOVES[move]!(shaped, (choices) => picks[used++ % 3]! % choices) ?? shaped;
      }
      if (shaped.expr.kind === "ref") return;
      const one: OpCase = { title: "chain", operands: [{ dtype, shape: [2 ** log] }], of: shaped.expr };
      const { draft, results } = kernelOf(one);
      // Whole numbers small enough for every sum to be exact in f32.
      const data = Array.from({ length: 2 ** log }, (_, i) => ((i * 37) % 19) - 9);
      const { dtype: out, shape } = results[0]!;
      const { out0 } = await run(device, draft, {
        a_ptr: { dtype, data },
        out0: { dtype: out, data: new Array(elementCount(shape as number[])).fill(0) },
      });
      const compute = inferTypes(draft).kernel.body[1] as { value: Expr };
      const names = new Map<string, TileValue>([["a", { shape: [2 ** log], data }]]);
      expect(out0).toEqual(evaluateExpression(compute.value, names)[0]!.data);
    }),
    { numRuns: 150, seed: 20241 },
  );
}, 120_000);
