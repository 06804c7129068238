import { execa } from "execa";
import { expect, test } from "vitest";
import { ensureEnvironment } from "../../../compiler/backends/triton/index.js";
import { realFunction } from "../../../compiler/ops/real.mjs";

/** Numbers from 0 to 1, the same every time (Park and Miller, 1988). */
let state = 12345;
function next(): number {
  state = (state * 48271) % 2147483647;
  return state / 2147483647;
}
const from = (low: number, high: number, count = 14): number[] =>
  Array.from({ length: count }, () => low + next() * (high - low));
/** As many of each size. */
const sizes = (low: number, high: number, count = 14): number[] =>
  from(Math.log(low), Math.log(high), count).map(Math.exp);

/** Where each function is asked, and whether what it gives is right to its own size or to that of 1. */
const PLACES: Readonly<Record<string, readonly [x: readonly number[], near: "relative" | "absolute"]>> = {
  erf: [[...from(-3, 3), ...sizes(1e-10, 1)], "relative"],
  erfc: [[...from(-2, 10), ...from(10, 26, 10)], "relative"],
  erfcx: [[...from(-5, 10), ...from(10, 24, 8), 0.5, 6.2831853], "relative"],
  erfinv: [[...from(-1, 1), ...sizes(1e-12, 0.5), 1 - 2 ** -30, 1 - 2 ** -53], "relative"],
  erfcinv: [[...from(0, 2), ...sizes(1e-300, 0.5), 5e-324, 1e-310], "relative"],
  normcdf: [[...from(-10, 3), ...from(-36, -10, 8)], "relative"],
  normcdfinv: [[...from(0, 1), ...sizes(1e-300, 0.5)], "relative"],
  sinpi: [from(-50, 50), "relative"],
  cospi: [from(-50, 50), "relative"],
  lgamma: [[...from(0, 20), ...sizes(1e-10, 1), ...from(20, 1000), ...from(0.9, 2.1), 1 + 1e-9, 2 - 1e-9], "relative"],
  tgamma: [[...from(0, 171), ...from(-170, 0), ...from(-19, 0), ...sizes(1e-10, 1, 10), -175.3], "relative"],
  j0: [[...from(0, 40), 25, 24.999], "absolute"],
  j1: [[...from(0, 40), 1e-9], "absolute"],
  y0: [[...from(0, 40), ...sizes(1e-6, 1, 10)], "absolute"],
  y1: [[...from(0.1, 40), ...sizes(1e-6, 0.1, 10)], "absolute"],
  cylBesselI0: [[...from(-30, 30), ...from(30, 700, 10)], "relative"],
  cylBesselI1: [[...from(-30, 30), ...from(30, 700, 10)], "relative"],
};

test("special functions are right to a few units in the last place", { timeout: 120_000 }, async () => {
  const { python } = await ensureEnvironment({ extras: ["model", "test"] });
  const asked = Object.entries(PLACES).map(([name, [x]]) => [
    name,
    name.endsWith("inv") ? x.map((one) => [one, realFunction(name)(one)]) : x,
  ]);
  const script = new URL("../../reference/special.py", import.meta.url).pathname;
  const { stdout } = await execa(python, [script], { input: JSON.stringify(Object.fromEntries(asked)) });
  const right = JSON.parse(stdout) as Record<string, readonly string[]>;
  const wrong = Object.entries(PLACES).flatMap(([name, [x, near]]) =>
    x.flatMap((one, at) => {
      const [got, want] = [realFunction(name)(one), Number(right[name]![at])];
      const size = near === "relative" ? Math.abs(want) : Math.max(Math.abs(want), 1);
      return Math.abs(got - want) <= 2e-15 * size ? [] : [{ name, x: one, got, want }];
    }),
  );
  expect(wrong).toEqual([]);
});

test("Bessel functions of any order are right to a few units in the last place, of 1 or of what is larger", {
  timeout: 120_000,
}, async () => {
  const { python } = await ensureEnvironment({ extras: ["model", "test"] });
  const orders = [2, 3, 5, 12, 40, 128];
  const places = [...from(0, 60, 24), ...sizes(1e-3, 1, 6), 128, 127.5, 200];
  const pairs = orders.flatMap((n) => places.map((x) => [n, x] as const));
  const script = new URL("../../reference/special.py", import.meta.url).pathname;
  const { stdout } = await execa(python, [script], { input: JSON.stringify({ jn: pairs, yn: pairs }) });
  const right = JSON.parse(stdout) as Record<string, readonly string[]>;
  const wrong = Object.entries(right).flatMap(([name, values]) =>
    pairs.flatMap(([n, x], at) => {
      const [got, want] = [realFunction(name)(n, x), Number(values[at])];
      // Below the order, where it does not cross 0, to its own size.
      const size = n > x ? Math.abs(want) : Math.max(Math.abs(want), 1);
      return got === want || Math.abs(got - want) <= 4e-16 * (n + 10) * size ? [] : [{ name, n, x, got, want }];
    }),
  );
  expect(wrong).toEqual([]);
});

test("they cross 0 below 0 as Python's do", () => {
  const lgamma = realFunction("lgamma");
  for (const [x, want] of [
    [-0.5, 1.2655121234846454],
    [-2.4570247382208, 0],
    [-1e-300, 690.7755278982137],
    [-1000.5, -5914.437701116855],
  ] as const)
    expect(Math.abs(lgamma(x) - want)).toBeLessThan(1e-13 * Math.max(Math.abs(want), 1));
});

/** At the ends of what they are defined for, as C has it. */
test.each([
  ["tgamma", [-0], -Infinity],
  ["tgamma", [-3], Number.NaN],
  ["tgamma", [172], Infinity],
  ["tgamma", [-Infinity], Number.NaN],
  ["lgamma", [-2], Infinity],
  ["lgamma", [2], 0],
  ["lgamma", [-Infinity], Infinity],
  ["erfinv", [-1], -Infinity],
  ["erfinv", [1.5], Number.NaN],
  ["erfcinv", [0], Infinity],
  ["normcdfinv", [0], -Infinity],
  ["normcdfinv", [1], Infinity],
  ["normcdf", [-Infinity], 0],
  ["normcdf", [-38.4], 7e-323],
  ["erfcx", [-27], Infinity],
  ["erfcx", [Infinity], 0],
  ["erfc", [-Infinity], 2],
  ["sinpi", [Infinity], Number.NaN],
  ["cospi", [1e300], 1],
  ["j0", [0], 1],
  ["j1", [-Infinity], 0],
  ["y0", [-1], Number.NaN],
  ["y1", [0], -Infinity],
  ["y1", [1e-300], -6.366197723675814e299],
  ["jn", [-1, 1], Number.NaN],
  ["jn", [3, Number.NaN], Number.NaN],
  ["jn", [3, Infinity], 0],
  ["jn", [3, 0], 0],
  ["jn", [0, 0], 1],
  ["jn", [1, -0.5], -0.24226845767487387],
  ["jn", [3, -2], -0.12894324947440206],
  ["jn", [1000, 1], 0],
  ["yn", [-1, 1], Number.NaN],
  ["yn", [2, 0], -Infinity],
  ["yn", [2, -1], Number.NaN],
  ["yn", [2, Infinity], 0],
  ["yn", [300, 1e-3], -Infinity],
  ["ldexp", [3, -1076], 5e-324],
  ["ldexp", [1, -1075], 0],
  ["ldexp", [1.5, -1075], 5e-324],
  ["ldexp", [5e-324, 2097], 8.98846567431158e307],
  ["ldexp", [1.7976931348623157e308, -2098], 5e-324],
  ["ldexp", [-1, 1024], -Infinity],
  ["ldexp", [-Infinity, -9e9], -Infinity],
  ["cylBesselI1", [-720], -Infinity],
  ["remainder", [6, 4], -2],
  ["remainder", [10, 4], 2],
  ["remainder", [-5, 3], 1],
  ["remainder", [1, 0], Number.NaN],
  ["remainder", [1, Infinity], 1],
  ["remainder", [1.7e308, 1e308], -3.000000000000001e307],
  ["remainder", [1e-310, 4e-311], -1.9999999999994e-311],
  ["logb", [0], -Infinity],
  ["logb", [-8], 3],
  ["logb", [5e-324], -1074],
  ["logb", [Infinity], Infinity],
  ["fdim", [3, 1], 2],
  ["fdim", [Infinity, Infinity], 0],
  ["fdim", [Number.NaN, 1], Number.NaN],
  ["norm3d", [1e300, 2e300, 2e300], 3e300],
  ["rnorm4d", [1, 1, 1, 1], 0.5],
  ["rhypot", [3, 4], 0.2],
] as const)("%s of %j is %d", (name, of, want) => {
  const got = realFunction(name)(...of);
  if (want === 0 || Number.isNaN(want)) expect(Math.abs(got)).toBe(Math.abs(want));
  else expect(got === want || Math.abs(got / want - 1) < 1e-14).toBe(true);
});
