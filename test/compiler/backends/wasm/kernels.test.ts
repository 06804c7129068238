import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { check } from "../../../../compiler/check.js";
import { fromBits, toBits, upload } from "../../../../runtime/device/arrays.js";
import { CpuDevice } from "../../../../runtime/device/cpu/index.js";
import type { LoadedBundle } from "../../../../runtime/device/device.js";

/* Whole kernels, written in the language, against float64; sizes that no tile divides. */

const project = fileURLToPath(new URL("../../../..", import.meta.url));

let device: CpuDevice;
let kernels: LoadedBundle;
beforeAll(async () => {
  device = await CpuDevice.open({ threads: 2, store: null });
  const files = ["softmax", "matmul", "layer-norm", "flash-attention"].map((name) => `examples/${name}.kernel.ts`);
  kernels = device.loadKernels(check(files, { project }).kernels);
});
afterAll(() => device.close());

function numbers(count: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (state * 48271) % 2147483647;
    return (state / 2147483647) * 4 - 2;
  });
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

async function result(from: Parameters<CpuDevice["read"]>[0], count: number): Promise<Float32Array> {
  const into = new Float32Array(count);
  await device.read(from, into);
  return into;
}

function expectClose(got: Float32Array, want: readonly number[], tolerance: number): void {
  const worst = Math.max(...want.map((value, i) => Math.abs(got[i]! - value) / Math.max(1, Math.abs(value))));
  expect(got).toHaveLength(want.length);
  expect(worst).toBeLessThan(tolerance);
}

it("softmax", async () => {
  const [rows, columns] = [5, 781];
  const x = numbers(rows * columns, 1);
  const out = device.alloc(4 * rows * columns);
  kernels.kernel("softmax").launch([rows], { x: await upload(device, x), out, columns, BLOCK: 1024 });
  const want = range(rows).flatMap((row) => {
    const line = [...x.subarray(row * columns, (row + 1) * columns)];
    const top = Math.max(...line);
    const weights = line.map((value) => Math.exp(value - top));
    return weights.map((weight) => weight / sum(weights));
  });
  expectClose(await result(out, want.length), want, 1e-6);
});

it("matmul", async () => {
  const [M, N, K] = [70, 45, 83];
  const [a, b] = [toBits("bf16", numbers(M * K, 2)), toBits("bf16", numbers(K * N, 3))];
  const c = device.alloc(4 * M * N);
  const args = { a: await upload(device, a), b: await upload(device, b), c, M, N, K, BM: 64, BN: 64, BK: 32 };
  kernels.kernel("matmul").launch([Math.ceil(M / 64), Math.ceil(N / 64)], args);
  const [x, y] = [fromBits("bf16", a), fromBits("bf16", b)];
  const want = range(M).flatMap((i) => range(N).map((j) => sum(range(K).map((k) => x[i * K + k]! * y[k * N + j]!))));
  expectClose(await result(c, want.length), want, 1e-5);
});

it("flash attention, through descriptors", async () => {
  const [heads, tokens, D] = [2, 150, 64];
  const bits = [4, 5, 6].map((seed) => toBits("bf16", numbers(heads * tokens * D, seed)));
  const [q, k, v] = await Promise.all(
    bits.map(async (data) => ({ buffer: await upload(device, data), shape: [heads * tokens, D], strides: [D, 1] })),
  );
  const out = device.alloc(4 * heads * tokens * D);
  const args = { q: q!, k: k!, v: v!, out, tokens, scale: Math.LOG2E / 8, BM: 64, BN: 64, D };
  kernels.kernel("flashAttention").launch([Math.ceil(tokens / 64), heads], args);
  const [x, y, z] = bits.map((data) => fromBits("bf16", data));
  const want = range(heads).flatMap((head) =>
    range(tokens).flatMap((i) => {
      const at = (token: number): number => (head * tokens + token) * D;
      const scores = range(i + 1).map((j) => sum(range(D).map((c) => x![at(i) + c]! * y![at(j) + c]!)) / 8);
      const top = Math.max(...scores);
      const weights = scores.map((score) => Math.exp(score - top));
      return range(D).map((c) => sum(weights.map((weight, j) => weight * z![at(j) + c]!)) / sum(weights));
    }),
  );
  expectClose(await result(out, want.length), want, 1e-2);
});
