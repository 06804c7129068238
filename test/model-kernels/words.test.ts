/** Products of many rows in whole numbers: a matrix and tokens as words, in all the formats that lie on a device, against float64. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Allocations } from "../../runtime/device/allocations.js";
import { download, fromBits, toBits, upload } from "../../runtime/device/arrays.js";
import type { DeviceBuffer } from "../../runtime/device/device.js";
import { wordBits, wordRows, wordTokens } from "../../runtime/kernels/tiles.js";
import type { PassHost } from "../../runtime/models/host.js";
import type { Matrix } from "../../runtime/models/weights.js";
import { allocateWordBuffers, WordProducts } from "../../runtime/models/word-products.js";
import { inputs, KINDS, type Kind } from "./activations.js";
import { kept, wholeBlocks } from "./kept.js";
import { type WeightMatrix, weightMatrix } from "./matrix.js";
import type { Numbers } from "./numbers.js";
import { openCpu } from "./on-cpu.js";
import { biased, gated, product, sum } from "./reference.js";

let cpu: Awaited<ReturnType<typeof openCpu>>;
beforeAll(async () => {
  cpu = await openCpu();
}, 60_000);
afterAll(() => cpu.device.close());

type Format = WeightMatrix["format"];

/** Of the root mean square of a row: that of decode steps in integers (cases/decode-integers.ts), and bf16's own rounding. */
const ROUNDED = 5e-4;
const BF16 = 2 ** -8;

interface Given extends WeightMatrix {
  readonly bias?: Float64Array;
}

/** What is in a buffer of `before` once some products have been made with rows of x. */
async function resultOf<T extends ArrayBufferView>(
  given: readonly Given[],
  x: Float64Array,
  before: T,
  multiply: (products: WordProducts, a: DeviceBuffer, stack: readonly Matrix[], out: DeviceBuffer) => void,
): Promise<T> {
  const { device, bundle: kernels } = cpu;
  using memory = new Allocations(device);
  const stack: Matrix[] = [];
  for (const { format, rows, columns, bytes, bias } of given) {
    const ofBias = bias && (await upload(memory, Float32Array.from(bias)));
    const buffer = await upload(memory, bytes);
    stack.push({ buffer, format, rows, columns, width: columns, bias: ofBias });
  }
  const count = x.length / given[0]!.columns;
  const host = { device, memory, kernels, config: { activation: "silu" } } as unknown as PassHost;
  const products = new WordProducts(host, allocateWordBuffers(memory, stack, count), count);
  const out = await upload(memory, before);
  multiply(products, await upload(memory, toBits("bf16", x)), stack, out);
  return download(out, before);
}

/** The largest error, as a part of the number or of the root mean square of its row. */
function worst(got: ArrayLike<number>, want: Float64Array, columns: number): number {
  let most = 0;
  for (let row = 0; row < want.length; row += columns) {
    const rms = Math.hypot(...want.subarray(row, row + columns)) / Math.sqrt(columns);
    for (let at = row; at < row + columns; at++)
      most = Math.max(most, Math.abs(got[at]! - want[at]!) / Math.max(Math.abs(want[at]!), rms, 1e-30));
  }
  return most;
}

const matrixOf = (format: Format, kind: Kind, rows: number, blocks: number, source: Numbers): WeightMatrix =>
  weightMatrix(format, rows, blocks, source, kind === "whole" ? { kind, unit: 1 } : { kind });

/** Tokens and rows at the edges of their tiles, with whole blocks of the format. */
const sizesOf = (format: Format): readonly (readonly [count: number, rows: number, blocks: number])[] => {
  const [few, more] = [wholeBlocks(format, [1])[0]!, wholeBlocks(format, [3]).at(-1)!];
  return [
    [1, 16, few],
    [8, 31, more],
    [65, 130, few],
    [130, 128, more],
  ];
};

const cases = kept.flatMap((format) =>
  KINDS.flatMap((kind) => sizesOf(format).map((size) => [format, kind, ...size] as const)),
);

describe.each(cases)("%s, %s numbers, %d tokens, %d rows of %d blocks", (format, kind, count, rows, blocks) => {
  const data = inputs(kind, count + rows);
  const x = data.bf16(count * blocks * 32);

  it("is added to the residual, whole numbers exactly", async () => {
    const matrix = matrixOf(format, kind, rows, blocks, data.source);
    const bias = data.f32(rows);
    const before = data.f32(count * rows);
    const want = sum(before, biased(product(x, matrix.values, count, rows, blocks * 32), bias));
    const got = await resultOf([{ ...matrix, bias }], x, Float32Array.from(before), (products, a, [one], out) =>
      products.add(a, one!, out),
    );
    expect(worst(got, want, rows)).toBeLessThanOrEqual(data.tolerance(ROUNDED));
  });

  it("goes through the gate", async () => {
    const matrix = matrixOf(format, kind, 2 * rows, blocks, data.source);
    const y = product(x, matrix.values, count, 2 * rows, blocks * 32);
    const half = (from: number) =>
      Float64Array.from({ length: count * rows }, (_, at) => y[Math.floor(at / rows) * 2 * rows + from + (at % rows)]!);
    const want = gated(half(0), half(rows), "silu");
    const got = await resultOf([matrix], x, new Uint16Array(count * rows), (products, a, [one], out) =>
      products.gated(a, one!, out),
    );
    expect(worst(fromBits("bf16", got), want, rows)).toBeLessThan(BF16);
  });
});

it("a stack of several formats gives their rows side by side", async () => {
  const data = inputs("random", 5);
  const [count, blocks] = [9, 8];
  const x = data.bf16(count * blocks * 32);
  const stack = (["q4_k", "q6_k", "bf16"] as const).map((format, at) =>
    matrixOf(format, "random", [40, 16, 33][at]!, blocks, data.source),
  );
  const all = stack.flatMap(({ values }) => [...values]);
  const want = product(x, Float64Array.from(all), count, 89, blocks * 32);
  const got = await resultOf(stack, x, new Uint16Array(count * 89), (products, a, matrices, out) =>
    products.store(a, matrices as never, out),
  );
  expect(worst(fromBits("bf16", got), want, 89)).toBeLessThan(BF16);
});

it.each(["q4_1", "bf16"] as const)(
  "%s: a token that is infinite, or no number, spoils its own row alone",
  async (format) => {
    const data = inputs("random", 3);
    const x = data
      .bf16(4 * 256)
      .with(40, Infinity)
      .with(2 * 256 + 7, NaN);
    const matrix = matrixOf(format, "random", 16, 8, data.source);
    const got = await resultOf([matrix], x, new Float32Array(4 * 16), (products, a, [one], out) =>
      products.add(a, one!, out),
    );
    const isNumber = Array.from({ length: 4 }, (_, token) =>
      got.subarray(token * 16, token * 16 + 16).every(Number.isFinite),
    );
    expect(isNumber).toEqual([false, true, false, true]);
  },
);

it("numbers keep as many bits as 32 products of them have room for", () => {
  expect((["q4_0", "q5_k", "q8_0", "q6_k", "bf16"] as const).map(wordBits)).toEqual([15, 15, 15, 13, 13]);
  // Of Q6_K a number times its scale, of bf16 rounded ones.
  for (const most of [32 * 128, 2 ** 13 - 1]) expect(32 * most * (2 ** 13 - 1)).toBeLessThan(2 ** 31);
  // Of Q8_0.
  expect(32 * 128 * (2 ** 15 - 1)).toBeLessThan(2 ** 31);
});

it("tiles have up to 128 tokens, half as many where that leaves fewer empty, and rows as the matrix has", () => {
  expect([1, 9, 100, 128, 129, 200, 300].map(wordTokens)).toEqual([8, 16, 128, 128, 64, 128, 64]);
  const cpuOf = (processors: number) => ({ arch: 0, traits: { tiles: "cpu" as const }, processors });
  expect([15, 16, 100, 128].map((rows) => wordRows(cpuOf(2), rows))).toEqual([undefined, 16, 16, 32]);
  expect(wordRows({ ...cpuOf(2), traits: { tiles: "gpu" } }, 128)).toBeUndefined();
});
