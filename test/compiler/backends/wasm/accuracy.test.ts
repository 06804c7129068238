import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { roundTo } from "../../../../compiler/ops/index.js";
import { CpuDevice } from "../../../../runtime/device/cpu/index.js";
import * as d from "../../ir/draft.js";
import { run } from "./run.js";

let device: CpuDevice;
beforeAll(async () => {
  device = await CpuDevice.open({ threads: 1, store: null });
});
afterAll(() => device.close());

const SIZE = 1 << 16;

const applied = (of: ReturnType<typeof d.unary>) =>
  d.kernel(
    "apply",
    [d.ptr("x", "f32"), d.ptr("out", "f32")],
    [
      d.declare("at", d.add(d.mul(d.programId(0), 256), d.arange(0, 256))),
      d.declare("value", d.load(d.add("x", "at"))),
      d.store(d.add("out", "at"), of),
    ],
    { builds: [d.build()] },
  );

async function apply(of: ReturnType<typeof d.unary>, x: readonly number[]): Promise<number[]> {
  const zeros = new Array<number>(x.length).fill(0);
  return (
    await run(device, applied(of), { x: { dtype: "f32", data: x }, out: { dtype: "f32", data: zeros } }, [
      x.length / 256,
    ])
  ).out!;
}

const BITS = new DataView(new ArrayBuffer(4));
const fromBits = (bits: number): number => {
  BITS.setInt32(0, bits);
  return BITS.getFloat32(0);
};
/** Distance between neighbouring floats at a value. */
const unit = (value: number): number => Math.max(2 ** -149, 2 ** (Math.floor(Math.log2(Math.abs(value))) - 23));

const spread = (low: number, high: number): number[] =>
  Array.from({ length: SIZE }, (_, i) => Math.fround(low + ((high - low) * (i + 0.5)) / SIZE));
/** Positive floats of every magnitude. */
const magnitudes = Array.from({ length: SIZE }, (_, i) => fromBits(1 + Math.floor((i * 0x7f7fffff) / SIZE)));

const erf = (x: number): number => {
  if (Math.abs(x) > 5) return Math.sign(x);
  let [sum, term] = [x, x];
  for (let n = 1; n < 200; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return sum * Math.exp(-x * x) * (2 / Math.sqrt(Math.PI));
};

describe.each([
  ["exp", Math.exp, spread(-110, 90), 2],
  ["exp2", (x: number) => 2 ** x, spread(-155, 130), 2],
  ["log", Math.log, magnitudes, 2],
  ["log", Math.log, spread(0.5, 2), 2],
  ["log2", Math.log2, magnitudes, 2],
  ["log2", Math.log2, spread(0.5, 2), 2],
  ["sqrt", Math.sqrt, magnitudes, 0.5],
  ["rsqrt", (x: number) => 1 / Math.sqrt(x), magnitudes, 1.5],
  ["sin", Math.sin, spread(-100, 100), 1],
  ["cos", Math.cos, spread(-100, 100), 1],
  ["sin", Math.sin, spread(-9e5, 9e5), 1],
  ["cos", Math.cos, spread(1e6, 1e30), 1],
  ["sigmoid", (x: number) => 1 / (1 + Math.exp(-x)), spread(-87, 40), 3],
  ["tanh", Math.tanh, spread(-10, 10), 3],
  ["erf", erf, spread(-5, 5), 3],
] as const)("%s", (op, exact, x, units) => {
  it(`is within ${units} units in the last place`, async () => {
    const got = await apply(d.unary(op, "value"), x);
    let worst = { error: 0, at: 0, got: 0, want: 0 };
    x.forEach((value, i) => {
      const want = exact(value);
      const rounded = Math.fround(want);
      const error = rounded === got[i] ? 0 : Math.abs(got[i]! - want) / unit(want);
      if (!(error <= worst.error)) worst = { error, at: value, got: got[i]!, want };
    });
    expect(worst.error, JSON.stringify(worst)).toBeLessThanOrEqual(units);
  });
});

it("functions keep their special values", async () => {
  const special = [0, -0, Infinity, -Infinity, NaN, -1];
  const x = [...special, ...new Array(250).fill(1)];
  const of = async (op: string) => (await apply(d.unary(op, "value"), x)).slice(0, special.length);
  expect(await of("exp")).toEqual([1, 1, Infinity, 0, NaN, Math.fround(Math.exp(-1))]);
  expect(await of("exp2")).toEqual([1, 1, Infinity, 0, NaN, 0.5]);
  expect(await of("log")).toEqual([-Infinity, -Infinity, Infinity, NaN, NaN, NaN]);
  expect(await of("log2")).toEqual([-Infinity, -Infinity, Infinity, NaN, NaN, NaN]);
  expect((await of("sin")).slice(2, 5)).toEqual([NaN, NaN, NaN]);
  expect((await of("tanh")).slice(0, 5)).toEqual([0, -0, 1, -1, NaN]);
  expect((await of("erf")).slice(0, 5)).toEqual([0, -0, 1, -1, NaN]);
  expect((await of("sigmoid")).slice(0, 5)).toEqual([0.5, 0.5, 1, 0, NaN]);
});

describe.each(["f16", "bf16"] as const)("%s", (dtype) => {
  const there = d.op("cast", { x: d.op("cast", { x: "value" }, { dtype }) }, { dtype: "f32" });

  it("is rounded to nearest, ties to even, over all magnitudes", async () => {
    const near = magnitudes.flatMap((value) => [value, -value]).slice(0, SIZE);
    const halves = Array.from({ length: SIZE / 2 }, (_, i) => Math.fround((i - SIZE / 4) * 2 ** -25));
    const bits = Array.from({ length: SIZE / 2 }, (_, i) => fromBits((i << 16) | 0x8000));
    const x = [...near, ...halves, ...bits.map((value) => (Number.isNaN(value) ? Infinity : value))];
    expect(await apply(there, x)).toEqual(x.map((value) => roundTo(dtype, value)));
  });

  it("stores and loads every value it has", async () => {
    const kernel = d.kernel(
      "through",
      [d.ptr("x", dtype), d.ptr("out", dtype)],
      [
        d.declare("at", d.add(d.mul(d.programId(0), 1024), d.arange(0, 1024))),
        d.store(d.add("out", "at"), d.op("neg", { x: d.load(d.add("x", "at")) })),
      ],
      { builds: [d.build()] },
    );
    const { fromBits: values } = await import("../../../../runtime/device/arrays.js");
    const all = [
      ...values(
        dtype,
        Uint16Array.from({ length: 65536 }, (_, i) => i),
      ),
    ];
    const { out } = await run(
      device,
      kernel,
      { x: { dtype, data: all }, out: { dtype, data: new Array(65536).fill(0) } },
      [64],
    );
    expect(out).toEqual(all.map((value) => -value));
  });
});
