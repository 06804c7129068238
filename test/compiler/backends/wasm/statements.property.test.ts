import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Expr, Stmt } from "../../../../compiler/ir/index.js";
import { CpuDevice } from "../../../../runtime/device/cpu/index.js";
import * as d from "../../ir/draft.js";
import { run } from "./run.js";

/*
 * Programs of assignments, loads, stores, loops and branches over tiles of 16, against running them one statement at a time. What the
 * compiler computes in place, in one pass or ahead must not show.
 */

let device: CpuDevice;
beforeAll(async () => {
  device = await CpuDevice.open({ threads: 1, store: null });
});
afterAll(() => device.close());

const SIZE = 16;
const TILES = ["t0", "t1", "t2", "t3"] as const;
const MEMORY = 4 * SIZE;

interface State {
  readonly memory: number[];
  readonly tiles: Map<string, number[]>;
}

interface Value {
  readonly expr: Expr;
  readonly of: (state: State) => number[];
}

const at = d.arange(0, SIZE);
const lanes = Array.from({ length: SIZE }, (_, lane) => lane);
const tileName = fc.constantFrom(...TILES);
const region = fc.nat(3).map((n) => n * SIZE);
const small = fc.integer({ min: -3, max: 5 });
const wrapped = (values: readonly number[]): number[] => values.map((value) => value | 0);

const { value } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    tileName.map((name): Value => ({ expr: d.expr(name), of: ({ tiles }) => tiles.get(name)! })),
    region.map(
      (start): Value => ({
        expr: d.load(d.add("x", d.add(at, start))),
        of: ({ memory }) => lanes.map((lane) => memory[start + lane]!),
      }),
    ),
    region.map(
      (start): Value => ({
        expr: d.load(d.add("x", d.sub(start + SIZE - 1, at))),
        of: ({ memory }) => lanes.map((lane) => memory[start + SIZE - 1 - lane]!),
      }),
    ),
    fc.tuple(tie("value"), tie("value"), small).map(
      ([a, b, n]): Value => ({
        expr: d.add(d.mul(a.expr, n), b.expr),
        of: (state) => {
          const [left, right] = [a.of(state), b.of(state)];
          return wrapped(lanes.map((lane) => Math.imul(left[lane]!, n) + right[lane]!));
        },
      }),
    ),
    tie("value").map(
      (a): Value => ({
        expr: d.sub(a.expr, d.op("max", { x: a.expr }, { axis: 0 })),
        of: (state) => {
          const values = a.of(state);
          return wrapped(values.map((one) => one - Math.max(...values)));
        },
      }),
    ),
    tie("value").map(
      (a): Value => ({
        expr: d.op(
          "sum",
          { x: d.op("where", { condition: d.lt(d.col(at), d.row(at)), a: d.row(a.expr), b: d.col(a.expr) }) },
          { axis: 1 },
        ),
        of: (state) => {
          const values = a.of(state);
          return wrapped(lanes.map((i) => lanes.reduce((sum, j) => (sum + (i < j ? values[j]! : values[i]!)) | 0, 0)));
        },
      }),
    ),
    tie("value").map(
      (a): Value => ({
        expr: d.op(
          "reshape",
          { x: d.op("trans", { x: d.op("reshape", { x: a.expr }, { shape: [4, 4] }) }, { order: [1, 0] }) },
          { shape: [SIZE] },
        ),
        of: (state) => {
          const values = a.of(state);
          return lanes.map((lane) => values[(lane % 4) * 4 + Math.floor(lane / 4)]!);
        },
      }),
    ),
  ),
}));

interface Action {
  readonly stmts: (fresh: () => string) => readonly Stmt[];
  readonly run: (state: State) => void;
}

const set = (state: State, name: string, values: number[]): void => void state.tiles.set(name, values);

const { action } = fc.letrec<{ action: Action }>((tie) => ({
  action: fc.oneof(
    { maxDepth: 2 },
    fc.tuple(tileName, value).map(
      ([name, given]): Action => ({
        stmts: () => [d.assign(name, given.expr)],
        run: (state) => set(state, name, given.of(state)),
      }),
    ),
    fc.tuple(region, value).map(
      ([start, given]): Action => ({
        stmts: () => [d.store(d.add("x", d.add(at, start)), given.expr)],
        run: (state) => {
          const values = given.of(state);
          lanes.forEach((lane) => {
            state.memory[start + lane] = values[lane]!;
          });
        },
      }),
    ),
    // A value that is kept while others change, then used.
    fc.tuple(value, fc.array(tie("action"), { maxLength: 2 }), tileName).map(
      ([given, between, name]): Action => ({
        stmts: (fresh) => {
          const kept = fresh();
          const inner = between.flatMap((one) => one.stmts(fresh));
          return [d.declare(kept, given.expr), ...inner, d.assign(name, d.add(name, kept))];
        },
        run: (state) => {
          const values = given.of(state);
          for (const one of between) one.run(state);
          set(state, name, wrapped(state.tiles.get(name)!.map((one, lane) => one + values[lane]!)));
        },
      }),
    ),
    fc.tuple(fc.nat(3), fc.array(tie("action"), { minLength: 1, maxLength: 3 })).map(
      ([count, body]): Action => ({
        stmts: (fresh) => [
          d.loop(
            fresh(),
            [0, count, 1],
            body.flatMap((one) => one.stmts(fresh)),
          ),
        ],
        run: (state) => {
          for (let round = 0; round < count; round++) for (const one of body) one.run(state);
        },
      }),
    ),
    fc.tuple(tileName, fc.array(tie("action"), { maxLength: 2 }), fc.array(tie("action"), { maxLength: 2 })).map(
      ([name, then, otherwise]): Action => ({
        stmts: (fresh) => [
          d.when(
            d.op("gt", { a: d.op("max", { x: name }, { axis: 0 }), b: 10 }),
            then.flatMap((one) => one.stmts(fresh)),
            otherwise.flatMap((one) => one.stmts(fresh)),
          ),
        ],
        run: (state) => {
          for (const one of Math.max(...state.tiles.get(name)!) > 10 ? then : otherwise) one.run(state);
        },
      }),
    ),
  ),
}));

it("programs do what their statements do one by one", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 1, maxLength: 8 }), async (actions) => {
      let names = 0;
      const fresh = (): string => `v${names++}`;
      const body = actions.flatMap((one) => one.stmts(fresh));
      const kernel = d.kernel(
        "program",
        [d.ptr("x", "i32"), d.ptr("out", "i32")],
        [
          ...TILES.map((name, n) => d.declare(name, d.add(at, n))),
          ...body,
          ...TILES.map((name, n) => d.store(d.add("out", d.add(at, n * SIZE)), name)),
        ],
        { builds: [d.build()] },
      );
      const start = Array.from({ length: MEMORY }, (_, i) => ((i * 29) % 23) - 8);
      const state: State = {
        memory: [...start],
        tiles: new Map(TILES.map((name, n) => [name, lanes.map((lane) => lane + n)])),
      };
      for (const one of actions) one.run(state);
      const { x, out } = await run(device, kernel, {
        x: { dtype: "i32", data: start },
        out: { dtype: "i32", data: new Array(MEMORY).fill(0) },
      });
      expect(x).toEqual(state.memory);
      expect(out).toEqual(TILES.flatMap((name) => state.tiles.get(name)!));
    }),
    { numRuns: 150, seed: 20243 },
  );
}, 120_000);
