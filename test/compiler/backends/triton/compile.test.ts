import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  ensureEnvironment,
  startTriton,
  type TritonJob,
  type TritonOutput,
  type TritonService,
} from "../../../../compiler/backends/triton/index.js";
import { LIMITS } from "../../../../compiler/ir/index.js";
import { add, lineOf, matmul, matmulDescriptors, softmax } from "./kernels.js";

let triton: TritonService;
beforeAll(async () => {
  const environment = await ensureEnvironment({ extras: ["model", "test"] });
  triton = await startTriton({ environment, jobs: 2 });
}, 900_000);
afterAll(() => triton.close());

async function compiled(job: TritonJob): Promise<TritonOutput> {
  const result = await triton.compile(job);
  if (!result.ok) throw new Error(`${result.error.stage}: ${result.error.message}\n${result.error.detail}`);
  return result;
}

describe("a compiled kernel", () => {
  it("comes with its launch parameters and the layout of its arguments", async () => {
    const { cubin, ptx, metadata, versions, resources } = await compiled(add);
    expect(cubin?.subarray(0, 4).toString("latin1")).toBe("\x7fELF");
    expect(ptx).toContain(".visible .entry add(");
    expect(metadata).toMatchObject({
      name: "add",
      numWarps: 4,
      numStages: 3,
      numCtas: 1,
      clusterDims: [1, 1, 1],
      shared: 0,
      globalScratchSize: 0,
      tensorDescriptors: [],
      launchPdl: false,
    });
    // Three pointers, n, and the two scratch pointers that Triton appends.
    expect(metadata.parameters.map(({ offset, size }) => [offset, size])).toEqual([
      [0, 8],
      [8, 8],
      [16, 8],
      [24, 4],
      [32, 8],
      [40, 8],
    ]);
    expect(versions).toMatchObject({ triton: "3.9.0", ptxas: expect.stringMatching(/^13\.4\.\d+$/) });
    expect(resources.registers).toBeGreaterThan(8);
    expect(resources).toMatchObject({ spillStoreBytes: 0, spillLoadBytes: 0, stackBytes: 0 });
  });

  it("may be nested as deeply as check lets it: calls of calls, and a chain of else if", async () => {
    const calls = Array.from(
      { length: LIMITS.nesting / 2 },
      (_, at) => `@triton.jit\ndef f${at + 1}(x):\n    f${at}(x)\n`,
    );
    const links = Array.from(
      { length: LIMITS.nesting },
      (_, at) => `    elif n == ${at}:\n        tl.store(x, ${at}.0)\n`,
    );
    const nested = {
      source: `import triton\nimport triton.language as tl\n\n\n@triton.jit\ndef f0(x):\n    tl.store(x, 1.0)\n\n\n${calls.join("\n\n")}
@triton.jit
def nested(x, n):
    if n < 0:
        f${calls.length}(x)
${links.join("")}`,
      kernel: "nested",
      signature: { x: "*fp32", n: "i32" },
      target: { arch: 90 },
    };
    expect((await compiled(nested)).ptx).toContain(".visible .entry nested(");
  });

  it.each([80, 86, 89, 90, 100, 120])("is made for sm_%i, with PTX that older drivers accept", async (arch) => {
    const { ptx, ptxVersion, versions } = await compiled({ ...add, target: { arch } });
    expect(ptx).toContain(`.target sm_${arch}${arch >= 90 ? "a" : ""}`);
    expect(ptx).toContain(`.version ${Math.floor(ptxVersion / 10)}.${ptxVersion % 10}`);
    expect(ptxVersion).toBe({ 80: 70, 86: 71, 89: 78, 90: 80, 100: 86, 120: 87 }[arch]);
    expect(versions.ptxas).toMatch(arch >= 90 ? /^13\.4/ : /^12\.9/);
  });

  it.each([add, matmul, matmulDescriptors, softmax])(
    "$kernel has the same cubin at the lowest PTX version as at Triton's own",
    async (job) => {
      const low = await compiled(job);
      const native = await compiled({ ...job, options: { ...job.options, ptx_version: 94 } });
      expect(low.ptxVersion).toBeLessThanOrEqual(86);
      expect(native.ptx).toContain(".version 9.4");
      expect(low.cubin?.equals(native.cubin!)).toBe(true);
    },
  );

  it("uses wgmma and TMA on Hopper, and describes the tensor maps", async () => {
    const { sass, metadata, ptxVersion } = await compiled({ ...matmulDescriptors, stages: ["cubin", "sass"] });
    expect(sass).toMatch(/HGMMA/);
    expect(sass).toMatch(/UTMALDG/);
    expect(sass).not.toMatch(/\bLDL\b|\bSTL\b/);
    expect(
      metadata.tensorDescriptors.map(({ swizzle, elem_size, block_size }) => ({ swizzle, elem_size, block_size })),
    ).toEqual([
      { swizzle: 3, elem_size: 2, block_size: [128, 64] },
      { swizzle: 3, elem_size: 2, block_size: [64, 64] },
      { swizzle: 3, elem_size: 2, block_size: [128, 64] },
    ]);
    // A tensor map, two i32 of shape and two i64 of strides for each descriptor.
    expect(metadata.parameters.slice(0, 6).map(({ offset, size }) => [offset, size])).toEqual([
      [0, 128],
      [128, 4],
      [132, 4],
      [136, 8],
      [144, 8],
      [192, 128],
    ]);
    expect(ptxVersion).toBe(86);
  });

  it("gives every stage as text, without places", async () => {
    const { ttir, ttgir, llir, ptx, cubin } = await compiled({ ...matmul, stages: ["ttir", "ttgir", "llir", "ptx"] });
    expect(ttir).toContain("tt.func public @matmul");
    expect(ttir).not.toContain("loc(");
    expect(ttgir).toContain("ttng.warp_group_dot");
    expect(llir).toContain("define ptx_kernel void @matmul");
    expect(ptx).toContain("wgmma.mma_async");
    expect(cubin).toBeUndefined();
  });

  it("depends on divisibility, options and constants", async () => {
    const vectors = /ld\.global\.v4\.b32/;
    expect((await compiled(add)).ptx).toMatch(vectors);
    expect((await compiled({ ...add, divisible: [] })).ptx).not.toMatch(vectors);
    expect((await compiled({ ...add, options: { num_warps: 8 } })).metadata.numWarps).toBe(8);
    expect((await compiled({ ...add, options: { launch_pdl: true } })).metadata.launchPdl).toBe(true);
    const fused = await compiled({ ...matmul, target: { arch: 80 }, options: { num_warps: 8, maxnreg: 128 } });
    expect(fused.resources.registers).toBeLessThanOrEqual(128);
  });

  it("is the same in another process, under another file name and after other kernels", async () => {
    const first = await compiled(matmul);
    using other = await startTriton({ jobs: 1, environment: await ensureEnvironment({ extras: [] }) });
    await other.compile(softmax);
    const second = await other.compile({ ...matmul, file: "/somewhere/else.py" });
    expect(second.ok && second.cubin?.equals(first.cubin!)).toBe(true);
  });

  it("carries lines on request: of the Python, or of where it came from", async () => {
    const plain = await compiled({ ...add, lineInfo: true, file: "add.triton.py" });
    expect(plain.ptx).toMatch(/\.loc\s+1 9 /);
    expect(plain.cubin!.length).toBeGreaterThan((await compiled(add)).cubin!.length);
    const definition = lineOf(add, "def add(");
    const origins = [
      { python: definition, file: "add.kernel.ts", line: 40, column: 14 },
      { python: definition + 1, file: "add.kernel.ts", line: 70, column: 5 },
    ];
    const mapped = await compiled({ ...add, lineInfo: origins, stages: ["ptx"] });
    expect(mapped.ptx).toMatch(/\.loc\s+1 70 5\s+\/\/ add\.kernel\.ts:70:5/);
  });

  it("puts 1 in the place of arguments that are 1, of their dtype, and leaves them in the ABI", async () => {
    const source = `import triton
import triton.language as tl

@triton.jit
def strided(x, d, out, n, s):
    tl.static_assert(s.dtype == tl.int64)
    i = tl.arange(0, 128)
    step = s
    for turn in range(n):
        step += s
    tl.store(out + i, tl.load(x + i * s) + step.to(tl.float32) + d.load([0]))
`;
    const signature = { x: "*fp32", d: "tensordesc<fp32[128]>", out: "*fp32", n: "i32", s: "i64" };
    const job: TritonJob = { source, kernel: "strided", signature, target: { arch: 90 }, options: { num_warps: 1 } };
    const [any, unit] = await Promise.all(
      [job, { ...job, divisible: ["x", "out"], one: ["s"] }].map((each) =>
        compiled({ ...each, stages: ["ttir", "ptx"] }),
      ),
    );
    expect(unit!.metadata.parameters).toEqual(any!.metadata.parameters);
    // A descriptor brings two arguments more, so s is the seventh.
    expect(unit!.ttir!.match(/%arg6\b/g)).toHaveLength(1);
    expect(any!.ttir!.match(/%arg6\b/g)!.length).toBeGreaterThan(1);
    expect(unit!.ttir).toMatch(/arith\.constant .*1 : i64/);
    expect([any!, unit!].map(({ ptx }) => /ld\.global\.v4\.b32/.test(ptx!))).toEqual([false, true]);
  });

  it("takes typed constants", async () => {
    const source = `import triton
import triton.language as tl

@triton.jit
def constants(out, F: tl.constexpr, I: tl.constexpr, T: tl.constexpr, N: tl.constexpr, S: tl.constexpr):
    i = tl.arange(0, 4)
    tl.static_assert((i * F).dtype == tl.float32)
    tl.static_assert((i * I).dtype == tl.int32)
    tl.static_assert(tl.full((4,), 1, T).dtype == tl.bfloat16)
    tl.static_assert(N is None)
    tl.static_assert(S == "text")
    tl.store(out + i, i * F)
`;
    await compiled({
      source,
      kernel: "constants",
      signature: { out: "*fp32", F: "constexpr", I: "constexpr", T: "constexpr", N: "constexpr", S: "constexpr" },
      constants: { F: { float: 1 }, I: 2, T: { dtype: "bf16" }, N: null, S: "text" },
      target: { arch: 90 },
    });
  });
});
