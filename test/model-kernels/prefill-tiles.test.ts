import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { check } from "../../compiler/check.js";
import { fromBits, toBits, upload } from "../../runtime/device/arrays.js";
import { CpuDevice } from "../../runtime/device/cpu/index.js";
import type { DeviceBuffer, LoadedBundle } from "../../runtime/device/device.js";
import { prefillAttentionTiles } from "../../runtime/kernels/attention/tiles.js";
import {
  GATED_TILES,
  LOGITS_TILE,
  PRODUCT_TILES,
  paddedRows,
  productPrograms,
  tileFor,
} from "../../runtime/kernels/linear/product-tiles.js";
import { many, numbers, rounded } from "./numbers.js";

// A prompt's kernels with the tiles that GPUs get, on the CPU executor, against float64.

let device: CpuDevice;
let bundle: LoadedBundle;
beforeAll(async () => {
  const files = ["linear/matmul", "attention/prefill", "batch/logits"].map(
    (name) => `runtime/kernels/${name}.kernel.ts`,
  );
  const { kernels, diagnostics } = check(files);
  expect(diagnostics).toEqual([]);
  device = await CpuDevice.open({ threads: 2 });
  bundle = device.loadKernels(kernels);
});
afterAll(() => device.close());

const bf16 = (values: Float64Array) => new Uint16Array(toBits("bf16", values));

async function readBf16(buffer: DeviceBuffer): Promise<Float64Array> {
  const bits = new Uint16Array(buffer.bytes / 2);
  await device.read(buffer, bits);
  return Float64Array.from(fromBits("bf16", bits));
}

/** The largest difference, of the largest number that was expected. */
function difference(got: ArrayLike<number>, expected: Float64Array): number {
  expect(got.length).toBe(expected.length);
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return expected.reduce((most, value, at) => Math.max(most, Math.abs(got[at]! - value)), 0) / largest;
}

/** A [M, K] · B [N, K]ᵀ + bias. */
function product(a: Float64Array, b: Float64Array, bias: Float64Array, M: number, N: number, K: number) {
  return Float64Array.from({ length: M * N }, (_, at) => {
    const [m, n] = [Math.floor(at / N), at % N];
    let sum = bias[n]!;
    for (let k = 0; k < K; k++) sum += a[m * K + k]! * b[n * K + k]!;
    return sum;
  });
}

/** Operands of rows of A and of B, on the device and as numbers. */
async function operands(M: number, rows: number, K: number) {
  const source = numbers(M + rows + K);
  const draw = (count: number) => rounded("bf16", many(count, source.normal));
  const [a, b] = [draw(M * K), draw(rows * K)];
  const bias = draw(rows);
  const on = async (values: Float64Array) => upload(device, bf16(values));
  return {
    ...{ a, b, bias, source },
    args: {
      a: { buffer: await on(a), shape: [M, K], strides: [K, 1] },
      b: { buffer: await on(b), shape: [rows, K], strides: [K, 1] },
      bias: await upload(device, Float32Array.from(bias)),
    },
  };
}

const UNGATED = [...PRODUCT_TILES.warpgroup, ...PRODUCT_TILES.warp].map(({ tile }) => tile);
const SHAPES = [
  { M: 300, N: 336, K: 112 },
  { M: 128, N: 256, K: 64 },
  { M: 1, N: 16, K: 16 },
];
const title = ({ BM, BN, FLAT }: { BM: number; BN: number; FLAT?: boolean }) =>
  `${BM} × ${BN}${FLAT ? ", programs taking turns" : ""}`;

describe.each(UNGATED.map((tile) => [title(tile), tile] as const))("tiles of %s", (_, tile) => {
  const cases = SHAPES.flatMap((shape) => [false, true].map((BIAS) => [shape.M, shape.N, shape.K, BIAS] as const));
  it.each(cases)("give a product of %i × %i × %i, bias %s, in bf16 and joined to a residual", async (M, N, K, BIAS) => {
    const { a, b, bias, source, args } = await operands(M, N, K);
    const y = product(a, b, BIAS ? bias : new Float64Array(N), M, N, K);
    const before = Float64Array.from(many(M * N, source.normal), Math.fround);
    const [c, residual] = [
      await upload(device, new Uint16Array(M * N)),
      await upload(device, new Float32Array(before)),
    ];
    // Fewer processors than tiles, so that programs take turns.
    const programs = productPrograms({ M, N }, tile, { processors: 2, arch: 90, traits: { tiles: "gpu" } });
    const shared = { ...args, M, N, K, ...tile, BIAS };
    const into = (buffer: DeviceBuffer) => ({ buffer, shape: [M, N], strides: [N, 1] });
    bundle.kernel("matmul").launch([programs], { ...shared, c: into(c) });
    bundle.kernel("matmulAdd").launch([programs], { ...shared, c: into(residual) });
    const sums = new Float32Array(M * N);
    await device.read(residual, sums);
    expect(difference(await readBf16(c), y)).toBeLessThan(2 ** -8);
    expect(
      difference(
        sums,
        y.map((value, at) => value + before[at]!),
      ),
    ).toBeLessThan(2 ** -20);
  });
});

const ACTIVATIONS = {
  silu: (x: number) => x / (1 + Math.exp(-x)),
  gelu: (x: number) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
};

describe.each(GATED_TILES.warpgroup.map(({ tile }) => [title(tile), tile] as const))("gated tiles of %s", (_, tile) => {
  it.each([
    ["silu", false, 300, 144, 80],
    ["gelu", true, 129, 128, 64],
  ] as const)("give %s, bias %s, of %i × %i × %i", async (ACT, BIAS, M, N, K) => {
    const { a, b, bias, args } = await operands(M, 2 * N, K);
    const y = product(a, b, BIAS ? bias : new Float64Array(2 * N), M, 2 * N, K);
    const expected = Float64Array.from({ length: M * N }, (_, at) => {
      const gate = Math.floor(at / N) * 2 * N + (at % N);
      return ACTIVATIONS[ACT](y[gate]!) * y[gate + N]!;
    });
    const c = await upload(device, new Uint16Array(M * N));
    const tiles = Math.ceil(M / tile.BM) * Math.ceil(N / tile.BN);
    bundle.kernel("matmulGated").launch([tiles], { ...args, c, M, N, K, ...tile, BIAS, ACT });
    expect(difference(await readBf16(c), expected)).toBeLessThan(2 ** -8);
  });
});

it.each([
  [1, 70, 66, 32, undefined],
  [5, 200, 195, 160, 2],
  [66, 64, 64, 128, undefined],
])("gives logits of %i tokens × %i, %i of them tokens, of %i columns, cap %s", async (M, N, tokens, K, cap) => {
  const { a, b, args } = await operands(M, N, K);
  const expected = product(a, b, new Float64Array(N), M, N, K).map((y, at) =>
    at % N >= tokens ? Number.NEGATIVE_INFINITY : cap ? cap * Math.tanh(y / cap) : y,
  );
  const logits = await upload(device, new Float32Array(M * N));
  const { BM, BN } = LOGITS_TILE;
  bundle.kernel("batchLogitsRows").launch([Math.ceil(M / BM), Math.ceil(N / BN)], {
    ...{ ...args, logits, cap: cap ?? 0, CAP: cap !== undefined, M, N, K, tokens, BIAS: false, ...LOGITS_TILE },
  });
  const got = new Float32Array(M * N);
  await device.read(logits, got);
  const inside = (values: ArrayLike<number>) => Float64Array.from(values).filter((_, at) => at % N < tokens);
  expect(difference(inside(got), inside(expected))).toBeLessThan(2 ** -19);
  expect([...got].filter((_, at) => at % N >= tokens)).toEqual([...expected].filter((_, at) => at % N >= tokens));
});

interface Prompt {
  readonly queries: number;
  readonly past: number;
  readonly reach: number;
  readonly D: number;
  readonly cap?: number;
}

const [HEADS, KV_HEADS] = [4, 2];

/** Softmax of scores in base 2 over the keys that each query sees, in float64. */
function attention(q: Float64Array, k: Float64Array, v: Float64Array, { queries, past, reach, D, cap }: Prompt) {
  const out = new Float64Array(queries * HEADS * D);
  for (let query = 0; query < queries; query++)
    for (let head = 0; head < HEADS; head++) {
      const kvHead = Math.floor((head * KV_HEADS) / HEADS);
      const last = past + query;
      const first = Math.max(0, last - reach + 1);
      const at = (query * HEADS + head) * D;
      const cell = (key: number) => (key * KV_HEADS + kvHead) * D;
      const scores = Array.from({ length: last - first + 1 }, (_, index) => {
        let score = 0;
        for (let d = 0; d < D; d++) score += q[at + d]! * k[cell(first + index) + d]!;
        return cap ? cap * Math.tanh(score / cap) : score;
      });
      const top = Math.max(...scores);
      const weights = scores.map((score) => 2 ** (score - top));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      for (const [index, weight] of weights.entries())
        for (let d = 0; d < D; d++) out[at + d]! += (weight / total) * v[cell(first + index) + d]!;
    }
  return out;
}

const EVERYTHING = 1 << 20;
const PROMPTS: readonly Prompt[] = [
  { queries: 300, past: 0, reach: EVERYTHING, D: 128 },
  { queries: 131, past: 77, reach: EVERYTHING, D: 96 },
  { queries: 190, past: 70, reach: 90, D: 96 },
  { queries: 70, past: 150, reach: 33, D: 128, cap: 4 },
  { queries: 130, past: 65, reach: EVERYTHING, D: 80, cap: 4 },
  { queries: 150, past: 3, reach: EVERYTHING, D: 64 },
  { queries: 100, past: 40, reach: 50, D: 48 },
];

it.each(PROMPTS)(
  "attends from $queries queries after $past over the last $reach keys, heads of $D, cap $cap",
  async (prompt) => {
    const { queries, past, reach, D, cap } = prompt;
    const source = numbers(queries + D);
    const draw = (count: number, by: number) =>
      rounded(
        "bf16",
        many(count, () => source.normal() * by),
      );
    const rowOf = (HEADS + 2 * KV_HEADS) * D;
    const length = past + queries;
    // What follows q in a row of the product with [q; k; v] is there too.
    const qkv = draw(queries * rowOf, 0.4);
    const q = qkv.filter((_, at) => at % rowOf < HEADS * D);
    const [k, v] = [draw(length * KV_HEADS * D, 0.4), draw(length * KV_HEADS * D, 1)];
    const DP = 2 ** Math.ceil(Math.log2(D));
    const constants = { D, DP, CAP: cap !== undefined, SLIDES: reach < EVERYTHING };
    const tiles = prefillAttentionTiles({ arch: 90, traits: { tiles: "gpu" } }, constants);
    const seen = { shape: [length, KV_HEADS, D], strides: [KV_HEADS * D, D, 1] };
    const out = await upload(device, new Uint16Array(queries * HEADS * D));
    bundle.kernel("prefillAttention").launch([HEADS, Math.ceil(queries / tiles.BM)], {
      q: { buffer: await upload(device, bf16(qkv)), shape: [queries, HEADS * D], strides: [rowOf, 1] },
      keys: { buffer: await upload(device, bf16(k)), ...seen },
      values: { buffer: await upload(device, bf16(v)), ...seen },
      ...{ out, queries, past, reach, outRow: HEADS * D, group: HEADS / KV_HEADS, cap: cap ?? 0 },
      ...{ ...constants, ...tiles },
    });
    expect(difference(await readBf16(out), attention(q, k, v, prompt))).toBeLessThan(2 ** -7);
  },
);

describe("the tile of a product", () => {
  const h200 = { arch: 90, processors: 132, traits: { tiles: "gpu" } } as const;
  it.each([
    ["Llama 3.1 8B, q, k and v", 8192, 6144, 256],
    ["the same for few tokens", 512, 6144, 256],
    ["Llama 3.1 8B, out and down", 8192, 4096, 256],
    ["SmolLM2 135M, out and down", 8192, 576, 128],
    ["a few rows of tiles", 256, 1152, 64],
    ["q, k and v of Llama 3.1 8B for several answers", 64, 6144, 64],
    ["its out and down for several answers", 4, 4096, 32],
    ["its out and down for a short prompt", 100, 4096, 64],
  ])("is as wide as keeps all processors busy: %s", (_, M, N, BN) => {
    expect(tileFor(PRODUCT_TILES, { M, N }, h200).BN).toBe(BN);
  });

  it("has few rows for no more than a tile of many has, whose count of them is the same then", () => {
    for (const [M, BM] of [
      [128, 64],
      [129, 128],
      [255, 128],
    ] as const)
      expect(tileFor(PRODUCT_TILES, { M, N: 4096 }, h200).BM).toBe(BM);
    expect(paddedRows(129, { BM: 128 })).toBe(256);
    expect(paddedRows(64, { BM: 64 })).toBe(64);
  });

  it.each([
    [8192, 14336, 128],
    [512, 14336, 64],
    [128, 1536, 64],
  ])("with a gate, %i × %i", (M, N, BN) => {
    expect(tileFor(GATED_TILES, { M, N }, h200).BN).toBe(BN);
  });

  it("fits into the shared memory of other GPUs", () => {
    for (const arch of [80, 86, 89, 120])
      expect(tileFor(PRODUCT_TILES, { M: 8192, N: 6144 }, { ...h200, arch })).toBe(PRODUCT_TILES.warp[0]!.tile);
  });
});
