import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { DTYPE_NAMES, type Expr, isFloat8 } from "../../../../compiler/ir/index.js";
import { CpuDevice } from "../../../../runtime/device/cpu/index.js";
import * as d from "../../ir/draft.js";
import { run } from "./run.js";

/* Reads and writes with every kind of index and mask, against plain loops: contiguous, strided, backwards, divided, gathered. */

let device: CpuDevice;
beforeAll(async () => {
  device = await CpuDevice.open({ threads: 2, store: null });
});
afterAll(() => device.close());

/** An index over a tile [rows, columns]: as an expression, and as a function of the element's place. */
interface Index {
  readonly of: (i: Expr, j: Expr) => Expr;
  readonly at: (i: number, j: number) => number;
}

const times = (x: Expr, n: number): Expr => d.mul(x, n);

const index = fc.oneof(
  fc.tuple(fc.integer({ min: -3, max: 40 }), fc.integer({ min: -2, max: 3 }), fc.nat(300)).map(
    ([a, b, c]): Index => ({
      of: (i, j) => d.add(d.add(times(i, a), times(j, b)), c),
      at: (i, j) => a * i + b * j + c,
    }),
  ),
  fc.tuple(fc.constantFrom(2, 4, 8, 16, 3), fc.nat(50)).map(
    ([by, c]): Index => ({
      of: (i, j) =>
        d.add(
          times(i, 16),
          d.add(d.op("floorDiv", { a: d.add(j, c), b: by }), times(d.op("mod", { a: d.add(j, c), b: by }), 2)),
        ),
      at: (i, j) => 16 * i + Math.floor((j + c) / by) + 2 * ((j + c) % by),
    }),
  ),
  fc.tuple(fc.nat(31), fc.nat(3)).map(
    ([mask, shift]): Index => ({
      of: (i, j) => d.add(times(i, 8), d.op("bitXor", { a: j, b: mask })),
      at: (i, j) => 8 * i + (j ^ mask) + 0 * shift,
    }),
  ),
);

const mask = fc.oneof(
  fc.constant(null),
  fc.tuple(fc.nat(40), fc.nat(9)).map(([columns, rows]) => ({
    of: (i: Expr, j: Expr) => d.and(d.lt(j, columns), d.lt(i, rows)),
    at: (i: number, j: number) => j < columns && i < rows,
  })),
  fc.nat(500).map((bound) => ({
    of: (i: Expr, j: Expr) => d.lt(d.add(times(i, 13), j), bound),
    at: (i: number, j: number) => 13 * i + j < bound,
  })),
  fc.integer({ min: 1, max: 5 }).map((by) => ({
    of: (_i: Expr, j: Expr) => d.op("eq", { a: d.op("mod", { a: j, b: by }), b: 0 }),
    at: (_i: number, j: number) => j % by === 0,
  })),
);

const cases = fc.record({
  rows: fc.constantFrom(1, 2, 8),
  columns: fc.constantFrom(1, 2, 4, 16, 32),
  dtype: fc.constantFrom(...DTYPE_NAMES.filter((dtype) => !isFloat8(dtype))),
  wide: fc.boolean(),
  read: index,
  readMask: mask,
  writeMask: mask,
});

it("memory is read and written where the indices and masks say", async () => {
  await fc.assert(
    fc.asyncProperty(cases, async ({ rows, columns, dtype, wide, read, readMask, writeMask }) => {
      const [i, j] = [d.col(d.arange(0, rows)), d.row(d.arange(0, columns))];
      const places = Array.from(
        { length: rows * columns },
        (_, flat) => [Math.floor(flat / columns), flat % columns] as const,
      );
      const reached = places.filter(([y, x]) => !readMask || readMask.at(y, x)).map(([y, x]) => read.at(y, x));
      if (reached.some((at) => at < 0)) return;
      const data = Array.from(
        { length: Math.max(0, ...reached) + 1 },
        (_, at) => (dtype === "bool" ? at % 3 === 0 : at % 100) as number,
      ).map(Number);
      const offset = wide ? d.op("cast", { x: read.of(i, j) }, { dtype: "i64" }) : read.of(i, j);
      const more: Record<string, Expr | number | boolean> = readMask
        ? { mask: readMask.of(i, j), other: dtype === "bool" ? true : 1 }
        : {};
      const kernel = d.kernel(
        "move",
        [d.ptr("x", dtype), d.ptr("out", dtype)],
        [
          d.declare("value", d.load(d.add("x", offset), more)),
          d.store(d.add("out", d.add(times(i, columns), j)), "value", writeMask ? { mask: writeMask.of(i, j) } : {}),
        ],
        { builds: [d.build()] },
      );
      const before = new Array<number>(rows * columns).fill(0);
      const { out } = await run(device, kernel, { x: { dtype, data }, out: { dtype, data: before } });
      const expected = places.map(([y, x]) => {
        if (writeMask && !writeMask.at(y, x)) return 0;
        return readMask && !readMask.at(y, x) ? 1 : data[read.at(y, x)]!;
      });
      expect(out).toEqual(expected);
    }),
    { numRuns: 250, seed: 20242 },
  );
}, 120_000);
