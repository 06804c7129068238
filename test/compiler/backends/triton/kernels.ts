import { readFileSync } from "node:fs";
import type { TritonJob } from "../../../../compiler/backends/triton/index.js";

/** Hand-written kernels, shared with the interpreter's tests. */
export const source = readFileSync(new URL("../../../reference/kernels/handwritten.py", import.meta.url), "utf8");

export const add: TritonJob = {
  source,
  kernel: "add",
  signature: { x: "*fp32", y: "*fp32", out: "*fp32", n: "i32", BLOCK: "constexpr" },
  constants: { BLOCK: 1024 },
  divisible: ["x", "y", "out", "n"],
  target: { arch: 90 },
};

export const matmul: TritonJob = {
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
  constants: { BM: 128, BN: 128, BK: 64 },
  divisible: ["a", "b", "c", "M", "N", "K"],
  target: { arch: 90 },
  options: { num_warps: 8, num_stages: 3 },
};

export const matmulDescriptors: TritonJob = {
  source,
  kernel: "matmul_descriptors",
  signature: {
    a: "tensordesc<bf16[128, 64]>",
    b: "tensordesc<bf16[64, 128]>",
    c: "tensordesc<bf16[128, 128]>",
    K: "i32",
    BM: "constexpr",
    BN: "constexpr",
    BK: "constexpr",
  },
  constants: { BM: 128, BN: 128, BK: 64 },
  divisible: ["K"],
  target: { arch: 90 },
  options: { num_warps: 8, num_stages: 3 },
};

export const softmax: TritonJob = {
  source,
  kernel: "softmax",
  signature: { x: "*bf16", out: "*fp32", n: "i32", BLOCK: "constexpr" },
  constants: { BLOCK: 1024 },
  target: { arch: 90 },
};

/** A module with one kernel `f(x, out)` of the given body, and helpers before it. */
export function broken(body: string, helpers = ""): TritonJob {
  const lines = body
    .split("\n")
    .map((line) => `    ${line}`)
    .join("\n");
  return {
    source: `import triton\nimport triton.language as tl\n\n${helpers}\n@triton.jit\ndef f(x, out, BLOCK: tl.constexpr):\n${lines}\n`,
    kernel: "f",
    signature: { x: "*fp32", out: "*fp32", BLOCK: "constexpr" },
    constants: { BLOCK: 64 },
    target: { arch: 90 },
  };
}

/** The number of the line with that text, from 1. */
export const lineOf = (job: TritonJob, text: string) =>
  job.source.split("\n").findIndex((line) => line.includes(text)) + 1;
