import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DType } from "../../../compiler/ir/index.js";
import { roundTo } from "../../../compiler/ops/index.js";
import { CpuDevice } from "../../../runtime/device/cpu/index.js";
import * as d from "../ir/draft.js";
import { run } from "./run.js";

let device: CpuDevice;
beforeAll(async () => {
  device = await CpuDevice.open({ threads: 4, store: null });
});
afterAll(() => device.close());

const builds = [d.build()];
const PROGRAMS = 500;

/** All programs update the same elements: what is lost when an update is not atomic shows in the result. */
const contended = (op: string, dtype: DType) =>
  d.kernel(
    "contended",
    [d.ptr("x", dtype)],
    [
      d.declare("value", d.op("cast", { x: d.add(d.programId(0), 1) }, { dtype })),
      d.effect(d.op(op, { ptr: d.add("x", d.arange(0, 4)), value: "value" })),
    ],
    { builds },
  );

const numbers = Array.from({ length: PROGRAMS }, (_, i) => i + 1);

describe.each(["i32", "u32", "i64", "f32", "f64"] as const)("%s", (dtype) => {
  it.each([
    ["atomicAdd", 7, numbers.reduce((a, b) => a + b, 7)],
    ["atomicMax", 40, PROGRAMS],
    ["atomicMin", 40, 1],
  ])("%s of many workers loses nothing", async (op, start, expected) => {
    const { x } = await run(device, contended(op, dtype), { x: { dtype, data: [start, start, start, start] } }, [
      PROGRAMS,
    ]);
    expect(x).toEqual([expected, expected, expected, expected]);
  });
});

it.each([
  ["atomicAnd", 0xffffff, (a: number, b: number) => a & b],
  ["atomicOr", 0, (a: number, b: number) => a | b],
  ["atomicXor", 0, (a: number, b: number) => a ^ b],
] as const)("%s of many workers", async (op, start, of) => {
  const { x } = await run(device, contended(op, "i32"), { x: { dtype: "i32", data: [start, start, start, start] } }, [
    PROGRAMS,
  ]);
  expect(x).toEqual(new Array(4).fill(numbers.reduce(of, start)));
});

it.each(["f16", "bf16"] as const)("atomicAdd of %s rounds each sum", async (dtype) => {
  const { x } = await run(device, contended("atomicAdd", dtype), { x: { dtype, data: [0.25, 0, 0, 0] } }, [3]);
  const sum = (start: number) => numbers.slice(0, 3).reduce((a, b) => roundTo(dtype, a + b), start);
  expect(x).toEqual([0.25, 0, 0, 0].map(sum));
});

it("gives what was there before, masked lanes nothing", async () => {
  const kernel = d.kernel(
    "tickets",
    [d.ptr("next", "i32"), d.ptr("out", "i32")],
    [
      d.declare("ticket", d.op("atomicAdd", { ptr: "next", value: 1 })),
      d.store(d.add("out", "ticket"), d.programId(0)),
      d.declare("even", d.op("eq", { a: d.op("mod", { a: d.arange(0, 8), b: 2 }), b: 0 })),
      d.effect(d.op("atomicAdd", { ptr: d.add(d.add("out", 200), d.arange(0, 8)), value: 1, mask: "even" })),
    ],
    { builds },
  );
  const { next, out } = await run(
    device,
    kernel,
    { next: { dtype: "i32", data: [0] }, out: { dtype: "i32", data: new Array(208).fill(0) } },
    [200],
  );
  expect(next).toEqual([200]);
  expect(out!.slice(0, 200).sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, i) => i));
  expect(out!.slice(200)).toEqual([200, 0, 200, 0, 200, 0, 200, 0]);
});

it("compare-and-swap makes a lock that holds", async () => {
  const kernel = d.kernel(
    "locked",
    [d.ptr("lock", "i32"), d.ptr("x", "i32")],
    [
      d.whilst(d.op("ne", { a: d.op("atomicCas", { ptr: "lock", compare: 0, value: 1 }), b: 0 }), []),
      d.store("x", d.add(d.load("x"), 1)),
      d.effect(d.op("atomicExchange", { ptr: "lock", value: 0 })),
    ],
    { builds },
  );
  const { x } = await run(
    device,
    kernel,
    { lock: { dtype: "i32", data: [0] }, x: { dtype: "i32", data: [0] } },
    [2000],
  );
  expect(x).toEqual([2000]);
});
