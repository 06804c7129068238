import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  ensureEnvironment,
  startTriton,
  type TritonFailure,
  type TritonJob,
  type TritonService,
} from "../../../../compiler/backends/triton/index.js";
import { add, broken, lineOf, matmul } from "./kernels.js";

let triton: TritonService;
beforeAll(async () => {
  triton = await startTriton({ environment: await ensureEnvironment({ extras: ["model", "test"] }), jobs: 1 });
}, 900_000);
afterAll(() => triton.close());

async function failure(job: TritonJob, timeout?: number): Promise<TritonFailure> {
  const result = await triton.compile(job, { timeout });
  if (result.ok) throw new Error("it compiled");
  return result.error;
}

describe("a kernel that Triton refuses", () => {
  it("is told with line and column of the generated module", async () => {
    const job = broken(
      "i = tl.arange(0, BLOCK)\nj = tl.arange(0, 2 * BLOCK)\ntl.store(out + i, tl.load(x + i) + tl.load(x + j))",
    );
    expect(await failure(job)).toMatchObject({
      stage: "triton",
      message: "Cannot make_shape_compatible: incompatible dimensions at index 0: 64 and 128",
      line: lineOf(job, "tl.load(x + j)"),
      column: 23,
    });
  });

  it("says what Python said, without its wrapping", async () => {
    expect((await failure(broken("tl.store(out, unknown)"))).message).toBe("unknown is not defined");
    expect((await failure(broken('tl.static_assert(BLOCK == 3, "BLOCK must be three")'))).message).toBe(
      "BLOCK must be three",
    );
  });

  it("is blamed on the device function, with the calls that led there", async () => {
    const job = broken(
      "v = outer(tl.load(x + tl.arange(0, BLOCK)))\ntl.store(out, v)",
      "@triton.jit\ndef inner(v):\n    return tl.dot(v, v)\n\n@triton.jit\ndef outer(v):\n    w = v * 2\n    return inner(w)\n",
    );
    const error = await failure(job);
    expect(error).toMatchObject({ stage: "triton", line: lineOf(job, "tl.dot"), column: 12 });
    expect(error.calls.map(({ line }) => line)).toEqual([lineOf(job, "outer(tl.load"), lineOf(job, "return inner")]);
  });

  it("keeps its own place when the problem is inside Triton's library", async () => {
    const job = broken("v = tl.load(x + tl.arange(0, BLOCK))\ntl.store(out, tl.softmax(tl.dot(v, v)))\n");
    expect((await failure(job)).line).toBe(lineOf(job, "tl.softmax"));
    const sorted = broken(
      "v = tl.load(x + tl.arange(0, BLOCK))\ntl.store(out + tl.arange(0, BLOCK), tl.sort(v, dim=5))\n",
    );
    expect((await failure(sorted)).line).toBe(lineOf(sorted, "tl.sort"));
  });
});

describe("a module that is no Python", () => {
  it("is told with the place of the syntax error", async () => {
    const job = broken("tl.store(out, (1");
    expect(await failure(job)).toMatchObject({ stage: "python", line: lineOf(job, "(1") });
  });

  it("is told with the place of an exception, and other mismatches with the signature", async () => {
    const job = { ...add, source: `import nowhere\n${add.source}` };
    expect(await failure(job)).toMatchObject({ stage: "python", line: 1, message: expect.stringContaining("nowhere") });
    expect(await failure({ ...add, kernel: "subtract" })).toMatchObject({
      stage: "python",
      message: "the module has no @triton.jit function subtract",
    });
    const signature = { ...add.signature, z: "*fp32" };
    expect(await failure({ ...add, signature })).toMatchObject({
      stage: "python",
      message: "add(x, y, out, n, BLOCK): no parameter z",
    });
  });
});

describe("a failure below Triton", () => {
  it("in MLIR is found in the module", async () => {
    // Warp specialisation on sm_90 fails to compile in Triton 3.9.
    const job = {
      ...broken(
        "i = tl.arange(0, BLOCK)\np = x + i[:, None] * BLOCK + i[None, :]\na = tl.load(p)\nc = tl.dot(a, a)\nfor k in tl.range(0, 10, warp_specialize=True):\n    c = tl.dot(a + k, a, c)\ntl.store(out + i[:, None] * BLOCK + i[None, :], c)",
      ),
      constants: { BLOCK: 128 },
    };
    const error = await failure(job);
    expect(error).toMatchObject({ stage: "mlir", message: expect.stringContaining("op operation destroyed") });
    expect(error.line).toBeGreaterThan(lineOf(job, "def f("));
    expect(error.line).toBeLessThanOrEqual(lineOf(job, "tl.store"));
    expect(error.detail.length).toBeLessThanOrEqual(32_000);
  });

  it("in ptxas is found in the module", async () => {
    const job = broken(
      'i = tl.arange(0, BLOCK)\nv = tl.load(x + i)\nv = tl.inline_asm_elementwise("bogus.f32 $0, $1;", "=r,r", [v], dtype=tl.float32, is_pure=True, pack=1)\ntl.store(out + i, v)',
    );
    expect(await failure(job)).toMatchObject({
      stage: "ptxas",
      line: lineOf(job, "inline_asm"),
      message: expect.stringContaining("bogus"),
    });
  });

  it("is a crash when the process ends, at the kernel's definition, and does not spoil the next job", async () => {
    expect(await triton.compile(add)).toMatchObject({ ok: true });
    const job = {
      ...add,
      source: `import os, sys\nprint("LLVM ERROR: made up", file=sys.stderr, flush=True)\nos.abort()\n${add.source}`,
    };
    expect(await failure(job)).toMatchObject({
      stage: "crash",
      message: "Triton crashed on add: LLVM ERROR: made up",
      line: lineOf(job, "def add("),
    });
    expect(await triton.compile(add)).toMatchObject({ ok: true });
  });

  it("is a crash when memory is torn", async () => {
    const job = { ...add, source: `import ctypes\n${add.source}\nctypes.string_at(0)\n` };
    expect(await failure(job)).toMatchObject({ stage: "crash", message: "Triton crashed on add: ended by SIGSEGV" });
  });

  it("is a timeout when it hangs, and the worker is replaced", async () => {
    const job = { ...add, source: `${add.source}\nwhile True: pass\n` };
    expect(await failure(job, 700)).toMatchObject({
      stage: "timeout",
      message: "Compiling add for sm_90 took longer than 0.7 s and was stopped",
      line: lineOf(job, "def add("),
    });
    expect(await triton.compile(add)).toMatchObject({ ok: true });
  });

  it("is told when memory runs out", async () => {
    using small = await startTriton({
      jobs: 1,
      environment: await ensureEnvironment({ extras: [] }),
      memoryLimit: 3 * 2 ** 30,
    });
    const result = await small.compile({ ...add, source: `${add.source}\nhuge = bytearray(8 << 30)\n` });
    expect(result).toMatchObject({ ok: false, error: { message: expect.stringContaining("MemoryError") } });
  });
});

describe("a job that cannot work", () => {
  it.each([
    [{ options: { num_warps: 64 } }, "num_warps must be a power of two from 1 to 32, got 64"],
    [{ options: { num_warps: 3 } }, "num_warps must be a power of two from 1 to 32, got 3"],
    [{ options: { num_stages: 0 } }, "num_stages must be an integer from 1 to 8, got 0"],
    [
      { options: { num_ctas: 2 }, target: { arch: 80 } },
      "num_ctas must be 1 below sm_90, which has no clusters, got 2",
    ],
    [
      { options: { launch_pdl: true }, target: { arch: 89 } },
      "launch_pdl needs sm_90 or newer: older GPUs have no dependent launch, got true",
    ],
    [{ options: { ptx_version: 70 }, target: { arch: 86 } }, "ptx_version must be from 71 to 99 for sm_86, got 70"],
    [{ options: { warps: 4 } as object }, /unknown option warps; known are num_warps, /],
    [{ target: { arch: 75 } }, /sm_75 is not supported; supported are sm_80, /],
    [{ signature: { ...add.signature, x: "*float" } }, 'x has the unknown type "*float"'],
    [
      { signature: { ...add.signature, x: "*fp8e5" }, target: { arch: 86 } },
      "f8e4m3 and f8e5m2 need sm_89 or newer, got sm_86",
    ],
    [
      { source: add.source.replace("tl.store", "x.to(tl.float8e4nv); tl.store"), target: { arch: 80 } },
      "f8e4m3 and f8e5m2 need sm_89 or newer, got sm_80",
    ],
    [{ constants: {} }, "the constexpr BLOCK has no value"],
    [{ constants: { BLOCK: 1024, n: 4 } }, "n has a value but is not a constexpr"],
    [{ one: ["x"] }, "x cannot be marked as 1: it is *fp32, not an integer"],
    [{ divisible: ["BLOCK"] }, "BLOCK cannot be marked divisible: it is constexpr, not a pointer or an integer"],
  ] as const)("%j is told before Triton is asked", async (change, message) => {
    const error = await failure({ ...add, ...(change as Partial<TritonJob>) });
    expect(error.stage).toBe("options");
    if (typeof message === "string") expect(error.message).toBe(message);
    else expect(error.message).toMatch(message);
  });

  it("is told when no such GPU could launch it", async () => {
    const job = { ...matmul, constants: { BM: 256, BN: 256, BK: 128 }, options: { num_warps: 8, num_stages: 4 } };
    expect(await failure(job)).toMatchObject({
      stage: "resources",
      message: expect.stringMatching(
        /^matmul needs \d+ bytes of shared memory, but sm_90 has 232448: use smaller blocks or fewer stages/,
      ),
    });
  });
});
