import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { scalar } from "../../../compiler/ir/index.js";
import { OPS, type OpNode, roundTo, scalarValue, type TileValue } from "../../../compiler/ops/index.js";
import { realFunction } from "../../../compiler/ops/real.mjs";
import * as d from "../ir/draft.js";

const erf = realFunction("erf");

describe("rounding", () => {
  it.each([
    ["f16", 65519, 65504],
    ["f16", 65520, Infinity],
    ["f16", 2 ** -24, 2 ** -24],
    ["f16", 2 ** -25, 0],
    ["f16", 1 + 2 ** -11, 1],
    ["f16", 1 + 3 * 2 ** -11, 1 + 2 ** -9],
    ["bf16", 1 + 2 ** -8, 1],
    ["bf16", 1 + 3 * 2 ** -8, 1 + 2 ** -6],
    ["bf16", 3.4e38, Infinity],
    ["f32", 0.1, Math.fround(0.1)],
    ["i8", 200, -56],
    ["u8", -1, 255],
    ["i32", 2 ** 31, -(2 ** 31)],
    ["u32", -1, 2 ** 32 - 1],
    ["i32", -1.9, -1],
    ["bool", 0.5, 1],
  ] as const)("%s holds %d as %d", (dtype, value, held) => expect(roundTo(dtype, value)).toBe(held));

  it("keeps what a dtype holds already, and goes to the nearest of its neighbours", () => {
    for (const dtype of ["f16", "bf16"] as const)
      fc.assert(
        fc.property(fc.float({ min: -60000, max: 60000, noNaN: true }), (value) => {
          const held = roundTo(dtype, value);
          expect(roundTo(dtype, held)).toBe(held);
          const digits = dtype === "f16" ? 11 : 8;
          const step =
            2 ** (Math.max(Math.floor(Math.log2(Math.abs(value) || 1)), dtype === "f16" ? -14 : -126) - digits + 1);
          expect(Math.abs(held - value)).toBeLessThanOrEqual(step / 2);
        }),
      );
  });
});

describe("the meaning of ops on numbers", () => {
  const evaluate = (op: string, dtype: Parameters<typeof scalar>[0], args: Record<string, number>): number => {
    const typed = Object.entries(args).map(([name, value]) => [name, { ...d.expr(value), type: scalar(dtype) }]);
    const node = { ...d.op(op), args: Object.fromEntries(typed), type: scalar(dtype) } as OpNode;
    const values = Object.fromEntries(Object.entries(args).map(([name, value]) => [name, scalarValue(value)]));
    return (OPS.get(op)!.evaluate!(values, node) as TileValue).data[0]!;
  };

  it("wraps integers as the hardware does, low bits and all", () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.maxSafeInteger(), (x, y) => {
        const [a, b] = [x | 0, y | 0];
        expect(evaluate("mul", "i32", { a, b })).toBe(Math.imul(a, b));
        expect(evaluate("mul", "u32", { a: a >>> 0, b: b >>> 0 })).toBe(Math.imul(a, b) >>> 0);
        expect(evaluate("add", "i32", { a, b })).toBe((a + b) | 0);
        expect(evaluate("shiftRightLogical", "i32", { a, b: b & 31 })).toBe((a >>> (b & 31)) | 0);
        expect(evaluate("shiftLeft", "i32", { a, b: b & 31 })).toBe(a << (b & 31));
      }),
    );
  });

  it("rounds divisions of integers toward zero", () => {
    expect(evaluate("floorDiv", "i32", { a: -7, b: 2 })).toBe(-3);
    expect(evaluate("mod", "i32", { a: -7, b: 2 })).toBe(-1);
    expect(evaluate("cdiv", "i32", { a: 7, b: 2 })).toBe(4);
  });

  it("divides by 0 and shifts by any amount as GPUs do", () => {
    expect([evaluate("floorDiv", "i32", { a: 5, b: 0 }), evaluate("mod", "u8", { a: 5, b: 0 })]).toEqual([-1, 5]);
    expect(evaluate("floorDiv", "i8", { a: -128, b: -1 })).toBe(-128);
    expect(["shiftLeft", "shiftRight", "shiftRightLogical"].map((op) => evaluate(op, "i16", { a: -5, b: 40 }))).toEqual(
      [0, -1, 0],
    );
    expect(evaluate("cdiv", "i32", { a: -7, b: 2 })).toBe(-3);
  });

  it("rounds a · b + c once, where f64 rounds it too", () => {
    // a · b + c lies a little above the middle between two f32, which is where f64 puts it.
    const [a, b, c] = [1 + 2 ** -12, 1 + 2 ** -12, 2 ** -60];
    expect(Math.fround(a * b + c)).toBe(1 + 2 ** -11);
    expect(evaluate("fma", "f32", { a, b, c })).toBe(1 + 2 ** -11 + 2 ** -23);
  });

  it("lets a number win over NaN", () => {
    expect(evaluate("maximum", "f32", { a: Number.NaN, b: 1 })).toBe(1);
    expect(evaluate("minimum", "f32", { a: 1, b: Number.NaN })).toBe(1);
  });

  it("knows erf to the last digits (values from Abramowitz and Stegun, table 7.1)", () => {
    expect(erf(0.5)).toBeCloseTo(0.5204998778, 10);
    expect(erf(1)).toBeCloseTo(0.8427007929, 10);
    expect(erf(-2)).toBeCloseTo(-0.995322265, 9);
    expect(erf(3.5)).toBeCloseTo(0.999999257, 9);
  });
});
