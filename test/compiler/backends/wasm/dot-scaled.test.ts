import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DType, type Expr, floatValue } from "../../../../compiler/ir/index.js";
import { inferTypes } from "../../../../compiler/passes/index.js";
import { download, upload } from "../../../../runtime/device/arrays.js";
import { CpuDevice } from "../../../../runtime/device/cpu/index.js";
import { interpret } from "../../../reference/triton-interpreter.js";
import * as d from "../../ir/draft.js";
import { offsets } from "../../ops/cases.js";

/* Every code and every scale, multiplied by a matrix of ones in its diagonal: the products are the elements. */

const E2M1 = [0, 0.5, 1, 1.5, 2, 3, 4, 6, -0, -0.5, -1, -1.5, -2, -3, -4, -6];
const power = (scale: number): number => (scale === 255 ? Number.NaN : 2 ** (scale - 127));
const BYTES = Uint8Array.from({ length: 256 }, (_, byte) => byte);
/** f16 of 1 in the diagonal. */
const ones = (size: number): Uint16Array =>
  Uint16Array.from({ length: size * size }, (_, at) => (at % (size + 1) === 0 ? 0x3c00 : 0));

let device: CpuDevice;
beforeAll(async () => {
  device = await CpuDevice.open({ threads: 1, store: null });
});
afterAll(() => device.close());

type Memory = readonly [name: string, dtype: DType, shape: readonly number[], data: Uint8Array | Uint16Array];

/** What the product is on the CPU executor, after comparing it with what Triton's interpreter makes of it. */
async function product(memory: readonly Memory[], attrs: Record<string, string | boolean>, shape: readonly number[]) {
  const at = (name: string, sizes: readonly number[]): Expr => d.add(name, offsets(sizes)!);
  const loads = memory.map(([name, , sizes]) => d.declare(name, d.load(at(`${name}_p`, sizes))));
  const args = Object.fromEntries(memory.map(([name]) => [name, name]));
  const body = [...loads, d.declare("product", d.op("dotScaled", args, attrs)), d.store(at("out", shape), "product")];
  const params = [...memory.map(([name, dtype]) => d.ptr(`${name}_p`, dtype)), d.ptr("out", "f32")];
  const { kernel, diagnostics } = inferTypes(d.kernel("k", params, body, { builds: [d.build({}, { warps: 2 })] }));
  expect(diagnostics).toEqual([]);
  const size = shape.reduce((a, b) => a * b);
  const theirs = new Float32Array(size);
  const views = Object.fromEntries(memory.map(([name, , , data]) => [`${name}_p`, data]));
  await interpret(kernel, kernel.builds[0]!, { ...views, out: theirs }, [1]);
  const buffers = await Promise.all(memory.map(async ([name, , , data]) => [`${name}_p`, await upload(device, data)]));
  const out = await upload(device, new Float32Array(size));
  device
    .loadKernels([kernel])
    .kernel("k")
    .launch([1], { ...Object.fromEntries(buffers), out });
  const ours = await download(out, new Float32Array(size));
  expect([...ours]).toEqual([...theirs]);
  return [...ours];
}

/** Without the sign of zeros, which a sum with zeros loses. */
const sums = (values: readonly number[]): number[] => values.map((value) => value + 0);

describe("dotScaled, on the CPU executor and in Triton's interpreter", () => {
  it("multiplies by 2 to the power of a scale less 127, and by NaN where that is 255", async () => {
    // A row for each scale, whose first element is 1 (0x38 of e4m3); NaN times 0 is NaN too.
    const lhs = Uint8Array.from({ length: 256 * 32 }, (_, at) => (at % 32 === 0 ? 0x38 : 0));
    const memory: Memory[] = [
      ["lhs", "u8", [256, 32], lhs],
      ["lhsScale", "u8", [256, 1], BYTES],
      ["rhs", "bf16", [32, 16], new Uint16Array(512).fill(0x3f80)],
    ];
    const got = await product(memory, { lhsFormat: "e4m3", rhsFormat: "bf16" }, [256, 16]);
    expect(got.filter((_, at) => at % 16 === 3)).toEqual([...BYTES].map(power));
  });

  it.each(["f8e4m3", "f8e5m2"] as const)(
    "reads all bytes of %s that are numbers, as its dtype and as u8",
    async (dtype) => {
      const finite = BYTES.map((byte) => (Number.isFinite(floatValue(dtype, byte)) ? byte : 0x3c));
      const want = sums([...finite].map((byte) => floatValue(dtype, byte) * 4));
      for (const kept of [dtype, "u8"] as const) {
        const memory: Memory[] = [
          ["lhs", kept, [8, 32], finite],
          ["lhsScale", "u8", [8, 1], new Uint8Array(8).fill(129)],
          ["rhs", "f16", [32, 32], ones(32)],
        ];
        const got = await product(memory, { lhsFormat: dtype.slice(2), rhsFormat: "f16" }, [8, 32]);
        expect(sums(got)).toEqual(want);
      }
    },
  );

  it("reads two elements of e2m1 in each byte, the lower half first, along either axis of either side", async () => {
    const scale = new Uint8Array(64).map((_, at) => 120 + at);
    const two = (index: number): number => E2M1[index % 2 ? BYTES[index >> 1]! >> 4 : BYTES[index >> 1]! & 15]!;
    // lhs [16, 32] of bytes [16, 16], or of [8, 32]; K is 32.
    const along = await product(
      [
        ["lhs", "u8", [16, 16], BYTES],
        ["lhsScale", "u8", [16, 1], scale.slice(0, 16)],
        ["rhs", "f16", [32, 32], ones(32)],
      ],
      { lhsFormat: "e2m1", rhsFormat: "f16" },
      [16, 32],
    );
    expect(sums(along)).toEqual(sums(along.map((_, at) => two(at) * power(120 + Math.floor(at / 32)))));
    const across = await product(
      [
        ["lhs", "u8", [8, 32], BYTES],
        ["lhsScale", "u8", [16, 1], scale.slice(0, 16)],
        ["rhs", "f16", [32, 32], ones(32)],
      ],
      { lhsFormat: "e2m1", rhsFormat: "f16", lhsKPack: false },
      [16, 32],
    );
    const pick = (row: number, column: number): number => two(2 * ((row >> 1) * 32 + column) + (row % 2));
    expect(sums(across)).toEqual(
      sums(across.map((_, at) => pick(Math.floor(at / 32), at % 32) * power(120 + Math.floor(at / 32)))),
    );
    // rhs [32, 16]: of bytes [16, 16] two are below one another, of [32, 8] beside.
    const right = await product(
      [
        ["lhs", "f16", [32, 32], ones(32)],
        ["rhs", "u8", [16, 16], BYTES],
        ["rhsScale", "u8", [16, 1], scale.slice(0, 16)],
      ],
      { lhsFormat: "f16", rhsFormat: "e2m1" },
      [32, 16],
    );
    const below = (row: number, column: number): number => two(2 * ((row >> 1) * 16 + column) + (row % 2));
    expect(sums(right)).toEqual(
      sums(right.map((_, at) => below(Math.floor(at / 16), at % 16) * power(120 + (at % 16)))),
    );
    const beside = await product(
      [
        ["lhs", "f16", [32, 32], ones(32)],
        ["rhs", "u8", [32, 8], BYTES],
        ["rhsScale", "u8", [16, 1], scale.slice(0, 16)],
      ],
      { lhsFormat: "f16", rhsFormat: "e2m1", rhsKPack: false },
      [32, 16],
    );
    expect(sums(beside)).toEqual(sums(beside.map((_, at) => two(at) * power(120 + (at % 16)))));
  });
});
