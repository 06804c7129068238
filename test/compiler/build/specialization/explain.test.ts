import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ensureEnvironment, startTriton, type TritonService } from "../../../../compiler/backends/triton/index.js";
import { compileUnits } from "../../../../compiler/build/compile.js";
import { EXPLAINED, type Explained, explained, explainPtx } from "../../../../compiler/build/explain.js";
import { planUnits } from "../../../../compiler/build/plan.js";
import { promisesText } from "../../../../compiler/build/variants.js";
import { Cache, cachedTriton } from "../../../../compiler/cache/index.js";
import { check } from "../../../../compiler/check.js";

let triton: TritonService;
beforeAll(async () => {
  triton = await startTriton({ environment: await ensureEnvironment({ extras: ["model", "test"] }), jobs: 2 });
}, 900_000);
afterAll(() => triton.close());

const texts = (found: readonly Explained[]): string[] =>
  found.map(({ line, kind, how, count }) => `${line} ${kind} ${count} × ${how}`);

/** What the lines of each variant of the kernels of a file became. */
async function explain(file: string, arch: number): Promise<Record<string, string[]>> {
  const { kernels, diagnostics } = check([file]);
  expect(diagnostics).toEqual([]);
  const units = planUnits(kernels.slice(0, 1), [arch]);
  const { made, problems } = await compileUnits(units, cachedTriton(triton, new Cache()), EXPLAINED);
  expect(problems).toEqual([]);
  return Object.fromEntries(made.map((one) => [promisesText(one.unit), texts(explained(one))]));
}

const LOADED = { aligned: "12 × cp.async of 16 bytes", single: "32 × ld.global of 2 bytes" };

describe("a matrix product as in Triton's tutorial 03, with every stride an argument", () => {
  test("copies asynchronously where the inner strides are 1, and a ragged size costs no more than its own loads", async () => {
    const variants = await explain("test/compiler/build/specialization/tutorial.kernel.ts", 90);
    const unit = "strideAK = strideBN = strideCN = 1; ";
    const wgmma = "58 dot 4 × wgmma m64n64k16";
    const wide = "65 store 4 × st.global of 16 bytes";
    const narrow = "65 store 32 × st.global of 2 bytes";
    expect(variants).toEqual({
      [`${unit}a, b, c, N, K, strideAM, strideBK, strideCM multiples of 16`]: [
        `56 load ${LOADED.aligned}`,
        `57 load ${LOADED.aligned}`,
        ...[wgmma, wide],
      ],
      [`${unit}a, b, c, K, strideAM multiples of 16`]: [
        `56 load ${LOADED.aligned}`,
        `57 load ${LOADED.single}`,
        ...[wgmma, narrow],
      ],
      [`${unit}a, b, c, N, strideBK, strideCM multiples of 16`]: [
        `56 load ${LOADED.single}`,
        `57 load ${LOADED.aligned}`,
        ...[wgmma, wide],
      ],
      "a, b, c, N, K, strideAM, strideBK, strideCM multiples of 16": [
        `56 load ${LOADED.single}`,
        `57 load ${LOADED.single}`,
        ...[wgmma, narrow],
      ],
      "any arguments": [`56 load ${LOADED.single}`, `57 load ${LOADED.single}`, wgmma, narrow],
    });
  }, 120_000);

  test("has mma before Hopper", async () => {
    const variants = await explain("test/compiler/build/specialization/tutorial.kernel.ts", 80);
    expect(Object.values(variants)[0]).toContainEqual(expect.stringMatching(/^58 dot \d+ × mma m16n8k16$/));
  }, 120_000);
});

test("attention through descriptors loads by TMA", async () => {
  const [aligned] = Object.values(await explain("examples/flash-attention.kernel.ts", 90));
  expect(aligned!.filter((line) => line.includes(" load "))).not.toEqual([]);
  expect(aligned!.filter((line) => line.includes(" load ")).every((line) => line.includes("TMA"))).toBe(true);
  expect(aligned!.filter((line) => line.includes(" dot "))).toHaveLength(2);
}, 120_000);

const PTX = `
	.loc	1 10 3                          // k.kernel.ts:10:3
	@%p1 ld.global.L1::evict_last.v4.b32 { %r1, %r2, %r3, %r4 }, [ %rd1 + 0 ];
	// begin inline asm
	mov.u32 %r1, 0x0;
	@!%p2 ld.volatile.global.b8 %rs1, [ %rd1 ];
	// end inline asm
	.loc	1 0 3
	.loc	2 43 12, function_name $L__info_string0, inlined_at 1 12 10
	st.global.v2.b64 [ %rd1 ], { %rd2, %rd3 };
	.loc	3 7 1, function_name $L__info_string1, inlined_at 1 14 1
	atom.global.gpu.acq_rel.add.f32 %f1, [ %rd1 + 0 ], %f2;
	cp.async.ca.shared.global [ %r20 + 0 ], [ %rd23 + 0 ], 0x4, %r22;
	ld.shared.v4.b32 {%r1, %r2, %r3, %r4}, [%r5];
	cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes [%r1], [%rd1, {%r2, %r3}], [%r4];
	cp.async.bulk.tensor.2d.global.shared::cta.bulk_group [%rd1, {%r2, %r3}], [%r4];
	.file	1 "/home/me/k.kernel.ts"
	.file	2 "/venv/triton/language/standard.py"
	.file	3 "/home/me/lib/tiles.ts"
`;

test("instructions belong to the line of the file of ours that is nearest, and what is no access of memory is left out", () => {
  const found = explainPtx(PTX, ["k.kernel.ts", "lib/tiles.ts"]);
  expect(found.map(({ file }) => file).slice(-4)).toEqual(Array(4).fill("lib/tiles.ts"));
  expect(texts(found)).toEqual([
    "10 load 1 × ld.global of 16 bytes",
    "10 load 1 × ld.global of 1 byte",
    "12 store 1 × st.global of 16 bytes",
    "7 atomic 1 × atom.global of 4 bytes",
    "7 load 1 × cp.async of 4 bytes",
    "7 load 1 × TMA (cp.async.bulk.tensor)",
    "7 store 1 × TMA (cp.async.bulk.tensor)",
  ]);
});
