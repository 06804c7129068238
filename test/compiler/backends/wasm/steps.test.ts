import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compileForCpu } from "../../../../compiler/backends/wasm/index.js";
import type { DType } from "../../../../compiler/ir/index.js";
import { inferTypes, specialize } from "../../../../compiler/passes/index.js";
import { fromBits } from "../../../../runtime/device/arrays.js";
import { CpuDevice, OutOfBoundsError } from "../../../../runtime/device/cpu/index.js";
import * as d from "../../ir/draft.js";
import { run } from "./run.js";

/* Four elements at equal steps in memory, which are read in place where a check in front of the loop covers them. */

let device: CpuDevice;
beforeAll(async () => {
  device = await CpuDevice.open({ threads: 1, store: null });
});
afterAll(() => device.close());

/** out[r, c] = x[first + 7 · r + step · c], [4, 16]. */
const kernelOf = (dtype: DType, step: number, first: number) => {
  const [r, c] = [d.col(d.arange(0, 4)), d.row(d.arange(0, 16))];
  const index = d.add(d.add(d.mul(r, 7), d.mul(c, step)), first);
  return d.kernel(
    "steps",
    [d.ptr("x", dtype), d.ptr("out", dtype)],
    [d.store(d.add("out", d.add(d.mul(r, 16), c)), d.load(d.add("x", index)))],
    { builds: [d.build()] },
  );
};

const STEPS = [2, 3, -5, 4096];
const firstOf = (step: number): number => (step < 0 ? -15 * step : 0);
const countOf = (step: number): number => 21 + 15 * Math.abs(step) + 1;

const VALUES: Readonly<Partial<Record<DType, (at: number) => number>>> = {
  bool: (at) => (at % 3 === 0 ? 1 : 0),
  u8: (at) => at % 256,
  u16: (at) => (at * 7) % 65536,
  f16: (at) => (at % 2048) - 1024,
  bf16: (at) => (at % 256) - 128,
  f32: (at) => at / 8,
  i8: (at) => (at % 256) - 128,
  i16: (at) => ((at * 13) % 65536) - 32768,
  i32: (at) => at * 1001 - 2 ** 20,
};

describe.each(Object.keys(VALUES) as DType[])("%s", (dtype) => {
  it.each(STEPS)("step %i", async (step) => {
    const [first, count, of] = [firstOf(step), countOf(step), VALUES[dtype]!];
    const x = { dtype, data: Array.from({ length: count }, (_, at) => of(at)) };
    const zeros = { dtype, data: new Array<number>(64).fill(0) };
    const { out } = await run(device, kernelOf(dtype, step, first), { x, out: zeros });
    expect(out).toEqual(Array.from({ length: 64 }, (_, at) => of(first + 7 * Math.floor(at / 16) + step * (at % 16))));
  });
});

it("takes no call for each four", () => {
  const { wasm } = compileForCpu(specialize(inferTypes(kernelOf("u8", 3, 0)).kernel, { constants: {} }));
  expect(Buffer.from(wasm).includes("gather")).toBe(false);
  // v128.load8_lane
  expect(wasm.some((byte, at) => byte === 0xfd && wasm[at + 1] === 84)).toBe(true);
});

it.each(STEPS)("step %i out of the buffer is an error at either end", async (step) => {
  const given = (missing: number) => ({
    x: { dtype: "i32" as const, data: new Array<number>(countOf(step) - missing).fill(0) },
    out: { dtype: "i32" as const, data: new Array<number>(64).fill(0) },
  });
  await run(device, kernelOf("i32", step, firstOf(step)), given(0));
  await expect(run(device, kernelOf("i32", step, firstOf(step)), given(1))).rejects.toThrow(OutOfBoundsError);
  await expect(run(device, kernelOf("i32", step, firstOf(step) - 1), given(0))).rejects.toThrow(OutOfBoundsError);
});

it("every f16 is what its bits say", async () => {
  const bits = Uint16Array.from({ length: 65536 }, (_, at) => at);
  const [i, j] = [d.col(d.arange(0, 4)), d.row(d.arange(0, 16))];
  const at = d.add(d.mul(d.programId(0), 64), d.add(d.mul(i, 16), j));
  const kernel = d.kernel(
    "widen",
    [d.ptr("x", "i16"), d.ptr("out", "f32")],
    [
      d.store(
        d.add("out", at),
        d.op("cast", { x: d.op("bitcast", { x: d.load(d.add("x", at)) }, { dtype: "f16" }) }, { dtype: "f32" }),
      ),
    ],
    { builds: [d.build()] },
  );
  const x = { dtype: "i16" as const, data: [...new Int16Array(bits.buffer)] };
  const { out } = await run(
    device,
    kernel,
    { x, out: { dtype: "f32", data: new Array<number>(65536).fill(0) } },
    [1024],
  );
  expect(out).toEqual([...fromBits("f16", bits)]);
});
