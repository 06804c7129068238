import { expect, test } from "vitest";
import { realFunction } from "../../../compiler/ops/real.mjs";

/** Where JavaScript's Math has no such function, or does not do what IEEE 754 and libdevice do. */
const VALUES: readonly (readonly [string, readonly number[], number])[] = [
  ...[
    [0.5, 0],
    [1.5, 2],
    [2.5, 2],
    [-0.5, -0],
    [-1.5, -2],
    [-2.5, -2],
    [0.49999999999999994, 0],
    [-Infinity, -Infinity],
    [Number.NaN, Number.NaN],
  ].map(([x, want]) => ["rint", [x!], want!] as const),
  ...[
    [0.5, 1],
    [-0.5, -1],
    [2.5, 3],
    [-2.5, -3],
    [0.49999999999999994, 0],
    [1e300, 1e300],
    [Infinity, Infinity],
    [Number.NaN, Number.NaN],
  ].map(([x, want]) => ["round", [x!], want!] as const),
  ["pow", [1, Number.NaN], 1],
  ["pow", [-1, Infinity], 1],
  ["pow", [Number.NaN, 0], 1],
  ["pow", [-8, 1 / 3], Number.NaN],
  ["pow", [-2, 3], -8],
  ["copysign", [3, -0], -3],
  ["copysign", [-3, 0], 3],
  ["copysign", [3, -Infinity], -3],
  ["fmod", [-7.5, 2], -1.5],
  ["fmod", [7.5, -2], 1.5],
  ["fmod", [1, Infinity], 1],
  ["hypot", [3e300, 4e300], 5e300],
  ["hypot", [Infinity, Number.NaN], Infinity],
  ["atan2", [-1, -1], (-3 * Math.PI) / 4],
  ["exp10", [3], 1000],
  ["log1p", [1e-20], 1e-20],
  ["erfc", [0], 1],
  ["erfc", [-7], 2],
];

test.each(VALUES)("%s of %j is %d", (name, of, want) => {
  const found = realFunction(name)(...of);
  if (want === 0 || Number.isNaN(want)) expect(Math.abs(found)).toBe(Math.abs(want));
  else expect(Math.abs(found / want - 1) < 1e-14 || found === want).toBe(true);
});

test("the complement of the error function keeps its digits where it is small (Abramowitz and Stegun, table 7.3)", () => {
  expect(realFunction("erfc")(2) / 4.677734981047266e-3).toBeCloseTo(1, 12);
  expect(realFunction("erfc")(5) / 1.5374597944280349e-12).toBeCloseTo(1, 12);
});
