import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { compileForCpu } from "../../../../compiler/backends/wasm/index.js";
import { DTYPES, type DType, type Expr, type Kernel } from "../../../../compiler/ir/index.js";
import { elementCount, type TileValue } from "../../../../compiler/ops/index.js";
import { inferTypes, specialize } from "../../../../compiler/passes/index.js";
import { CpuDevice, OutOfBoundsError } from "../../../../runtime/device/cpu/index.js";
import * as d from "../../ir/draft.js";
import { kernelOf, type OpCase } from "../../ops/cases.js";
import { expectedOf } from "../../ops/values.js";
import { run } from "./run.js";

/* Sums over products of narrow integers, which go eight at a time, against what the ops mean one by one. */

let device: CpuDevice;
beforeAll(async () => {
  device = await CpuDevice.open({ threads: 1, store: null });
});
afterAll(() => device.close());

const NARROW = ["i8", "u8", "i16"] as const;

const wide = (x: Expr): Expr => d.op("cast", { x }, { dtype: "i32" });
const product = (a: Expr, b: Expr): Expr => d.mul(wide(a), wide(b));
const total = (x: Expr): Expr => d.op("sum", { x }, { axis: 1 });

/** What may happen to a number before it is multiplied: in its own dtype, or in 32 bits. */
const CHANGES: Readonly<Record<string, (x: Expr, by: number) => Expr>> = {
  none: (x) => x,
  and: (x, by) => d.op("bitAnd", { a: x, b: by }),
  or: (x, by) => d.op("bitOr", { a: x, b: by }),
  xor: (x, by) => d.op("bitXor", { a: x, b: by }),
  shift: (x, by) => d.op("shiftRight", { a: x, b: by % 8 }),
  "and of 32 bits": (x, by) => d.op("bitAnd", { a: wide(x), b: by }),
  "shift of 32 bits": (x, by) => d.op("shiftRight", { a: wide(x), b: by % 17 }),
  "shift to the left in 16 bits": (x, by) =>
    d.op("shiftLeft", { a: d.op("cast", { x }, { dtype: "i16" }), b: by % 16 }),
  sum: (x, by) => d.add(x, by),
};

const term = fc.record({
  dtypes: fc.tuple(fc.constantFrom(...NARROW), fc.constantFrom(...NARROW)),
  changes: fc.array(fc.constantFrom(...Object.keys(CHANGES)), { maxLength: 2 }),
  by: fc.integer({ min: 0, max: 127 }),
});

const DOT = [0xfd, 0xba, 0x01];

/** How many products of eight a kernel has. */
function dots(draft: Kernel): number {
  const { wasm } = compileForCpu(specialize(inferTypes(draft).kernel, { constants: {} }));
  return wasm.filter((_, at) => DOT.every((byte, more) => wasm[at + more] === byte)).length;
}

const numbers = (dtype: DType, shape: readonly number[], seed: number): TileValue => {
  const { bytes, kind } = DTYPES[dtype];
  const size = 2 ** (8 * bytes);
  const least = kind === "signed" ? -size / 2 : 0;
  // The ends of the range among them.
  const of = (at: number) => (at % 7 === 0 ? least : at % 11 === 0 ? least + size - 1 : least + ((at * seed) % size));
  return { shape, data: Array.from({ length: elementCount(shape as number[]) }, (_, at) => of(at)) };
};

async function expectMeaning(one: OpCase, given: readonly TileValue[]): Promise<void> {
  const { draft, results } = kernelOf(one);
  const out = { dtype: "i32" as const, data: new Array<number>(elementCount(results[0]!.shape as number[])).fill(0) };
  const names = draft.params.map((param) => param.name);
  const tensors = [...given.map(({ data }, at) => ({ dtype: one.operands[at]!.dtype, data })), out];
  const after = await run(device, draft, Object.fromEntries(tensors.map((tensor, at) => [names[at]!, tensor])));
  expect(after.out0).toEqual(expectedOf(one, inferTypes(draft).kernel, given)[0]!.data);
}

/** Σ over the columns of one product or two of tiles a, b and c, d, of which b and d may be one row for all. */
function caseOf(
  terms: readonly { dtypes: readonly [DType, DType]; value: (a: Expr, b: Expr) => Expr }[],
  columns: number,
  oneRow: boolean,
) {
  const rows = 4;
  const operands = terms.flatMap(({ dtypes }) =>
    dtypes.map((dtype, side) => ({ dtype, shape: [oneRow && side === 1 ? 1 : rows, columns] })),
  );
  const names = ["a", "b", "c", "d"];
  const values = terms.map(({ value }, at) => value(d.expr(names[2 * at]!), d.expr(names[2 * at + 1]!)));
  return { title: "Σ", operands, of: total(values.reduce((a, b) => d.add(a, b))) } as OpCase;
}

it("any sum of products of narrow integers is what the ops mean", async () => {
  const choices = fc.record({
    terms: fc.array(term, { minLength: 1, maxLength: 2 }),
    columns: fc.constantFrom(4, 8, 16, 64),
    oneRow: fc.boolean(),
    seed: fc.integer({ min: 1, max: 65535 }),
  });
  await fc.assert(
    fc.asyncProperty(choices, async ({ terms, columns, oneRow, seed }) => {
      const values = terms.map(({ dtypes, changes, by }) => ({
        dtypes,
        value: (a: Expr, b: Expr) =>
          product(
            changes.reduce((x, name) => CHANGES[name]!(x, by), a),
            b,
          ),
      }));
      const one = caseOf(values, columns, oneRow);
      await expectMeaning(
        one,
        one.operands.map(({ dtype, shape }, at) => numbers(dtype, shape as number[], seed + at)),
      );
    }),
    { numRuns: 150 },
  );
});

it.each(NARROW.flatMap((a) => NARROW.map((b) => [a, b] as const)))("%s times %s go eight at a time", async (a, b) => {
  const one = caseOf([{ dtypes: [a, b], value: product }], 16, false);
  expect(dots(kernelOf(one).draft)).toBe(2);
  await expectMeaning(
    one,
    one.operands.map(({ dtype, shape }) => numbers(dtype, shape as number[], 48271)),
  );
});

it("nibbles of both halves times a row: two loads of eight, and a product for each half", () => {
  const one = caseOf(
    [
      {
        dtypes: ["u8", "i16"],
        value: (a, b) => d.add(product(CHANGES.and!(a, 15), b), product(CHANGES.shift!(a, 4), b)),
      },
    ],
    16,
    true,
  );
  expect(dots(kernelOf(one).draft)).toBe(4);
});

it("bits from a place that is known when it runs go eight at a time", async () => {
  const [r, c] = [d.col(d.arange(0, 4)), d.row(d.arange(0, 16))];
  const at = (name: string) => d.load(d.add(name, d.add(d.mul(r, 16), c)));
  const places = d.mul(d.op("bitAnd", { a: "n", b: 1 }), 4);
  const nibbles = d.op("bitAnd", { a: d.op("shiftRight", { a: wide(at("x")), b: places }), b: 15 });
  const kernel = d.kernel(
    "nibbles",
    [d.ptr("x", "u8"), d.ptr("y", "i16"), d.ptr("out", "i32"), d.scalarParam("n", "i32")],
    [d.store(d.add("out", d.arange(0, 4)), total(product(nibbles, at("y"))))],
    { builds: [d.build()] },
  );
  expect(dots(kernel)).toBe(2);
  const [x, y] = [numbers("u8", [64], 48271).data, numbers("i16", [64], 40009).data];
  for (const n of [0, 1]) {
    const of = (row: number) =>
      Array.from({ length: 16 }, (_, i) => ((x[row * 16 + i]! >> (4 * n)) & 15) * y[row * 16 + i]!);
    const { out } = await run(device, kernel, {
      x: { dtype: "u8", data: x },
      y: { dtype: "i16", data: y },
      out: { dtype: "i32", data: [0, 0, 0, 0] },
      n,
    });
    expect(out).toEqual([0, 1, 2, 3].map((row) => of(row).reduce((a, b) => a + b)));
  }
});

it.each([
  ["16 bits without a sign", caseOf([{ dtypes: ["u16", "i16"], value: product }], 16, false)],
  ["32 bits", caseOf([{ dtypes: ["i32", "i16"], value: product }], 16, false)],
  ["a factor", caseOf([{ dtypes: ["i16", "i16"], value: (a, b) => d.mul(product(a, b), 3) }], 16, false)],
  ["something added", caseOf([{ dtypes: ["i16", "i16"], value: (a, b) => d.add(product(a, b), 1) }], 16, false)],
])("products with %s stay four at a time", async (_, one) => {
  expect(dots(kernelOf(one).draft)).toBe(0);
  await expectMeaning(
    one,
    one.operands.map(({ dtype, shape }) => numbers(dtype, shape as number[], 48271)),
  );
});

it.each(["u8", "i16"] as const)("eight of %s that leave their buffer are an error", async (dtype) => {
  const at = (name: string, step: number) =>
    d.load(d.add(name, d.add(d.mul(d.col(d.arange(0, 4)), step), d.row(d.arange(0, 16)))));
  const kernel = d.kernel(
    "leaves",
    [d.ptr("x", dtype), d.ptr("y", "i16"), d.ptr("out", "i32")],
    [d.store(d.add("out", d.arange(0, 4)), total(product(at("x", 16), at("y", 16))))],
    { builds: [d.build()] },
  );
  expect(dots(kernel)).toBe(2);
  const zeros = (dtype: DType, count: number) => ({ dtype, data: new Array<number>(count).fill(0) });
  const given = { y: zeros("i16", 64), out: zeros("i32", 4) };
  await run(device, kernel, { x: zeros(dtype, 64), ...given });
  await expect(run(device, kernel, { x: zeros(dtype, 63), ...given })).rejects.toThrow(OutOfBoundsError);
});

/** Halves of words of 32 bits, with their signs. */
const lower = (x: Expr): Expr => wide(d.op("cast", { x }, { dtype: "i16" }));
const upper = (x: Expr): Expr => d.op("shiftRight", { a: x, b: 16 });
const bothHalves = (a: Expr, b: Expr): Expr => d.add(d.mul(lower(a), lower(b)), d.mul(upper(a), upper(b)));

/** Σ over the middle of words a [rows, 8, 1] with b [1, 8, columns]: lanes are columns. */
const ofWords = (rows: number, columns: number, value: (a: Expr, b: Expr) => Expr): OpCase => ({
  title: "Σ",
  operands: [
    { dtype: "i32", shape: [rows, 8, 1] },
    { dtype: "i32", shape: [1, 8, columns] },
  ],
  of: total(value(d.expr("a"), d.expr("b"))),
});

it.each([
  ["both halves, of two rows at a time", 4, 32, bothHalves, 8],
  ["both halves, of one row", 1, 16, bothHalves, 4],
  ["a word by itself", 2, 8, (_: Expr, b: Expr) => bothHalves(b, b), 2],
  [
    "a square and a product",
    2,
    8,
    (a: Expr, b: Expr) => d.add(d.mul(lower(b), lower(b)), d.mul(upper(a), upper(b))),
    0,
  ],
  [
    "a product and a square",
    2,
    8,
    (a: Expr, b: Expr) => d.add(d.mul(lower(a), lower(b)), d.mul(upper(b), upper(b))),
    0,
  ],
  ["both halves and something else", 2, 8, (a: Expr, b: Expr) => d.add(bothHalves(a, b), b), 4],
  ["one half", 2, 8, (a: Expr, b: Expr) => d.mul(lower(a), lower(b)), 0],
  ["halves crosswise", 2, 8, (a: Expr, b: Expr) => d.add(d.mul(lower(a), upper(b)), d.mul(upper(a), lower(b))), 0],
  [
    "halves of three words",
    2,
    8,
    (a: Expr, b: Expr) =>
      d.add(d.mul(lower(a), lower(b)), d.mul(upper(a), upper(d.op("bitXor", { a: b, b: 1 << 20 })))),
    0,
  ],
] as const)("products of words: %s", async (_, rows, columns, value, count) => {
  const one = ofWords(rows, columns, value);
  expect(dots(kernelOf(one).draft)).toBe(count);
  await expectMeaning(one, [numbers("i32", [rows, 8, 1], 40503), numbers("i32", [1, 8, columns], 48271)]);
});
