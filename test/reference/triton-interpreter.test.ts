import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { InterpretationError, runInTriton } from "./triton-interpreter.js";

const source = readFileSync(new URL("./kernels/handwritten.py", import.meta.url), "utf8");
const SETUP = 900_000;

/** fp32 rounded to bf16, as bits. */
const toBf16 = (value: number): number => {
  const bits = new Uint32Array(new Float32Array([value]).buffer)[0]!;
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
};
const fromBf16 = (bits: number): number => new Float32Array(new Uint32Array([bits << 16]).buffer)[0]!;
const round = (value: number) => fromBf16(toBf16(value));
const bf16 = (values: readonly number[]) => Uint16Array.from(values, toBf16);
const numbers = (count: number, seed: number) => Array.from({ length: count }, (_, i) => Math.sin(seed + i * 1.7) * 3);

describe("runInTriton", () => {
  it("adds vectors, masked, and leaves the rest alone", { timeout: SETUP }, async () => {
    const [x, y] = [Float32Array.from(numbers(100, 1)), Float32Array.from(numbers(100, 2))];
    const out = new Float32Array(100).fill(7);
    await runInTriton({
      source,
      kernel: "add",
      signature: { x: "*fp32", y: "*fp32", out: "*fp32", n: "i32", BLOCK: "constexpr" },
      args: { x, y, out, n: 90 },
      constants: { BLOCK: 32 },
      grid: [3],
    });
    expect([...out.subarray(0, 90)]).toEqual([...x.subarray(0, 90)].map((one, i) => Math.fround(one + y[i]!)));
    expect([...out.subarray(90)]).toEqual(Array(10).fill(7));
  });

  it("multiplies bf16 matrices as numbers, not as bit patterns", async () => {
    const [M, N, K] = [20, 24, 40];
    const [a, b] = [bf16(numbers(M * K, 1)), bf16(numbers(K * N, 2))];
    const c = new Float32Array(M * N);
    await runInTriton({
      source,
      kernel: "matmul",
      signature: {
        a: "*bf16",
        b: "*bf16",
        c: "*fp32",
        M: "i32",
        N: "i32",
        K: "i32",
        BM: "constexpr",
        BN: "constexpr",
        BK: "constexpr",
      },
      args: { a, b, c, M, N, K },
      constants: { BM: 16, BN: 16, BK: 16 },
      grid: [2, 2],
    });
    for (let m = 0; m < M; m++) {
      for (let n = 0; n < N; n++) {
        let sum = 0;
        for (let k = 0; k < K; k++) sum += fromBf16(a[m * K + k]!) * fromBf16(b[k * N + n]!);
        expect(c[m * N + n]).toBeCloseTo(sum, 3);
      }
    }
  });

  it("rounds every bf16 operation to nearest even", async () => {
    const [xs, ys] = [numbers(64, 3).map(round), numbers(64, 5).map(round)];
    const out = new Uint16Array(64);
    await runInTriton({
      source,
      kernel: "bf16_steps",
      signature: { x: "*bf16", y: "*bf16", out: "*bf16", BLOCK: "constexpr" },
      args: { x: bf16(xs), y: bf16(ys), out },
      constants: { BLOCK: 64 },
      grid: [1],
    });
    expect([...out].map(fromBf16)).toEqual(
      xs.map((a, i) => (a > ys[i]! ? round(round(a * ys[i]!) + a) : round(a - ys[i]!))),
    );
  });

  it("takes tensor descriptors, padded with zeros at the edges", async () => {
    const [M, N, K] = [24, 16, 40];
    const [a, b] = [bf16(numbers(M * K, 1)), bf16(numbers(K * N, 2))];
    const c = new Uint16Array(M * N);
    await runInTriton({
      source,
      kernel: "matmul_descriptors",
      signature: {
        a: "tensordesc<bf16[16, 32]>",
        b: "tensordesc<bf16[32, 16]>",
        c: "tensordesc<bf16[16, 16]>",
        K: "i32",
        BM: "constexpr",
        BN: "constexpr",
        BK: "constexpr",
      },
      args: {
        a: { buffer: a, shape: [M, K], strides: [K, 1] },
        b: { buffer: b, shape: [K, N], strides: [N, 1] },
        c: { buffer: c, shape: [M, N], strides: [N, 1] },
        K,
      },
      constants: { BM: 16, BN: 16, BK: 32 },
      grid: [2, 1],
    });
    for (const index of [0, 17, M * N - 1]) {
      let sum = 0;
      for (let k = 0; k < K; k++)
        sum += fromBf16(a[Math.floor(index / N) * K + k]!) * fromBf16(b[k * N + (index % N)]!);
      expect(Math.abs(fromBf16(c[index]!) - sum)).toBeLessThanOrEqual(Math.abs(sum) * 0.01 + 1e-3);
    }
  });

  it("gives loop variables a type, in device functions too", async () => {
    const out = new Float32Array(4);
    await runInTriton({
      source,
      kernel: "count_up",
      signature: { out: "*fp32", n: "i32", BLOCK: "constexpr" },
      args: { out, n: 5 },
      constants: { BLOCK: 4 },
      grid: [1],
    });
    expect([...out]).toEqual([10, 10, 10, 10]);
  });

  it("reports a store outside of the memory with its line", async () => {
    const run = runInTriton({
      source,
      kernel: "too_far",
      signature: { out: "*i32", n: "i32", BLOCK: "constexpr" },
      args: { out: new Int32Array(10), n: 11 },
      constants: { BLOCK: 16 },
      grid: [1],
    });
    const error = await run.catch((one) => one);
    expect(error).toBeInstanceOf(InterpretationError);
    expect(error.message).toMatch(
      /store outside of every buffer in program \(0, 0, 0\), 40 bytes from the start of buffer 0/,
    );
    expect(error.line).toBe(
      source.split("\n").findIndex((line) => line.includes("mask=i < n)") && line.includes("out + i, i")) + 1,
    );
  });
});
