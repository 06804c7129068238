import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createFrontend } from "../../../../compiler/frontend/index.js";
import type { DType, Kernel, Param } from "../../../../compiler/ir/index.js";
import { inferTypes } from "../../../../compiler/passes/index.js";
import { upload } from "../../../../runtime/device/arrays.js";
import { CpuDevice, OutOfBoundsError } from "../../../../runtime/device/cpu/index.js";
import { encode } from "../../../gpu/values.js";
import * as d from "../../ir/draft.js";
import { decode, run } from "./run.js";

let device: CpuDevice;
beforeAll(async () => {
  device = await CpuDevice.open({ threads: 2, store: null });
});
afterAll(() => device.close());

const [ROWS, COLUMNS, STRIDE] = [5, 7, 9];
const builds = [d.build()];
const ramp = Array.from({ length: ROWS * STRIDE }, (_, i) => i);
const at = d.add(d.mul(d.col(d.arange(0, 4)), 8), d.row(d.arange(0, 8)));

/** What a block of [4, 8] at (row, column) holds: numbers of the tensor [5, 7] with rows 9 apart, `outside` around it. */
const block = (row: number, column: number, outside: number): number[] =>
  Array.from({ length: 32 }, (_, i) => {
    const [y, x] = [row + Math.floor(i / 8), column + (i % 8)];
    return y >= 0 && y < ROWS && x >= 0 && x < COLUMNS ? y * STRIDE + x : outside;
  });

const withDescriptor = (padding: "zero" | "nan", dtype: DType): Kernel => {
  const param = { ...d.descriptorParam("tensor", dtype, [4, 8]), padding } as Param;
  return d.kernel(
    "read",
    [param, d.ptr("out", dtype), d.scalarParam("row", "i32"), d.scalarParam("column", "i32")],
    [d.store(d.add("out", at), d.op("loadTensorDescriptor", { desc: "tensor", offset0: "row", offset1: "column" }))],
    { builds },
  );
};

async function readBlock(padding: "zero" | "nan", dtype: DType, row: number, column: number): Promise<number[]> {
  const { kernel } = inferTypes(withDescriptor(padding, dtype));
  const buffer = await upload(device, encode(dtype, ramp));
  const out = await upload(device, encode(dtype, new Array(32).fill(-1)));
  const tensor = { buffer, shape: [ROWS, COLUMNS], strides: [STRIDE, 1] };
  device.loadKernels([kernel]).kernel("read").launch([1], { tensor, out, row, column });
  const bytes = new Uint8Array(out.bytes);
  await device.read(out, bytes);
  return decode(dtype, bytes);
}

describe.each(["f32", "bf16", "i32", "i64"] as const)("a descriptor of %s", (dtype) => {
  it.each([
    [0, 0],
    [2, 3],
    [-2, -1],
    [3, -5],
    [100, 0],
  ])("reads its block at (%i, %i), zero outside of the tensor", async (row, column) => {
    expect(await readBlock("zero", dtype, row, column)).toEqual(block(row, column, 0));
  });
});

it("reads NaN outside of the tensor where it says so", async () => {
  expect(await readBlock("nan", "f32", 3, 4)).toEqual(block(3, 4, Number.NaN));
});

it("writes only what lies in the tensor", async () => {
  const kernel = d.kernel(
    "write",
    [d.descriptorParam("tensor", "f32", [4, 8]), d.scalarParam("row", "i32")],
    [
      d.declare("tile", d.op("cast", { x: d.add(at, 100) }, { dtype: "f32" })),
      d.effect(d.op("storeTensorDescriptor", { desc: "tensor", offset0: "row", offset1: 2, value: "tile" })),
    ],
    { builds },
  );
  const buffer = await upload(device, Float32Array.from(ramp));
  const tensor = { buffer, shape: [ROWS, COLUMNS], strides: [STRIDE, 1] };
  device
    .loadKernels([inferTypes(kernel).kernel])
    .kernel("write")
    .launch([1], { tensor, row: 3 });
  const got = new Float32Array(ramp.length);
  await device.read(buffer, got);
  const inside = (y: number, x: number): boolean => y >= 3 && y < ROWS && x >= 2 && x < COLUMNS;
  const expected = ramp.map((value) => {
    const [y, x] = [Math.floor(value / STRIDE), value % STRIDE];
    return inside(y, x) ? 100 + (y - 3) * 8 + (x - 2) : value;
  });
  expect([...got]).toEqual(expected);
});

it.each(["f32", "bf16", "i32"] as const)("adds to what lies in a tensor of %s, from all programs", async (dtype) => {
  const programs = 16;
  const kernel = d.kernel(
    "increase",
    [d.descriptorParam("tensor", dtype, [4, 8])],
    [
      d.declare("tile", d.op("cast", { x: d.add(at, 1) }, { dtype })),
      d.effect(d.op("atomicAddTensorDescriptor", { desc: "tensor", offset0: 3, offset1: 2, value: "tile" })),
    ],
    { builds },
  );
  const buffer = await upload(device, encode(dtype, ramp));
  const tensor = { buffer, shape: [ROWS, COLUMNS], strides: [STRIDE, 1] };
  device
    .loadKernels([inferTypes(kernel).kernel])
    .kernel("increase")
    .launch([programs], { tensor });
  const bytes = new Uint8Array(buffer.bytes);
  await device.read(buffer, bytes);
  const inside = (y: number, x: number): boolean => y >= 3 && y < ROWS && x >= 2 && x < COLUMNS;
  // Numbers that are whole in bf16 while they grow.
  const expected = ramp.map((value) => {
    const [y, x] = [Math.floor(value / STRIDE), value % STRIDE];
    return inside(y, x) ? value + programs * ((y - 3) * 8 + (x - 2) + 1) : value;
  });
  expect(decode(dtype, bytes)).toEqual(expected);
});

const BLOCK = Array.from({ length: 16 }, (_, i) => (i * 7) % 23);
const TENSOR = Array.from({ length: 12 }, (_, i) => (i * 5) % 19);
const cases = fileURLToPath(new URL("../../../cases", import.meta.url));

it.each(["i32", "u32", "i64", "u64"] as const)("combines a block with what lies in a tensor of %s", async (dtype) => {
  const signed = dtype.startsWith("i");
  const block = BLOCK.map((value) => (signed ? value - 11 : value));
  const tensor = TENSOR.map((value) => (signed ? value - 9 : value));
  const { drafts } = createFrontend().lower(["block-atomics.kernel.ts"], { root: cases });
  const draft = drafts.find(({ name, dtypes }) =>
    dtype === "i64" ? name === "signedBlockAtomics" : dtypes.T === dtype,
  )!;
  const data = Array.from({ length: 5 }, () => tensor).flat();
  const { tensors } = await run(device, draft, { x: { dtype, data: block }, tensors: { dtype, data } });
  const combined = (f: (a: number, b: number) => number): number[] => tensor.map((value, i) => f(value, block[i]!));
  const [min, max] = [combined(Math.min), combined(Math.max)];
  const bits = [combined((a, b) => a & b), combined((a, b) => a | b), combined((a, b) => a ^ b)].flat();
  // Bits of i64 are not combined.
  expect(tensors).toEqual([...min, ...max, ...(dtype === "i64" ? data.slice(24) : bits)]);
});

it("adds to no tensor of f64, which the hardware has no block addition for", () => {
  const kernel = d.kernel(
    "increase",
    [d.descriptorParam("tensor", "f64", [4, 8])],
    [
      d.declare("tile", d.op("cast", { x: at }, { dtype: "f64" })),
      d.effect(d.op("atomicAddTensorDescriptor", { desc: "tensor", offset0: 3, offset1: 2, value: "tile" })),
    ],
    { builds },
  );
  const found = inferTypes(kernel).diagnostics.map(({ message }) => message);
  expect(found.join()).toMatch(/atomicAddTensorDescriptor/);
});

it("may be made in the kernel, and handed to a device function", async () => {
  const copyBlock = d.fn(
    "copyBlock",
    ["from", "into", "row"],
    [
      d.effect(
        d.op("storeTensorDescriptor", {
          desc: "into",
          offset0: "row",
          offset1: 0,
          value: d.op("loadTensorDescriptor", { desc: "from", offset0: "row", offset1: 0 }),
        }),
      ),
      d.give(null),
    ],
  );
  const make = (ptr: string) =>
    d.op(
      "makeTensorDescriptor",
      { ptr, shape0: "rows", shape1: COLUMNS, stride0: STRIDE, stride1: 1 },
      { block: [4, 8], padding: "zero" },
    );
  const kernel = d.kernel(
    "copy",
    [d.ptr("x", "f32"), d.ptr("out", "f32"), d.scalarParam("rows", "i32")],
    [
      d.declare("from", make("x")),
      d.declare("into", make("out")),
      d.effect(d.call("copyBlock", "from", "into", d.mul(d.programId(0), 4))),
    ],
    { builds, functions: [copyBlock] },
  );
  const data = { dtype: "f32" as const, data: ramp };
  const zeros = { dtype: "f32" as const, data: new Array(ramp.length).fill(0) };
  const { out } = await run(device, kernel, { x: data, out: zeros, rows: ROWS }, [2]);
  expect(out).toEqual(ramp.map((value) => (value % STRIDE < COLUMNS ? value : 0)));
  // A shape that the memory does not have is found where it is used.
  await expect(run(device, kernel, { x: data, out: zeros, rows: 6 }, [2])).rejects.toBeInstanceOf(OutOfBoundsError);
});
