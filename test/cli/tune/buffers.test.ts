import { afterAll, describe, expect, it } from "vitest";
import { numbersOf, TuningBuffers } from "../../../cli/tune/buffers.js";
import { difference } from "../../../cli/tune/results.js";
import type { DType } from "../../../compiler/ir/index.js";
import { toBits } from "../../../runtime/device/arrays.js";
import { CpuDevice } from "../../../runtime/device/cpu/index.js";
import { given, normal, type TuningData, zeroed } from "../../../runtime/tuning/index.js";

const device = await CpuDevice.open();
afterAll(() => device.close());

/** What a buffer with this in it has, as numbers. */
async function filled(data: TuningData): Promise<number[]> {
  const buffers = new TuningBuffers(device);
  const { filled } = await buffers.arguments({ x: data });
  const { buffer } = filled.get("x")!;
  const bytes = new Uint8Array(buffer.bytes);
  await device.read(buffer, bytes);
  buffers.free();
  return Array.from(numbersOf(data.dtype, bytes));
}

describe("a buffer to measure with", () => {
  it.each<[DType, number[]]>([
    ["f32", [1.5, -2]],
    ["f64", [1.5, -2]],
    ["f16", [1.5, -2]],
    ["bf16", [1.5, -2]],
    ["f8e4m3", [1.5, -2]],
    ["f8e5m2", [1.5, -2]],
    ["i8", [1, -2]],
    ["u8", [1, 254]],
    ["i16", [1, -2]],
    ["u16", [1, 65534]],
    ["i32", [1, -2]],
    ["u32", [1, 2 ** 32 - 2]],
    ["bool", [1, 0]],
  ])("has given numbers as %s", async (dtype, values) => {
    expect(await filled(given(dtype, values))).toEqual(values);
    expect(await filled(given(dtype, Float64Array.from(values)))).toEqual(values);
  });

  it("has given bigints, and bits, as they are", async () => {
    expect(await filled(given("i64", [1n, -2n]))).toEqual([1, -2]);
    expect(await filled(given("u64", BigUint64Array.of(2n ** 60n)))).toEqual([2 ** 60]);
    expect(await filled(given("bf16", toBits("bf16", [1.5, -2])))).toEqual([1.5, -2]);
    expect(await filled(given("f32", Int32Array.of(1, 2)))).toEqual([1, 2]);
  });

  it("repeats what was drawn, to its end", async () => {
    const numbers = await filled(normal("f32", 3 * 2 ** 20));
    const drawn = 2 ** 20 - 3;
    expect(numbers.length).toBe(3 * 2 ** 20);
    expect(numbers.slice(drawn, drawn + 100)).toEqual(numbers.slice(0, 100));
    expect(numbers.slice(2 * drawn).every((one, at) => one === numbers[at])).toBe(true);
  });

  it("has zeros, and stands in a tensor descriptor too", async () => {
    expect(await filled(zeroed("f32", 3))).toEqual([0, 0, 0]);
    const buffers = new TuningBuffers(device);
    const tensor = { buffer: normal("f32", 64), shape: [8, 8], strides: [8, 1] };
    const { args } = await buffers.arguments({ tensor, n: 8 });
    expect(args).toMatchObject({ n: 8, tensor: { buffer: { bytes: 256 }, shape: [8, 8], strides: [8, 1] } });
    buffers.free();
  });
});

describe("what two builds wrote", () => {
  const of = (dtype: DType, ...values: number[]) => {
    const array = dtype === "f32" ? Float32Array.from(values) : Int32Array.from(values);
    return [{ name: "out", dtype, bytes: new Uint8Array(array.buffer) }];
  };

  it.each([
    ["floats within the tolerance", of("f32", 100, 1), of("f32", 101, 0), undefined],
    ["floats beyond it", of("f32", 100, 1), of("f32", 103, 1), { name: "out", by: 0.03 }],
    ["the same infinities and NaN", of("f32", NaN, Infinity, 1), of("f32", NaN, Infinity, 1), undefined],
    ["a number and none", of("f32", 1), of("f32", NaN), { name: "out", by: Infinity }],
    ["integers that are not equal", of("i32", 1000), of("i32", 1001), { name: "out", by: 0.001 }],
    ["buffers whose size follows from the build", of("f32", 1), of("f32", 1, 2), undefined],
  ] as const)("is compared: %s", (_, one, other, expected) => {
    expect(difference(one, other, 0.02)).toEqual(expected);
    expect(difference(one, other, Number.POSITIVE_INFINITY)).toBeUndefined();
  });
});
