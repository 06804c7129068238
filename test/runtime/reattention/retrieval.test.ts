/** Picks on the CPU executor against float64: shapes, dtypes, numbers of picks, and keys made to mislead. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CpuDevice } from "../../../runtime/device/cpu/index.js";
import type { KernelRunner } from "../../../runtime/reattention/kernel-runner.js";
import { openKernels } from "./on-cpu.js";
import { normals, take } from "./reference.js";
import { expectedPicks, misleading, picksOf, type RetrievalCase } from "./retrieval-cases.js";

const KERNELS = ["scan", "stream", "stream-parts", "pick", "pick-streamed", "quantize", "decide"];

let device: CpuDevice;
let runner: KernelRunner;
beforeAll(async () => {
  ({ device, runner } = await openKernels(...KERNELS));
}, 60_000);
afterAll(() => device.close());

async function expectPicks(one: RetrievalCase): Promise<void> {
  const wanted = expectedPicks(one);
  const { scan, stream, quantized } = await picksOf(runner, one);
  expect(stream).toEqual(wanted);
  expect(scan).toEqual(wanted);
  if (!quantized) return;
  expect(quantized.first).toEqual(wanted);
  expect(quantized.second).toEqual(wanted);
}

const SHAPES: readonly (readonly [string, RetrievalCase])[] = [
  ["head size 64, 3 heads for a KV head", { heads: 9, kvHeads: 3, headSize: 64, queries: 1, length: 517, topK: 4 }],
  ["head size 80", { heads: 4, kvHeads: 2, headSize: 80, queries: 3, length: 301, topK: 4 }],
  ["head size 96 in f16", { heads: 2, kvHeads: 2, headSize: 96, queries: 3, length: 299, topK: 4, dtype: "f16" }],
  ["head size 128", { heads: 8, kvHeads: 2, headSize: 128, queries: 2, length: 400, topK: 4 }],
  ["head size 256", { heads: 2, kvHeads: 1, headSize: 256, queries: 2, length: 260, topK: 4 }],
  ["head size 256, 7 heads", { heads: 7, kvHeads: 1, headSize: 256, queries: 3, length: 133, topK: 4 }],
  ["head size 256, 16 heads, many picks", { heads: 16, kvHeads: 1, headSize: 256, queries: 2, length: 133, topK: 9 }],
  [
    "head size 80, 16 heads in f16",
    { heads: 16, kvHeads: 1, headSize: 80, queries: 2, length: 290, topK: 4, dtype: "f16" },
  ],
  ["one pick", { heads: 4, kvHeads: 2, headSize: 16, queries: 5, length: 1031, topK: 1 }],
  ["3 picks", { heads: 4, kvHeads: 2, headSize: 16, queries: 5, length: 1031, topK: 3 }],
  ["5 picks", { heads: 4, kvHeads: 2, headSize: 16, queries: 5, length: 1031, topK: 5 }],
  ["32 picks in f16", { heads: 4, kvHeads: 2, headSize: 16, queries: 5, length: 1031, topK: 32, dtype: "f16" }],
  ["8 picks of a middle in several splits", { heads: 4, kvHeads: 2, headSize: 16, queries: 3, length: 5021, topK: 8 }],
  ["16 picks of whole tiles", { heads: 3, kvHeads: 1, headSize: 32, queries: 11, length: 1024, topK: 16 }],
  ["28 picks of fewer keys", { heads: 4, kvHeads: 2, headSize: 16, queries: 2, length: 19, topK: 28 }],
  ["16 queries of 7 heads for a KV head", { heads: 7, kvHeads: 1, headSize: 16, queries: 16, length: 777, topK: 4 }],
  ["a middle of one", { heads: 4, kvHeads: 2, headSize: 16, queries: 2, length: 1, topK: 4 }],
  ["a whole block", { heads: 4, kvHeads: 2, headSize: 16, queries: 2, length: 32, topK: 4 }],
  ["one more than a block", { heads: 4, kvHeads: 2, headSize: 16, queries: 2, length: 33, topK: 4 }],
];

it.each(SHAPES)("%s", (_, one) => expectPicks(one));

it("finds 20,000 keys' best, more than one program's share", () =>
  expectPicks({ heads: 2, kvHeads: 1, headSize: 16, queries: 4, length: 20011, topK: 4 }));

describe("keys made to mislead", () => {
  it.each(misleading({ heads: 2, kvHeads: 1, headSize: 16 }))("%s", (_, one) => expectPicks(one));
});

describe("keys in 8 bits", () => {
  const shape = { heads: 4, kvHeads: 2, headSize: 64, queries: 1, length: 4001, topK: 4 };

  it("tell random keys apart", async () => {
    const { quantized } = await picksOf(runner, shape);
    expect(quantized!.exactSteps).toBe(0);
  });

  it("do not tell equal keys apart, and are left alone for a while", async () => {
    const keys = new Float32Array(shape.length * 128).fill(1);
    const { quantized } = await picksOf(runner, { ...shape, keys });
    expect(quantized!.exactSteps).toBe(1024);
    expect(quantized!.first[0]).toEqual([0, 1, 2, 3]);
    expect(quantized!.second[0]).toEqual([0, 1, 2, 3]);
  });

  // The bound must hold where codes lose the most: of elements beside a far larger one nothing is left.
  it("find the best where all that matters is lost", async () => {
    const source = normals(5);
    const keys = Float32Array.from({ length: shape.length * 128 }, (_, at) => (at % 64 ? take(source, 1)[0]! : 1000));
    const q = Float32Array.from({ length: 4 * 64 }, (_, at) => (at % 64 ? 1 : 0));
    await expectPicks({ ...shape, keys, q });
  });

  it("are not scanned for many picks", async () => {
    expect((await picksOf(runner, { ...shape, topK: 32 })).quantized).toBeUndefined();
  });
});

describe("by block, as the released kernel picks", () => {
  const shape = { heads: 4, kvHeads: 2, headSize: 16, queries: 3, topK: 4, byBlock: true };

  it.each([
    ["random keys", { ...shape, length: 1000 }],
    ["fewer blocks than picks", { ...shape, length: 200 }],
  ])("%s", async (_, one) => {
    await expectPicks(one);
    expect(expectedPicks(one)).not.toEqual(expectedPicks({ ...one, byBlock: false }));
  });
});
