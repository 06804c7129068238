import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ensureEnvironment, startTriton, type TritonService } from "../../compiler/backends/triton/index.js";
import { jobOf } from "../../compiler/build/job.js";
import { DEFAULT_BUILD, planUnits } from "../../compiler/build/plan.js";
import { check } from "../../compiler/check.js";
import type { Kernel } from "../../compiler/ir/index.js";
import { CpuDevice } from "../../runtime/device/cpu/index.js";
import type { LoadedBundle } from "../../runtime/device/device.js";
import { type Format, formatOf, rowBytes } from "../../runtime/kernels/linear/weights.js";
import { type TensorType, tensorTypes } from "../../runtime/weights/index.js";
import { expectSample, formats, randomSample, type Sample } from "./formats.js";
import { typeOf, weightMatrix } from "./matrix.js";
import { numbers } from "./numbers.js";

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** What Python's gguf makes of blocks of each type (test/reference/make_gguf_fixtures.py). */
const fixtures: Record<string, { readonly blocks: string; readonly values: string }> = JSON.parse(
  readFileSync(at("../fixtures/dequantize.json"), "utf8"),
);

function sampleOfGguf(format: Format): Sample {
  const { blocks, values } = fixtures[typeOf(format)]!;
  const widened = Uint8Array.from(Buffer.from(values, "base64"));
  return { bytes: Uint8Array.from(Buffer.from(blocks, "base64")), values: new Float32Array(widened.buffer) };
}

const { kernels, diagnostics } = check([
  at("../cases/formats.kernel.ts"),
  at("../../runtime/kernels/linear/weight-files.kernel.ts"),
]);
const kernelOf = (name: string): Kernel => kernels.find((kernel) => kernel.name === name)!;

it("there are kernels, and a build of each format", () => {
  expect(diagnostics).toEqual([]);
  expect(
    kernelOf("widen")
      .builds.map(({ constants }) => constants.FORMAT)
      .toSorted(),
  ).toEqual(formats.toSorted());
});

describe("the table of formats", () => {
  it("has the types that can be dequantised, of the sizes that a file's have", () => {
    const usable = Object.entries<TensorType>(tensorTypes).filter(([, { dequantize }]) => dequantize);
    expect(usable.map(([name]) => formatOf(name)).toSorted()).toEqual(formats.toSorted());
    for (const [name, { blockSize, blockBytes }] of usable)
      expect([name, rowBytes(formatOf(name)!, 256)]).toEqual([name, (256 / blockSize) * blockBytes]);
  });

  it.each(["IQ2_XXS", "IQ1_M", "IQ3_S", "TQ1_0", "Q8_1", "Q8_K", "I8", "F64", "constructor", ""])("has no %j", (name) =>
    expect(formatOf(name)).toBeUndefined(),
  );

  it.each([
    ["q8_0", 48],
    ["q4_k", 128],
    ["bf16", 8.5],
    ["bf16", -32],
  ] as const)("has no %s row of %d columns", (format, columns) =>
    expect(() => rowBytes(format, columns)).toThrow(RangeError),
  );
});

describe("matrices for tests", () => {
  it.each(formats)("of %s are of a model's size, or whole and small", (format) => {
    const random = weightMatrix(format, 4, 32, numbers(4), { kind: "random" }).values;
    const size = Math.sqrt(random.reduce((sum, value) => sum + value * value, 0) / random.length);
    expect(size).toBeGreaterThan(0.01);
    expect(size).toBeLessThan(0.1);
    const whole = weightMatrix(format, 4, 32, numbers(5), { kind: "whole", unit: 2 }).values;
    expect(whole.every((value) => Number.isInteger(value / 2) && Math.abs(value / 2) < 256)).toBe(true);
  });
});

describe("on the CPU executor", () => {
  let device: CpuDevice;
  let bundle: LoadedBundle;
  beforeAll(async () => {
    device = await CpuDevice.open({ threads: 2 });
    bundle = device.loadKernels(kernels);
  });
  afterAll(() => device.close());

  it.each(formats)("%s is what Python's gguf makes of it", async (format) => {
    for (const inRow of [1, 2]) await expectSample(device, bundle, format, sampleOfGguf(format), inRow);
  });

  it.each(formats)("%s is what JavaScript makes of it, whatever its bits", async (format) => {
    for (const inRow of [1, 3]) await expectSample(device, bundle, format, randomSample(format), inRow);
  });
});

describe("with Triton", () => {
  let triton: TritonService;
  beforeAll(async () => {
    triton = await startTriton({ environment: await ensureEnvironment({ extras: ["model", "test"] }), jobs: 2 });
  }, 900_000);
  afterAll(() => triton.close());

  /** How often a thread loads a single byte: scales that are one, and all weights of MXFP4, whose blocks have 17 bytes. */
  const SINGLE: Readonly<Partial<Record<Format, number>>> = { q4_k: 3, q5_k: 3, iq4_xs: 1, mxfp4: 16 };

  it.each([80, 90])("all compile for sm_%i, and read weights two or more at a time", async (arch) => {
    const kernel = kernelOf("dequantizeMatrix");
    const compiled = formats.map(async (FORMAT) => {
      const build = { ...DEFAULT_BUILD, ...kernel.defaults, constants: { R: 2, B: 32, FORMAT } };
      const [unit] = planUnits([{ ...kernel, builds: [build] }], [arch]);
      const result = await triton.compile(jobOf(unit!).job);
      if (!result.ok) throw new Error(`${FORMAT}: ${result.error.message}\n${result.error.detail}`);
      const single = result.ptx!.match(/ld\.global\.b8/g)?.length ?? 0;
      return { FORMAT, spills: result.resources.spillStoreBytes, single };
    });
    const expected = formats.map((FORMAT) => ({ FORMAT, spills: 0, single: SINGLE[FORMAT] ?? 0 }));
    expect(await Promise.all(compiled)).toEqual(expected);
  });
});
