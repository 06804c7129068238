import { afterAll, beforeAll, expect, it } from "vitest";
import type { DType } from "../../../../compiler/ir/index.js";
import { CpuDevice } from "../../../../runtime/device/cpu/index.js";
import * as d from "../../ir/draft.js";
import { run } from "./run.js";

let device: CpuDevice;
beforeAll(async () => {
  device = await CpuDevice.open({ threads: 2, store: null });
});
afterAll(() => device.close());

const zeros = (dtype: DType, count: number) => ({ dtype, data: new Array<number>(count).fill(0) });
const ramp = (dtype: DType, count: number, of = (i: number) => i) => ({
  dtype,
  data: Array.from({ length: count }, (_, i) => of(i)),
});
const builds = [d.build()];

it("loops carry tiles and scalars, count down, and may not run at all", async () => {
  const kernel = d.kernel(
    "loops",
    [d.ptr("x", "f32"), d.ptr("out", "f32"), d.scalarParam("n", "i32")],
    [
      d.declare("acc", d.zeros([8], "f32")),
      d.declare("last", d.op("cast", { x: -1 }, { dtype: "i32" })),
      d.loop(
        "i",
        [0, "n", 1],
        [
          d.assign("acc", d.add("acc", d.load(d.add("x", d.add(d.mul("i", 8), d.arange(0, 8)))))),
          d.assign("last", "i"),
        ],
      ),
      d.loop("j", [3, 0, -1], [d.assign("acc", d.add(d.mul("acc", 2), d.op("cast", { x: "j" }, { dtype: "f32" })))]),
      d.store(d.add("out", d.arange(0, 8)), "acc"),
      d.store(d.add("out", 8), d.op("cast", { x: "last" }, { dtype: "f32" })),
    ],
    { builds },
  );
  const of = (i: number, n: number) =>
    ((Array.from({ length: n }, (_, k) => k * 8 + i).reduce((a, b) => a + b, 0) * 2 + 3) * 2 + 2) * 2 + 1;
  for (const n of [0, 1, 5]) {
    const { out } = await run(device, kernel, { x: ramp("f32", 40), out: zeros("f32", 9), n });
    expect(out).toEqual([...Array.from({ length: 8 }, (_, i) => of(i, n)), n - 1]);
  }
});

it("while, if and an early return", async () => {
  const kernel = d.kernel(
    "collatz",
    [d.ptr("out", "i32"), d.scalarParam("limit", "i32")],
    [
      d.declare("n", d.add(d.programId(0), 1)),
      d.when(d.op("ge", { a: d.programId(0), b: "limit" }), [d.give(null)]),
      d.declare("steps", d.op("cast", { x: 0 }, { dtype: "i32" })),
      d.whilst(d.op("gt", { a: "n", b: 1 }), [
        d.when(
          d.op("eq", { a: d.op("mod", { a: "n", b: 2 }), b: 0 }),
          [d.assign("n", d.op("floorDiv", { a: "n", b: 2 }))],
          [d.assign("n", d.add(d.mul("n", 3), 1))],
        ),
        d.assign("steps", d.add("steps", 1)),
      ]),
      d.store(d.add("out", d.programId(0)), "steps"),
    ],
    { builds },
  );
  const { out } = await run(device, kernel, { out: ramp("i32", 12, () => -1), limit: 10 }, [12]);
  expect(out).toEqual([0, 1, 7, 2, 5, 8, 16, 3, 19, 6, -1, -1]);
});

it("device functions return early, take tuples apart and change their parameters", async () => {
  const collect = d.fn(
    "collect",
    ["x", "n"],
    [
      d.when(d.lt("n", 2), [d.give(d.tuple("x", d.mul("x", 10)))]),
      d.assign("n", d.sub("n", 1)),
      d.assign("x", d.add("x", d.op("cast", { x: "n" }, { dtype: "f32" }))),
      d.give(d.tuple("x", d.mul("x", 100))),
    ],
  );
  const kernel = d.kernel(
    "calls",
    [d.ptr("x", "f32"), d.ptr("out", "f32"), d.scalarParam("n", "i32")],
    [
      d.declare("tile", d.load(d.add("x", d.arange(0, 4)))),
      d.unpack(["first", "second"], d.call("collect", "tile", "n")),
      d.store(d.add("out", d.arange(0, 4)), "first"),
      d.store(d.add("out", d.arange(4, 4)), d.add("second", "tile")),
    ],
    { builds, functions: [collect] },
  );
  const args = { x: ramp("f32", 4), out: zeros("f32", 8) };
  expect((await run(device, kernel, { ...args, n: 1 })).out).toEqual([0, 1, 2, 3, 0, 11, 22, 33]);
  expect((await run(device, kernel, { ...args, n: 3 })).out).toEqual([2, 3, 4, 5, 200, 301, 402, 503]);
});

it("pointers are carried through loops, as scalars and as tiles", async () => {
  const kernel = d.kernel(
    "stride",
    [d.ptr("x", "f32"), d.ptr("out", "f32")],
    [
      d.declare("at", d.add("x", d.arange(0, 4))),
      d.declare("to", d.add("out", 0)),
      d.loop(
        "i",
        [0, 3, 1],
        [
          d.store("to", d.op("sum", { x: d.load("at") }, { axis: 0 })),
          d.assign("at", d.add("at", 4)),
          d.assign("to", d.add("to", 1)),
        ],
      ),
    ],
    { builds },
  );
  expect((await run(device, kernel, { x: ramp("f32", 12), out: zeros("f32", 3) })).out).toEqual([6, 22, 38]);
});

it("a tile that reads itself elsewhere is read before it is written", async () => {
  const kernel = d.kernel(
    "turn",
    [d.ptr("x", "f32"), d.ptr("out", "f32")],
    [
      d.declare("at", d.add(d.mul(d.col(d.arange(0, 4)), 4), d.row(d.arange(0, 4)))),
      d.declare("tile", d.load(d.add("x", "at"))),
      d.loop("i", [0, 3, 1], [d.assign("tile", d.add("tile", d.op("trans", { x: "tile" })))]),
      d.store(d.add("out", "at"), "tile"),
    ],
    { builds },
  );
  let expected = Array.from({ length: 16 }, (_, i) => i);
  for (let i = 0; i < 3; i++)
    expected = expected.map((value, at) => value + expected[(at % 4) * 4 + Math.floor(at / 4)]!);
  expect((await run(device, kernel, { x: ramp("f32", 16), out: zeros("f32", 16) })).out).toEqual(expected);
});

it("a store whose elements go to different buffers puts each where its own pointer says", async () => {
  const kernel = d.kernel(
    "deal",
    [d.ptr("x", "f32"), d.ptr("odd", "f32"), d.ptr("even", "f32")],
    [
      d.declare("at", d.arange(0, 8)),
      d.declare("isOdd", d.op("eq", { a: d.op("bitAnd", { a: "at", b: 1 }), b: 1 })),
      d.store(
        d.op("where", { condition: "isOdd", a: d.add("odd", "at"), b: d.add("even", "at") }),
        d.load(d.add("x", "at")),
      ),
    ],
    { builds },
  );
  const { odd, even } = await run(device, kernel, { x: ramp("f32", 8), odd: zeros("f32", 8), even: zeros("f32", 8) });
  expect(odd).toEqual([0, 1, 0, 3, 0, 5, 0, 7]);
  expect(even).toEqual([0, 0, 2, 0, 4, 0, 6, 0]);
});

it("a store reads all of its tile before it writes any, also when two parameters are one buffer", async () => {
  const kernel = d.kernel(
    "reverse",
    [d.ptr("x", "f32"), d.ptr("out", "f32")],
    [d.store(d.add("out", d.arange(0, 16)), d.load(d.add("x", d.sub(15, d.arange(0, 16)))))],
    { builds },
  );
  const { inferTypes } = await import("../../../../compiler/passes/index.js");
  const buffer = device.alloc(64);
  await device.write(
    buffer,
    Float32Array.from({ length: 16 }, (_, i) => i),
  );
  device
    .loadKernels([inferTypes(kernel).kernel])
    .kernel("reverse")
    .launch([1], { x: buffer, out: buffer });
  const result = new Float32Array(16);
  await device.read(buffer, result);
  expect([...result]).toEqual(Array.from({ length: 16 }, (_, i) => 15 - i));
  buffer.free();
});

it("a tile loaded before a store keeps its values after it", async () => {
  const kernel = d.kernel(
    "before",
    [d.ptr("x", "f32"), d.ptr("out", "f32")],
    [
      d.declare("at", d.arange(0, 8)),
      d.declare("old", d.load(d.add("x", "at"))),
      d.store(d.add("x", "at"), d.zeros([8], "f32")),
      d.store(d.add("out", "at"), "old"),
    ],
    { builds },
  );
  const after = await run(device, kernel, { x: ramp("f32", 8), out: zeros("f32", 8) });
  expect(after).toEqual({ x: new Array(8).fill(0), out: [0, 1, 2, 3, 4, 5, 6, 7] });
});

it("a branch of a choice that is not taken reads nothing", async () => {
  const kernel = d.kernel(
    "lazy",
    [d.ptr("x", "f32"), d.ptr("out", "f32"), d.scalarParam("n", "i32")],
    [
      d.declare("i", d.programId(0)),
      d.store(
        d.add("out", "i"),
        d.op("select", { condition: d.lt("i", "n"), a: d.load(d.add("x", "i")), b: d.float(-1) }),
      ),
    ],
    { builds },
  );
  expect((await run(device, kernel, { x: ramp("f32", 2), out: zeros("f32", 4), n: 2 }, [4])).out).toEqual([
    0, 1, -1, -1,
  ]);
});

it("a sum or a call in a branch that is not taken does nothing", async () => {
  const mark = d.fn("mark", ["out", "value"], [d.store("out", "value"), d.give("value")]);
  const total = d.op("sum", { x: d.load(d.add("x", d.arange(0, 8))) }, { axis: 0 });
  const kernel = d.kernel(
    "branches",
    [d.ptr("x", "f32"), d.ptr("out", "f32"), d.scalarParam("n", "i32")],
    [
      d.declare("chosen", d.op("select", { condition: d.lt("n", 8), a: d.call("mark", "out", d.float(3)), b: total })),
      d.store(d.add("out", 1), "chosen"),
    ],
    { builds, functions: [mark] },
  );
  expect((await run(device, kernel, { x: ramp("f32", 2), out: zeros("f32", 2), n: 2 })).out).toEqual([3, 3]);
  expect((await run(device, kernel, { x: ramp("f32", 8), out: zeros("f32", 2), n: 8 })).out).toEqual([0, 28]);
});

it("programs know their place in a grid of three dimensions", async () => {
  const index = d.add(d.add(d.mul(d.programId(2), 100), d.mul(d.programId(1), 10)), d.programId(0));
  const linear = d.add(
    d.mul(
      d.add(d.mul(d.programId(2), d.op("numPrograms", {}, { axis: 1 })), d.programId(1)),
      d.op("numPrograms", {}, { axis: 0 }),
    ),
    d.programId(0),
  );
  const kernel = d.kernel("places", [d.ptr("out", "i32")], [d.store(d.add("out", linear), index)], { builds });
  const { out } = await run(device, kernel, { out: zeros("i32", 24) }, [4, 3, 2]);
  expect(out).toEqual([0, 1].flatMap((z) => [0, 1, 2].flatMap((y) => [0, 1, 2, 3].map((x) => z * 100 + y * 10 + x))));
});
