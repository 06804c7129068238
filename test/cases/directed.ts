/** What the kernel of directed.kernel.ts gives, by the functions that test/compiler/ops/directed.test.ts holds against fractions of integers. */
import { DIRECTED } from "../../compiler/ops/special/directed.mjs";
import type { Corner } from "./corners.js";

const A = [1, -1, 3, 1 / 3, 1e-30, -7e20, 0, 65504.125, -0.1, 5, 2 ** -60, 1e-38, 12345.678, -2, 9, 0.7];
const B = [3, 7, -3, 1e-20, 1e-12, 1e19, -4, 0.3, -0.1, 0.2, 2 ** 60, 0.01, 8765.4321, 1 / 7, 3, 1.3];
const C = [1e-9, -1e-9, 9, 1, 1e-42, 7e20, -0.5, 1e-3, 0.2, -1, -1, 1e-38, 1e8, 2 / 7, -27, -0.91];

const WAYS = ["Rd", "Ru", "Rz"];

function corner(dtype: "f32" | "f64"): Corner {
  const [suffix, cast] = dtype === "f32" ? ["F32", Math.fround] : ["", (x: number) => x];
  const [a, b, c] = [A, B, C].map((values) => values.map(cast)) as [number[], number[], number[]];
  const all = (name: string, of: (i: number) => readonly number[]) =>
    a.map((_, i) => DIRECTED[`${name}${suffix}`]!(...of(i)));
  const ways = (name: string, of: (i: number) => readonly number[]) => WAYS.flatMap((way) => all(`${name}${way}`, of));
  return {
    title: `${dtype}: rounded down, up and to zero`,
    kernel: "directions",
    dtypes: { T: dtype },
    args: { a: { dtype, numbers: a }, b: { dtype, numbers: b }, c: { dtype, numbers: c } },
    want: [
      ...ways("add", (i) => [a[i]!, c[i]!]),
      ...ways("mul", (i) => [a[i]!, b[i]!]),
      ...ways("div", (i) => [a[i]!, b[i]!]),
      ...ways("fma", (i) => [a[i]!, b[i]!, c[i]!]),
      ...ways("sqrt", (i) => [Math.abs(b[i]!)]),
      ...all("nextafter", (i) => [a[i]!, b[i]!]),
      ...ways("sub", (i) => [a[i]!, c[i]!]),
      ...ways("rcp", (i) => [b[i]!]),
      ...a.map((x, i) => cast(cast(x * b[i]!) + c[i]!)),
      ...a.map((x, i) => cast(cast(x * b[i]!) - c[i]!)),
      ...b.map((x) => cast(1 / x)),
    ],
    // Triton's interpreter knows no libdevice.
    large: true,
  };
}

const SQUARES = [1, 2, 3, 0.1, 4, 1e-42, 3e38, 2 ** -149, 1.5, 0.7, 16777215, 0, -0, -1, Infinity, Number.NaN].map(
  Math.fround,
);

export const DIRECTIONS: readonly Corner[] = [
  corner("f32"),
  corner("f64"),
  {
    title: "inverse roots to the nearest",
    kernel: "inverseRoots",
    args: { x: { dtype: "f32", numbers: SQUARES } },
    want: SQUARES.map((x) => DIRECTED.rsqrtRnF32!(x)),
    large: true,
  },
];
