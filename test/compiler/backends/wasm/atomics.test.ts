import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DType } from "../../../../compiler/ir/index.js";
import { roundTo } from "../../../../compiler/ops/index.js";
import { CpuDevice } from "../../../../runtime/device/cpu/index.js";
import * as d from "../../ir/draft.js";
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

const BYTES_AND_MORE = ["i8", "u8", "i16", "i32", "u32", "i64", "f16", "bf16", "f32", "f64"] as const;
it.each(BYTES_AND_MORE)("atomicLoad and atomicStore of %s move what is not masked", async (dtype) => {
  const mask = d.lt(d.arange(0, 4), 3);
  const kernel = d.kernel(
    "moved",
    [d.ptr("x", dtype), d.ptr("out", dtype)],
    [
      d.declare("v", d.op("atomicLoad", { ptr: d.add("x", d.arange(0, 4)), mask })),
      d.effect(d.op("atomicStore", { ptr: d.add("out", d.arange(0, 4)), value: "v", mask }, { sem: "relaxed" })),
      d.effect(d.op("atomicStore", { ptr: d.add("out", 4), value: d.op("atomicLoad", { ptr: d.add("x", 3) }) })),
      d.effect(d.op("atomicLoad", { ptr: "x" })),
    ],
    { builds },
  );
  const data = dtype.startsWith("u") ? [1, 2, 200, 4] : [1, -2, 100, -4];
  const { out } = await run(device, kernel, { x: { dtype, data }, out: { dtype, data: [9, 9, 9, 9, 9] } });
  expect(out).toEqual([data[0], data[1], data[2], 9, data[3]]);
});

it("atomicPoll gives where memory came to hold a number before the time was over", async () => {
  const kernel = d.kernel(
    "polled",
    [d.ptr("x", "i16"), d.ptr("out", "i32"), d.scalarParam("ns", "i32")],
    [
      d.declare("seen", d.op("atomicPoll", { ptr: d.add("x", d.arange(0, 4)), expected: -3, timeoutNs: "ns" })),
      d.store(d.add("out", d.arange(0, 4)), d.op("cast", { x: "seen" }, { dtype: "i32" })),
      d.store(d.add("out", 4), d.op("cast", { x: d.op("atomicPoll", { ptr: "x", expected: -3 }) }, { dtype: "i32" })),
    ],
    { builds },
  );
  const x = { dtype: "i16" as const, data: [-3, 3, -3, 0] };
  for (const ns of [0, 2_000_000]) {
    const { out } = await run(device, kernel, { x, out: { dtype: "i32", data: [9, 9, 9, 9, 9] }, ns });
    expect(out).toEqual([1, 0, 1, 0, 1]);
  }
});

/** Each program tells the next that it is done and waits for all: what they wrote before must be seen after. */
const meeting = d.kernel(
  "meeting",
  [d.ptr("data", "i32"), d.ptr("arrived", "i32"), d.ptr("out", "i32")],
  [
    d.declare("pid", d.programId(0)),
    d.declare("early", d.load("data")),
    d.store(d.add("data", "pid"), d.add("pid", 100)),
    d.effect(d.op("atomicAdd", { ptr: "arrived", value: 1 })),
    d.declare("met", d.op("atomicPoll", { ptr: "arrived", expected: d.op("numPrograms", {}, { axis: 0 }) })),
    d.store(d.add("out", "pid"), d.op("sum", { x: d.load(d.add("data", d.arange(0, 4))) })),
    d.effect(d.op("atomicAdd", { ptr: d.add("out", 4), value: "early" }, {})),
  ],
  { builds: [d.build({}, { cooperative: true })] },
);

it("programs of a cooperative launch meet, and more than run at once are refused", async () => {
  const args = () => ({
    data: { dtype: "i32" as const, data: [0, 0, 0, 0] },
    arrived: { dtype: "i32" as const, data: [0] },
    out: { dtype: "i32" as const, data: [0, 0, 0, 0, 0] },
  });
  const { out } = await run(device, meeting, args(), [4]);
  expect(out!.slice(0, 4)).toEqual([406, 406, 406, 406]);
  await expect(run(device, meeting, args(), [5])).rejects.toThrow(
    "meeting: expected a grid of at most 4 programs, which this device runs at once, got 5",
  );
});
