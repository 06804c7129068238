/** Picks on the CPU executor against float64: shapes, dtypes, numbers of picks, and keys made to mislead. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fromBits, toBits, upload } from "../../../runtime/device/arrays.js";
import type { CpuDevice } from "../../../runtime/device/cpu/index.js";
import type { HalfType, Heads, KernelRunner } from "../../../runtime/reattention/kernel-runner.js";
import { Retrieval } from "../../../runtime/reattention/retrieval.js";
import { ints, openKernels, readInts } from "./on-cpu.js";
import { normals, pick, pickByBlock, take } from "./reference.js";

let device: CpuDevice;
let runner: KernelRunner;
beforeAll(async () => {
  ({ device, runner } = await openKernels("scan", "stream", "pick"));
}, 60_000);
afterAll(() => device.close());

interface Case extends Heads {
  readonly queries: number;
  readonly length: number;
  readonly topK: number;
  readonly dtype?: HalfType;
  readonly byBlock?: boolean;
  /** [queries, heads, D] and [length, KV heads, D]; rounded to the dtype before anyone sees them. */
  readonly q?: ArrayLike<number>;
  readonly keys?: ArrayLike<number>;
}

function inputs({ heads, kvHeads, headSize, queries, length, dtype = "bf16", q, keys }: Case) {
  const source = normals(heads * 1000003 + length);
  const bits = (values: ArrayLike<number>) => toBits(dtype, values);
  return {
    q: bits(q ?? take(source, queries * heads * headSize)),
    keys: bits(keys ?? take(source, length * kvHeads * headSize)),
  };
}

/** Picks by the definition, rows as the kernels number them. */
function expected(one: Case, q: Float32Array, keys: Float32Array): number[][] {
  const { heads, kvHeads, headSize: D, queries, length, topK, byBlock } = one;
  const group = heads / kvHeads;
  return Array.from({ length: heads * queries }, (_, row) => {
    const kvHead = Math.floor(row / (queries * group));
    const query = Math.floor((row % (queries * group)) / group);
    const head = kvHead * group + (row % group);
    const score = (_: unknown, token: number): number => {
      let sum = 0;
      for (let i = 0; i < D; i++) sum += q[(query * heads + head) * D + i]! * keys[(token * kvHeads + kvHead) * D + i]!;
      return sum;
    };
    return (byBlock ? pickByBlock : pick)(Array.from({ length }, score), topK);
  });
}

/** Picks of both ways through the keys; `global` tokens stand before the middle. */
async function picked(one: Case, global = 3): Promise<Record<"scan" | "stream" | "wanted", number[][]>> {
  const { heads, kvHeads, headSize, queries, length, topK, dtype = "bf16" } = one;
  const bits = inputs(one);
  const q = fromBits(dtype, bits.q);
  const width = kvHeads * headSize;
  const cache = new Uint16Array((global + length) * width);
  // What is not of the middle would win if it were looked at.
  cache.fill(toBits(dtype, [60000])[0]!, 0, global * width);
  cache.set(bits.keys, global * width);
  const keys = await upload(device, cache);
  const retrieval = new Retrieval(runner, { ...one, middle: length });
  const rows = async () => {
    const flat = await readInts(retrieval.picks, heads * queries * topK);
    return Array.from({ length: heads * queries }, (_, row) => flat.slice(row * topK, (row + 1) * topK));
  };
  const chunk = { count: queries, qRow: heads * headSize };
  retrieval.stream({ ...chunk, q: await upload(device, bits.q) }, keys, global, length);
  const stream = await rows();
  const position = await ints(device, global + length - queries);
  retrieval.scan({ ...chunk, q: await upload(device, q) }, keys, position, global, 0);
  const scan = await rows();
  retrieval.free();
  return { scan, stream, wanted: expected(one, q, fromBits(dtype, bits.keys)) };
}

async function expectExact(one: Case): Promise<void> {
  const { scan, stream, wanted } = await picked(one);
  expect(stream).toEqual(wanted);
  expect(scan).toEqual(wanted);
}

const SHAPES: readonly (readonly [string, Case])[] = [
  ["head size 64, 3 heads for a KV head", { heads: 9, kvHeads: 3, headSize: 64, queries: 1, length: 517, topK: 4 }],
  ["head size 80", { heads: 4, kvHeads: 2, headSize: 80, queries: 3, length: 301, topK: 4 }],
  ["head size 96 in f16", { heads: 2, kvHeads: 2, headSize: 96, queries: 3, length: 299, topK: 4, dtype: "f16" }],
  ["head size 128", { heads: 8, kvHeads: 2, headSize: 128, queries: 2, length: 400, topK: 4 }],
  ["head size 256", { heads: 2, kvHeads: 1, headSize: 256, queries: 2, length: 260, topK: 4 }],
  ["one pick", { heads: 4, kvHeads: 2, headSize: 16, queries: 5, length: 1031, topK: 1 }],
  ["3 picks", { heads: 4, kvHeads: 2, headSize: 16, queries: 5, length: 1031, topK: 3 }],
  ["5 picks", { heads: 4, kvHeads: 2, headSize: 16, queries: 5, length: 1031, topK: 5 }],
  ["32 picks in f16", { heads: 4, kvHeads: 2, headSize: 16, queries: 5, length: 1031, topK: 32, dtype: "f16" }],
  ["16 queries of 7 heads for a KV head", { heads: 7, kvHeads: 1, headSize: 16, queries: 16, length: 777, topK: 4 }],
  ["a middle of one", { heads: 4, kvHeads: 2, headSize: 16, queries: 2, length: 1, topK: 4 }],
  ["a whole block", { heads: 4, kvHeads: 2, headSize: 16, queries: 2, length: 32, topK: 4 }],
  ["one more than a block", { heads: 4, kvHeads: 2, headSize: 16, queries: 2, length: 33, topK: 4 }],
];

it.each(SHAPES)("%s", (_, one) => expectExact(one));

it("finds 20,000 keys' best, more than one program's share", () =>
  expectExact({ heads: 2, kvHeads: 1, headSize: 16, queries: 4, length: 20011, topK: 4 }));

describe("keys made to mislead", () => {
  const shape = { heads: 2, kvHeads: 1, headSize: 16, queries: 2, topK: 4 };
  const length = 700;
  const fill = (value: (token: number, i: number) => number) =>
    Float32Array.from({ length: length * 16 }, (_, at) => value(Math.floor(at / 16), at % 16));
  const ones = new Float32Array(2 * 2 * 16).fill(1);
  const q = take(normals(7), 2 * 2 * 16);
  /** The first element of every query, and the others. */
  const beside = (first: number, rest: number) => ones.map((_, at) => (at % 16 ? rest : first));
  const CLOSE = [-1, 0, 2, 1, 2, 1, -1].map((steps) => steps * 2 ** -13);
  const noise = take(normals(8), length * 16);

  it.each<[string, Omit<Case, keyof typeof shape | "length"> & { topK?: number }]>([
    ["all scores equal", { q: ones, keys: fill(() => 1) }],
    ["all scores equal, 32 picks", { q: ones, keys: fill(() => 1), topK: 32 }],
    ["pairs of equal keys", { q, keys: fill((token, i) => noise[(token >> 1) * 16 + i]!) }],
    ["four classes of one block tie", { q: ones, keys: fill((token) => (token >= 320 && token < 352 ? 2 : 1)) }],
    ["all negative", { q: ones, keys: fill((token) => -1 - ((token * 37) % 101)) }],
    // Larger ones would leave the range of f32 in the middle of a sum.
    ["one huge key", { q, keys: fill((token, i) => (token === 613 ? 1e36 : noise[token * 16 + i]!)) }],
    ["one infinite key", { q: ones, keys: fill((token, i) => (token === 613 ? Infinity : noise[token * 16 + i]!)) }],
    [
      "infinities of both signs",
      { q: ones, keys: fill((token) => (token % 5 ? (token % 7 ? 1 : Infinity) : -Infinity)) },
    ],
    ["all keys −∞", { q: ones, keys: fill(() => -Infinity) }],
    ["denormals", { q: ones, keys: fill((token) => ((token * 37) % 101) * 2 ** -133) }],
    ["NaN everywhere but in two", { q: ones, keys: fill((token) => (token === 5 || token === 650 ? 1 : Number.NaN)) }],
    ["every second key NaN", { q, keys: fill((token, i) => (token % 2 ? noise[token * 16 + i]! : Number.NaN)) }],
    // 4096 and one or two 8192ths, in five parts.
    [
      "scores that differ by less than a step of f32",
      {
        q: beside(64, 1),
        keys: fill((token, i) => (token % 100 ? 0 : i === 0 ? 64 : i === 1 ? CLOSE[token / 100]! : 0)),
      },
    ],
  ])("%s", (_, one) => expectExact({ ...shape, length, ...one }));
});

describe("by block, as the released kernel picks", () => {
  it.each([
    ["random keys", { heads: 4, kvHeads: 2, headSize: 16, queries: 3, length: 1000, topK: 4, byBlock: true }],
    [
      "fewer blocks than picks",
      { heads: 4, kvHeads: 2, headSize: 16, queries: 3, length: 200, topK: 4, byBlock: true },
    ],
  ] as const)("%s", async (_, one) => {
    const { scan, stream, wanted } = await picked(one);
    expect(stream).toEqual(wanted);
    expect(scan).toEqual(wanted);
    const exact = expected({ ...one, byBlock: false }, ...floats(one));
    expect(wanted).not.toEqual(exact);
  });

  function floats(one: Case): [Float32Array, Float32Array] {
    const { q, keys } = inputs(one);
    return [fromBits("bf16", q), fromBits("bf16", keys)];
  }
});
