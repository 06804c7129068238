import { type Const, type Descriptor, type F32, type Int, kernel, type Ptr } from "tilescript";
import { describe, expect, expectTypeOf, it } from "vitest";
import { cdiv, given, normal, tuning, zeroed } from "../../../runtime/index.js";
import { bytesOfData } from "../../../runtime/tuning/index.js";

const plain = kernel((_: { x: Ptr<"bf16">; out: Ptr<"f32">; n: Int; scale: F32; B: Const<"B"> }) => {}, {
  tune: ["B"],
  builds: [{ constants: { B: 64 } }],
});
const generic = kernel(<T extends "f16" | "f32">(_: { x: Ptr<T>; n: Int }) => {});
const described = kernel((_: { x: Descriptor<"bf16", [64, 64]> }) => {});

describe("a tuning is checked by tsc", () => {
  const shapes = [{ n: 1024 }] as const;
  const x = normal("bf16", 8);
  const out = zeroed("f32", 8);

  it("by the names and dtypes of the kernel's parameters", () => {
    tuning(plain, {
      shapes: [{ n: 1024 }],
      launch: ({ n }, { B }) => {
        expectTypeOf(n).toEqualTypeOf<number>();
        expectTypeOf(B).toEqualTypeOf<number>();
        return { grid: [cdiv(n, B)], args: { x, out, n, scale: 2 } };
      },
    });
    // @ts-expect-error x is bf16
    tuning(plain, { shapes, launch: ({ n }) => ({ grid: [1], args: { x: out, out, n, scale: 2 } }) });
    // @ts-expect-error scale is missing
    tuning(plain, { shapes, launch: ({ n }) => ({ grid: [1], args: { x, out, n } }) });
    // @ts-expect-error the kernel has no m, but an n
    tuning(plain, { shapes, launch: ({ n }) => ({ grid: [1], args: { x, out, m: n, scale: 2 } }) });
    // @ts-expect-error the shape has no m
    tuning(plain, { shapes, launch: ({ m }) => ({ grid: [1], args: { x, out, n: m, scale: 2 } }) });
    // @ts-expect-error there is no constant C
    tuning(plain, { shapes, launch: ({ n }, { C }) => ({ grid: [C], args: { x, out, n, scale: 2 } }) });
    // @ts-expect-error without a shape nothing says what one consists of
    tuning(plain, { launch: () => ({ grid: [1], args: { x, out, n: 1, scale: 2 } }), shapes: [] });
  });

  it("of generic kernels and of tensor descriptors too", () => {
    tuning(generic, {
      shapes: [
        { n: 8, T: "f16" },
        { n: 8, T: "f32" },
      ],
      launch: ({ n, T }) => ({ grid: [1], args: { x: normal(T, n), n, T } }),
    });
    const tensor = { buffer: normal("bf16", 64), shape: [8, 8], strides: [8, 1] };
    tuning(described, { shapes: [{ n: 8 }], launch: () => ({ grid: [1], args: { x: tensor } }) });
    const other = { ...tensor, buffer: normal("f32", 64) };
    // @ts-expect-error the descriptor's elements are bf16
    tuning(described, { shapes: [{ n: 8 }], launch: () => ({ grid: [1], args: { x: other } }) });
  });

  it("names constants that there are in tune", () => {
    // @ts-expect-error there is no constant C
    kernel((_: { n: Int; B: Const<"B"> }) => {}, { tune: ["C"], builds: [{ constants: { B: 1 } }] });
  });
});

describe("what is in a buffer", () => {
  it("is normal numbers, the same ones each time, of any length", () => {
    const { pattern, elements } = normal("f32", 10_001);
    const numbers = Float64Array.from(pattern as ArrayLike<number>);
    expect([elements, numbers.length]).toEqual([10_001, 10_001]);
    const mean = numbers.reduce((a, b) => a + b) / numbers.length;
    const variance = numbers.reduce((sum, one) => sum + (one - mean) ** 2, 0) / numbers.length;
    expect(Math.abs(mean)).toBeLessThan(0.05);
    expect(Math.abs(variance - 1)).toBeLessThan(0.05);
    expect(normal("f32", 10_001).pattern).toEqual(pattern);
    expect(normal("bf16", 2 ** 22)).toMatchObject({ elements: 2 ** 22, pattern: { length: 2 ** 20 - 3 } });
  });

  it("or zeros, or given values, in the bytes of their dtype", () => {
    expect(zeroed("i64", 5)).toEqual({ kind: "data", dtype: "i64", elements: 5 });
    expect(bytesOfData(given("u8", [1, 2, 3]))).toBe(3);
    expect(bytesOfData(zeroed("f64", 3))).toBe(24);
  });

  it("is refused where it makes no sense", () => {
    expect(() => normal("i32", 4)).toThrow('Normal numbers are floats, and i32 is none: write given("i32", …).');
    expect(() => zeroed("f32", 1.5)).toThrow("A buffer to measure with has a whole number of elements, not 1.5.");
    expect(() => tuning(undefined as never, {} as never)).toThrow(/^tuning\(\) takes a kernel/);
  });
});
