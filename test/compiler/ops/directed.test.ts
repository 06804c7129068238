import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DIRECTED } from "../../../compiler/ops/special/directed.mjs";

/** A fraction of integers: what arithmetic of doubles gives without rounding. */
type Exact = readonly [above: bigint, below: bigint];

function exactly(x: number): Exact {
  const bits = new BigUint64Array(Float64Array.of(x).buffer)[0]!;
  const exponent = Number((bits >> 52n) & 0x7ffn);
  const fraction = ((bits & 0xfffffffffffffn) | (exponent === 0 ? 0n : 1n << 52n)) * (x < 0 ? -1n : 1n);
  const power = Math.max(exponent, 1) - 1075;
  return power >= 0 ? [fraction << BigInt(power), 1n] : [fraction, 1n << BigInt(-power)];
}

const sum = ([a, b]: Exact, [c, d]: Exact): Exact => [a * d + c * b, b * d];
const product = ([a, b]: Exact, [c, d]: Exact): Exact => [a * c, b * d];
const sign = (value: bigint): number => (value < 0n ? -1 : value > 0n ? 1 : 0);
const order = ([a, b]: Exact, [c, d]: Exact): number => sign(a * d - c * b) * sign(b * d);

const FORMATS = [
  { suffix: "", most: Number.MAX_VALUE, cast: (x: number) => x },
  { suffix: "F32", most: Math.fround((2 - 2 ** -23) * 2 ** 127), cast: Math.fround },
] as const;

/** Extremes, numbers whose sums and products need few digits, and any. */
const numbers = fc.oneof(
  fc.constantFrom(0, -0, 1, -1, 3, 2 ** -1074, 2 ** -149, -(2 ** -126), 2 ** 100, 1e308, -3e38, 1 / 3),
  fc.integer({ min: -50, max: 50 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.tuple(fc.double({ min: 1, max: 2, noNaN: true }), fc.integer({ min: -160, max: 160 })).map(([x, n]) => x * 2 ** n),
);

const run = (name: string, ...of: readonly number[]): number => DIRECTED[name]!(...of);

/** Rounded down is not above `exact`, up not below, nothing lies between the two, and to zero is that of both which is nearer to it. */
function expectAround(
  name: string,
  suffix: string,
  of: readonly number[],
  compare: (found: number) => number,
  most: number,
) {
  const [down, up, zero] = ["Rd", "Ru", "Rz"].map((way) => run(`${name}${way}${suffix}`, ...of)) as [
    number,
    number,
    number,
  ];
  const where = `${name} of ${of.join(", ")}: ${down}, ${up}`;
  if (Number.isFinite(down)) expect(compare(down), where).toBeLessThanOrEqual(0);
  else expect(down, where).toBe(-Infinity);
  if (Number.isFinite(up)) expect(compare(up), where).toBeGreaterThanOrEqual(0);
  else expect(up, where).toBe(Infinity);
  for (const one of [down, up]) if (Number.isFinite(one)) expect(Math.abs(one)).toBeLessThanOrEqual(most);
  if (down !== up) expect(run(`nextafter${suffix}`, down, Infinity) + 0, where).toBe(up + 0);
  else expect(compare(down), where).toBe(0);
  expect(zero + 0, where).toBe((Math.abs(down) < Math.abs(up) ? down : up) + 0);
}

describe.each(FORMATS)("in the format $suffix", ({ suffix, most, cast }) => {
  const finite = numbers.map(cast).filter(Number.isFinite);
  const two = fc.tuple(finite, finite);

  it("sums, products and a · b + c lie around what they are", () => {
    fc.assert(
      fc.property(finite, finite, finite, (a, b, c) => {
        const [x, y, z] = [a, b, c].map(exactly) as [Exact, Exact, Exact];
        const around = (name: string, of: readonly number[], exact: Exact) =>
          expectAround(name, suffix, of, (found) => order(exactly(found), exact), most);
        around("add", [a, b], sum(x, y));
        around("sub", [a, b], sum(x, [-y[0], y[1]]));
        around("mul", [a, b], product(x, y));
        around("fma", [a, b, c], sum(product(x, y), z));
      }),
      { numRuns: 2000 },
    );
  });

  it("quotients and roots do", () => {
    fc.assert(
      fc.property(two, ([a, b]) => {
        if (b !== 0) {
          const [[an, ad], [bn, bd]] = [exactly(a), exactly(b)];
          const exact: Exact = bn < 0n ? [-an * bd, -bn * ad] : [an * bd, bn * ad];
          expectAround("div", suffix, [a, b], (found) => order(exactly(found), exact), most);
          const inverse: Exact = bn < 0n ? [-bd, -bn] : [bd, bn];
          expectAround("rcp", suffix, [b], (found) => order(exactly(found), inverse), most);
        }
        const size = Math.abs(a);
        const square = exactly(size);
        expectAround("sqrt", suffix, [size], (found) => order(product(exactly(found), exactly(found)), square), most);
      }),
      { numRuns: 2000 },
    );
  });

  it("no neighbour is nearer to 1 / √x", () => {
    fc.assert(
      fc.property(finite, (a) => {
        const x = Math.abs(a);
        if (x === 0) return;
        const found = run(`rsqrtRn${suffix}`, x);
        // Half way to either neighbour, squared, times x lies on the other side of 1.
        const halfway = (towards: number): number => {
          const [p, q] = [exactly(found), exactly(run(`nextafter${suffix}`, found, towards))];
          const middle = product(sum(p, q), [1n, 2n]);
          return order(product(product(middle, middle), exactly(x)), [1n, 1n]);
        };
        expect(halfway(0), `1 / √${x} is ${found}`).toBeLessThanOrEqual(0);
        expect(halfway(Infinity), `1 / √${x} is ${found}`).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 2000 },
    );
  });

  it("the next number is the next one", () => {
    fc.assert(
      fc.property(two, ([a, b]) => {
        const next = run(`nextafter${suffix}`, a, b);
        if (a === b) expect(next).toBe(b);
        else {
          expect(Math.sign(next - a || (b > a ? 1 : -1))).toBe(b > a ? 1 : -1);
          // And back again.
          if (Number.isFinite(next)) expect(run(`nextafter${suffix}`, next, a) + 0).toBe(a + 0);
          expect(cast(next)).toBe(next);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

it.each([
  ["addRd", [1, -1], -0],
  ["addRu", [1, -1], 0],
  ["addRu", [-0, -0], -0],
  ["addRd", [0, -0], -0],
  ["addRu", [0, -0], 0],
  ["mulRd", [-0, 5], -0],
  ["subRd", [1, 1], -0],
  ["subRu", [1, 1], 0],
  ["subRd", [0, 0], -0],
  ["subRz", [-0, 0], -0],
  ["rcpRu", [-0], -Infinity],
  ["rcpRd", [Infinity], 0],
  ["rcpRuF32", [-2e-39], -(2 - 2 ** -23) * 2 ** 127],
  ["rsqrtRnF32", [0.25], 2],
  ["rsqrtRnF32", [-1], Number.NaN],
  ["rsqrtRnF32", [-0], -Infinity],
  ["mulRz", [-1e-200, 1e-200], -0],
  ["fmaRd", [2, 3, -6], -0],
  ["fmaRz", [2, 3, -6], 0],
  ["divRu", [1, 0], Infinity],
  ["divRz", [0, -2], -0],
  ["sqrtRu", [-0], -0],
  ["sqrtRu", [-1], Number.NaN],
  ["addRz", [Infinity, -Infinity], Number.NaN],
  ["addRz", [1e308, 1e308], Number.MAX_VALUE],
  ["addRuF32", [3e38, 3e38], Infinity],
  ["nextafter", [0, -1], -(2 ** -1074)],
  ["nextafter", [-Infinity, 0], -Number.MAX_VALUE],
  ["nextafter", [Number.MAX_VALUE, Infinity], Infinity],
  ["nextafter", [-(2 ** -1074), 1], -0],
  ["nextafterF32", [Number.NaN, 1], Number.NaN],
] as const)("%s of %j is %d", (name, of, want) => {
  expect(run(name, ...of)).toBe(want);
});
