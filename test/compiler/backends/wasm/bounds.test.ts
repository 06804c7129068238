import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DType, Expr } from "../../../../compiler/ir/index.js";
import { CpuDevice, OutOfBoundsError } from "../../../../runtime/device/cpu/index.js";
import * as d from "../../ir/draft.js";
import { run } from "./run.js";

let device: CpuDevice;
beforeAll(async () => {
  device = await CpuDevice.open({ threads: 2, store: null });
});
afterAll(() => device.close());

const zeros = (dtype: DType, count: number) => ({ dtype, data: new Array<number>(count).fill(0) });
const ramp = (dtype: DType, count: number) => ({ dtype, data: Array.from({ length: count }, (_, i) => i) });

const atLine = <T>(line: number, make: () => T): T => {
  d.at(line);
  return make();
};

/** out[i] = x[i] for the elements of all programs. */
const copy = (index: Expr, more: { mask?: Expr } = {}) =>
  d.kernel(
    "copy",
    [d.ptr("x", "f32"), d.ptr("out", "f32"), d.scalarParam("n", "i32")],
    [
      d.declare("at", index),
      d.declare(
        "value",
        atLine(7, () => d.load(d.add("x", "at"), more)),
      ),
      atLine(9, () => d.store(d.add("out", "at"), "value", more)),
    ],
    { builds: [d.build()] },
  );

const block = (size: number): Expr => d.add(d.mul(d.programId(0), size), d.arange(0, size));

const failure = async (work: Promise<unknown>): Promise<OutOfBoundsError> => {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(OutOfBoundsError);
  return error as OutOfBoundsError;
};

describe("an access outside of its buffer", () => {
  it("names kernel, line, parameter, element and program of a load", async () => {
    const error = await failure(
      run(device, copy(block(64)), { x: ramp("f32", 100), out: zeros("f32", 128), n: 0 }, [2]),
    );
    expect(error.message).toBe(
      "copy: load from `x` at draft.kernel.ts:7:1 reaches element 127 of 100 in program (1, 0, 0). Mask what lies outside, or pass a larger buffer.",
    );
    expect(error).toMatchObject({ kernel: "copy", parameter: "x", element: 127, elements: 100, program: [1, 0, 0] });
  });

  it("is found in a store, and nothing after it runs", async () => {
    const error = await failure(
      run(device, copy(block(64)), { x: ramp("f32", 128), out: zeros("f32", 65), n: 0 }, [2]),
    );
    expect(error).toMatchObject({ parameter: "out", elements: 65, span: { line: 9 } });
  });

  it("is found below the start", async () => {
    const index = d.sub(d.arange(0, 16), 4);
    const error = await failure(run(device, copy(index), { x: ramp("f32", 16), out: zeros("f32", 16), n: 0 }));
    expect(error.element).toBe(-4);
  });

  it("is found where a mask is one element too wide", async () => {
    const within = { mask: d.op("le", { a: block(16), b: "n" }) };
    const error = await failure(
      run(device, copy(block(16), within), { x: ramp("f32", 20), out: zeros("f32", 20), n: 20 }, [2]),
    );
    expect(error).toMatchObject({ parameter: "x", element: 20 });
  });

  it("is none where the mask is right, and the other lanes are left alone", async () => {
    const within = { mask: d.lt(block(16), "n") };
    const { out } = await run(
      device,
      copy(block(16), within),
      { x: ramp("f32", 21), out: zeros("f32", 21), n: 19 },
      [2],
    );
    expect(out).toEqual([...Array.from({ length: 19 }, (_, i) => i), 0, 0]);
  });

  it("is found in a gather, by its own element", async () => {
    const kernel = d.kernel(
      "gather",
      [d.ptr("index", "i32"), d.ptr("x", "bf16"), d.ptr("out", "f32")],
      [
        d.declare("at", d.load(d.add("index", d.arange(0, 8)))),
        d.store(d.add("out", d.arange(0, 8)), d.op("cast", { x: d.load(d.add("x", "at")) }, { dtype: "f32" })),
      ],
      { builds: [d.build()] },
    );
    const args = {
      index: { dtype: "i32" as const, data: [0, 1, 2, 3, 4, 999999, 6, 7] },
      x: ramp("bf16", 8),
      out: zeros("f32", 8),
    };
    expect(await failure(run(device, kernel, args))).toMatchObject({ parameter: "x", element: 999999, elements: 8 });
  });

  it("is found for offsets that would wrap in 32 bits of bytes", async () => {
    const index = d.add(d.arange(0, 16), 1 << 30);
    expect(await failure(run(device, copy(index), { x: ramp("f32", 16), out: zeros("f32", 16), n: 0 }))).toMatchObject({
      element: 2 ** 30,
    });
  });

  it("is found for offsets of 64 bits", async () => {
    const index = d.mul(d.op("cast", { x: d.arange(0, 16) }, { dtype: "i64" }), d.big(4294967296n));
    expect(
      (await failure(run(device, copy(index), { x: ramp("f32", 16), out: zeros("f32", 16), n: 0 }))).parameter,
    ).toBe("x");
  });

  it("is found in an empty buffer", async () => {
    expect(
      await failure(run(device, copy(d.arange(0, 4)), { x: zeros("f32", 0), out: zeros("f32", 4), n: 0 })),
    ).toMatchObject({
      parameter: "x",
      elements: 0,
    });
  });

  it("is found through a pointer chosen at run time, in the buffer that it came from", async () => {
    const kernel = d.kernel(
      "either",
      [d.ptr("x", "f32"), d.ptr("y", "f32"), d.ptr("out", "f32"), d.scalarParam("which", "i32")],
      [
        d.declare("from", d.op("select", { condition: d.op("eq", { a: "which", b: 0 }), a: "x", b: "y" })),
        d.store(d.add("out", d.arange(0, 8)), d.load(d.add("from", d.arange(0, 8)))),
      ],
      { builds: [d.build()] },
    );
    const args = { x: ramp("f32", 8), y: ramp("f32", 4), out: zeros("f32", 8) };
    expect((await run(device, kernel, { ...args, which: 0 })).out).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(await failure(run(device, kernel, { ...args, which: 1 }))).toMatchObject({ parameter: "y", elements: 4 });
  });

  it("leaves the device usable", async () => {
    await failure(run(device, copy(block(64)), { x: ramp("f32", 10), out: zeros("f32", 64), n: 0 }));
    const { out } = await run(device, copy(block(8)), { x: ramp("f32", 8), out: zeros("f32", 8), n: 0 });
    expect(out).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });
});

it("an atomic operation on an address that is no multiple of its size is an error", async () => {
  const kernel = d.kernel("count", [d.ptr("x", "i32")], [d.effect(d.op("atomicAdd", { ptr: "x", value: 1 }))], {
    builds: [d.build()],
  });
  const { inferTypes } = await import("../../../../compiler/passes/index.js");
  const whole = device.alloc(16);
  device
    .loadKernels([inferTypes(kernel).kernel])
    .kernel("count")
    .launch([1], { x: whole.view(2, 8) });
  await expect(device.synchronize()).rejects.toThrow(
    /atomicAdd on `x` at draft\.kernel\.ts:9:1: the address of element 0 is no multiple/,
  );
});
