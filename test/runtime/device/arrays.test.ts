import fc from "fast-check";
import { expect, test } from "vitest";
import { fromBits, toBits } from "../../../runtime/device/arrays.js";

const everyHalf = Uint16Array.from({ length: 65536 }, (_, bits) => bits);
const isNaNBits = { f16: (bits: number) => (bits & 0x7fff) > 0x7c00, bf16: (bits: number) => (bits & 0x7fff) > 0x7f80 };

for (const dtype of ["f16", "bf16"] as const) {
  test(`every ${dtype} survives the way to numbers and back`, () => {
    const numbers = everyHalf.filter((bits) => !isNaNBits[dtype](bits));
    expect(toBits(dtype, fromBits(dtype, numbers))).toEqual(numbers);
  });

  test(`numbers round to the nearest ${dtype}, and to the even one of two`, () => {
    const positive = fromBits(dtype, everyHalf.slice(0, dtype === "f16" ? 0x7c00 : 0x7f80));
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: positive.length - 2 }),
        // Beside the middle there are numbers that a float32 does not tell from it.
        fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0.5, 0.5 + 2 ** -32, 0.5 - 2 ** -32)),
        (low, part) => {
          const [a, b] = [positive[low] as number, positive[low + 1] as number];
          const value = a + (b - a) * part;
          const expected = value - a < b - value || (value - a === b - value && low % 2 === 0) ? low : low + 1;
          expect(toBits(dtype, [value])[0]).toBe(expected);
        },
      ),
    );
  });
}

test("what is too large becomes infinity, and NaN stays NaN", () => {
  expect(fromBits("f16", toBits("f16", [65519, 65520, -1e9]))).toEqual(Float32Array.of(65504, Infinity, -Infinity));
  expect(fromBits("f16", toBits("f16", [Number.NaN]))[0]).toBeNaN();
  expect(fromBits("bf16", toBits("bf16", [Number.NaN, 3.4e38]))).toEqual(Float32Array.of(Number.NaN, Infinity));
});
