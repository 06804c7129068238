import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { emitTriton, signatureOf } from "../../../compiler/backends/triton/emit/index.js";
import {
  ensureEnvironment,
  startTriton,
  type TritonOutput,
  type TritonService,
} from "../../../compiler/backends/triton/index.js";
import { forTarget } from "../../../compiler/build/target.js";
import { check } from "../../../compiler/check.js";
import { type DType, isFloat, type Kernel } from "../../../compiler/ir/index.js";
import { inferTypes } from "../../../compiler/passes/index.js";
import { folderOf } from "../frontend/source.js";
import * as d from "../ir/draft.js";
import { SAMPLES } from "../ir/samples.js";
import { CASES, kernelOf, type OpCase } from "../ops/cases.js";
import { merged } from "../ops/merge.js";

const ARCHITECTURES = [80, 90, 100];

let triton: TritonService;
beforeAll(async () => {
  const environment = await ensureEnvironment({ extras: ["model", "test"] });
  triton = await startTriton({ environment, jobs: 2 });
}, 900_000);
afterAll(() => triton.close());

/** Compiles the first build of a typed kernel, aligned and not. */
async function compiled(kernel: Kernel, arch: number, divisible: readonly string[] = []): Promise<TritonOutput> {
  const { text, entry, ...more } = emitTriton(kernel);
  const [build] = kernel.builds;
  const possible = arch >= 90 ? build! : { ...build!, pdl: false };
  const signature = signatureOf(kernel, possible, { divisible, one: [] }, more);
  const result = await triton.compile({ source: text, kernel: entry, ...signature, target: { arch } });
  if (!result.ok) throw new Error(`${result.error.stage}: ${result.error.message}\n${text}`);
  return result;
}

const typed = (draft: Kernel): Kernel => {
  const { kernel, diagnostics } = inferTypes(draft);
  expect(diagnostics).toEqual([]);
  return kernel;
};

describe.each(ARCHITECTURES)("for sm_%i", (arch) => {
  it.each(Object.entries(SAMPLES))("%s compiles, aligned and not", async (_name, make) => {
    const kernel = typed(make());
    const pointers = kernel.params.filter(({ kind }) => kind === "pointer").map(({ name }) => name);
    for (const divisible of [pointers, []]) {
      const { cubin } = await compiled(kernel, arch, divisible);
      expect(cubin!.subarray(0, 4).toString("latin1")).toBe("\x7fELF");
    }
  });

  it("everything of the language compiles", async () => {
    const { kernels } = check(["test/compiler/emit/everything.kernel.ts", "test/compiler/emit/control.kernel.ts"]);
    for (const kernel of kernels) expect((await compiled(kernel, arch)).cubin!.length).toBeGreaterThan(1000);
  });
});

it("products that are added round once, or each where a build says so", async () => {
  const params = [d.ptr("x", "f32"), d.ptr("out", "f32")];
  const body = [d.declare("v", d.load("x")), d.store("out", d.add(d.mul("v", "v"), "v"))];
  const ptx = async (fpFusion: boolean) =>
    (await compiled(typed(d.kernel("k", params, body, { builds: [d.build({}, { fpFusion })] })), 90)).ptx!;
  expect(await ptx(true)).toMatch(/\bfma\.rn\.f32/);
  expect(await ptx(false)).not.toMatch(/\bfma\.rn\.f32/);
  expect(await ptx(false)).toMatch(/\bmul\.(?:rn\.)?f32[\s\S]*\badd\.(?:rn\.)?f32/);
});

it("what a kernel prints is in the cubin, what it asserts where a build says debug, and what it says as it is built in neither", async () => {
  const printing = (options: string) =>
    `import { arange, col, type Const, type Int, kernel, load, type Ptr, row, staticPrint, deviceAssert, devicePrint, programId, to } from "tilescript";
export const k = kernel(({ x, h, n, N }: { x: Ptr<"f32">; h: Ptr<"bf16">; n: Int; N: Const<"N"> }) => {
  const v = load(x + arange(0, N));
  devicePrint("50% of \\"v\\"", v, load(h), n, 0.1, true, programId(0) > n, to(1, "i64"), { hex: N > 8 });
  devicePrint("alone");
  deviceAssert(v > 0, "v \\"é\\" is 100% positive", { mask: arange(0, N) < n });
  deviceAssert(col(v) > 0, "columns", { mask: row(arange(0, 8)) < n });
  deviceAssert(N > 99, "constants");
  staticPrint("N", N, v, x, n, true);
}, { builds: [{ constants: { N: 16 }${options} }] });`;
  const ptx = async (options: string) => {
    const { kernels, diagnostics } = check(["k.kernel.ts"], {
      project: folderOf({ "k.kernel.ts": printing(options) }),
    });
    expect(diagnostics.map(({ message }) => message)).toEqual(["N 16 Tile<[16], f32> Ptr<f32> i32 true"]);
    return (await compiled(kernels[0]!, 90)).ptx!;
  };
  const plain = await ptx("");
  expect(plain).toContain("vprintf");
  expect(plain).not.toContain("__assertfail");
  const debug = await ptx(", debug: true");
  expect(debug.match(/call\.uni\s+__assertfail|__assertfail,/g)!.length).toBeGreaterThanOrEqual(3);
});

it("programs that wait for each other", async () => {
  const POLLED = ["i16", "i32", "u32", "i64"];
  const polls = (dtype: string): string =>
    `store(x + i, to(atomicPoll(x + i, n, { timeoutNs: n }), "${dtype}"));
  store(x, to(atomicPoll(x, 2, { sem: "relaxed", timeoutNs: 1000 }), "${dtype}"));
  atomicPoll(x + i, 3);`;
  const kernelOf = (dtype: string): string =>
    `export const k_${dtype} = kernel(({ x, n }: { x: Ptr<"${dtype}">; n: Int }) => {
  const i = arange(0, 64);
  atomicStore(x + i, atomicLoad(x + i, { mask: i < n, sem: "relaxed", scope: "sys" }), { mask: i < n, scope: "cta" });
  atomicStore(x, 1, { sem: "release" });
  atomicLoad(x + n);
  ${POLLED.includes(dtype) ? polls(dtype) : ""}
}, { builds: [{ cooperative: true }] });`;
  const names = "arange, atomicLoad, atomicPoll, atomicStore, type Int, kernel, type Ptr, store, to";
  const kernels = [...POLLED, "i8", "u8", "f16", "bf16", "f32", "f64"].map(kernelOf);
  const source = [`import { ${names} } from "tilescript";`, ...kernels].join("\n");
  const checked = check(["k.kernel.ts"], { project: folderOf({ "k.kernel.ts": source }) });
  expect(checked.diagnostics).toEqual([]);
  for (const kernel of checked.kernels) {
    const { ptx, metadata } = await compiled(kernel, 90);
    expect(metadata.cooperative).toBe(true);
    expect(ptx).toMatch(/\.acquire\.gpu/);
    expect(ptx).toMatch(/\.release\.(gpu|cta)/);
  }
});

it("loops with every option, and what an architecture has no such thing for", async () => {
  const source = `import { arange, broadcastTo, col, type Const, dot, type Int, kernel, load, maxConstancy, type Ptr, range, row, store, zeros } from "tilescript";
export const k = kernel(({ a, b, out, K, WS, LICM }: {
  a: Ptr<"f16">; b: Ptr<"f16">; out: Ptr<"f32">; K: Int; WS: Const<"WS", boolean>; LICM: Const<"LICM", boolean>;
}) => {
  const i = arange(0, 128);
  const k = arange(0, 64);
  let acc = zeros([128, 128], "f32");
  for (const at of range(0, K, 64, { warpSpecialize: WS, disableLicm: !LICM, numStages: 2, disallowAccMultiBuffer: true }))
    acc = dot(load(a + col(i) * K + row(k) + at), load(b + col(k + at) * 128 + row(i)), { acc });
  store(out + maxConstancy(broadcastTo(col(i) * 128, [128, 128]), 128) + row(i), acc);
}, { builds: [{ constants: { WS: true, LICM: false } }, { constants: { WS: false, LICM: true } }] });`;
  const { kernels, diagnostics } = check(["k.kernel.ts"], { project: folderOf({ "k.kernel.ts": source }) });
  expect(diagnostics).toEqual([]);
  const [kernel] = kernels;
  const loop = (arch: number) => /for at .*/.exec(emitTriton(forTarget(kernel!, arch)).text)![0];
  expect(loop(100)).toBe(
    "for at in tl.range(0, K, 64, warp_specialize=WS, disable_licm=not LICM, num_stages=2, disallow_acc_multi_buffer=True):",
  );
  expect(loop(90)).toBe(
    "for at in tl.range(0, K, 64, disable_licm=not LICM, num_stages=2, disallow_acc_multi_buffer=True):",
  );
  for (const arch of [90, 100, 120])
    for (const build of kernel!.builds) {
      const { cubin } = await compiled({ ...forTarget(kernel!, arch), builds: [build] }, arch, ["a", "b", "out", "K"]);
      expect(cubin!.length).toBeGreaterThan(1000);
    }
});

it("conversions and sums that round in one direction, each by its instruction, with subnormal numbers", async () => {
  const ways = { rtne: ["rn", "rni"], rtz: ["rz", "rzi"], down: ["rm", "rmi"], up: ["rp", "rpi"] };
  const converted = (from: DType, to: DType, rounding: string) =>
    d.op("cast", { x: d.load(from) }, { dtype: to, rounding });
  const dtypes = ["f32", "f64", "i32", "u32", "i64", "u64"] as const;
  for (const [rounding, [float, integer]] of Object.entries(ways)) {
    const pairs = [
      ...["i32", "u32", "i64", "u64"].flatMap((to) => [
        ["f32", to],
        ["f64", to],
        [to, "f32"],
      ]),
      ...[
        ["i64", "f64"],
        ["u64", "f64"],
        ["f64", "f32"],
      ],
    ] as [DType, DType][];
    const stores = pairs.map(([from, to]) => d.store(to, converted(from, to, rounding)));
    const { ptx } = await compiled(
      typed(
        d.kernel(
          "k",
          dtypes.map((one) => d.ptr(one, one)),
          stores,
          { builds: [d.build()] },
        ),
      ),
      90,
    );
    const name = (dtype: DType) => dtype.replace("i", "s");
    for (const [from, to] of pairs)
      expect(ptx).toContain(`cvt.${isFloat(to) ? float : integer}.${name(to)}.${name(from)} `);
    expect(ptx).not.toContain(".ftz");
  }
  const instructionsOf = async (op: string, args: Record<string, string>) => {
    const params = ["a", "b", "c", "out"].map((name) => d.ptr(name, "f32"));
    const operands = Object.fromEntries(Object.entries(args).map(([name, from]) => [name, d.load(from)]));
    return (
      await compiled(typed(d.kernel("k", params, [d.store("out", d.op(op, operands))], { builds: [d.build()] })), 90)
    ).ptx;
  };
  expect(await instructionsOf("addRd", { a: "a", b: "b" })).toMatch(/add\.rm\.f32/);
  expect(await instructionsOf("subRu", { a: "a", b: "b" })).toMatch(/(sub|add)\.rp\.f32/);
  expect(await instructionsOf("rcpRz", { x: "a" })).toMatch(/rcp\.rz\.f32/);
  expect(await instructionsOf("fmaRu", { a: "a", b: "b", c: "c" })).toMatch(/fma\.rp\.f32/);
  expect(await instructionsOf("fastSin", { x: "a" })).toMatch(/sin\.approx\.ftz\.f32/);
  expect(await instructionsOf("fastDivide", { a: "a", b: "b" })).toMatch(/div\.approx\.ftz\.f32/);
});

it("a product and a sum that are each rounded are not fused", async () => {
  const params = [d.ptr("x", "f32"), d.ptr("out", "f32")];
  const product = d.op("mulRn", { a: d.load("x"), b: d.load("x") });
  const body = [d.store("out", d.op("addRn", { a: product, b: d.load("x") }))];
  const { ptx } = await compiled(typed(d.kernel("k", params, body, { builds: [d.build()] })), 90);
  expect(ptx).not.toMatch(/\bfma\./);
});

/** The cases of each op, which make one kernel. */
const groups = new Map<string, OpCase[]>();
for (const one of CASES) {
  const op = one.of.kind === "op" ? one.of.op : "";
  groups.set(op, [...(groups.get(op) ?? []), one]);
}

it.each([...groups])("%s compiles on every dtype", async (op, cases) => {
  const kernel = typed(
    merged(
      op,
      cases.map((one) => kernelOf(one).draft),
    ),
  );
  expect((await compiled(kernel, 90)).ptx).toContain(".visible .entry");
});
