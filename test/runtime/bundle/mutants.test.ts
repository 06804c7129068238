import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { assemble } from "../../../compiler/build/assemble.js";
import { compileBuilds } from "../../../compiler/build/index.js";
import { BundleFault, type Manifest } from "../../../compiler/bundle/index.js";
import { IR_VERSION, IrFormatError } from "../../../compiler/ir/index.js";
import { inferTypes } from "../../../compiler/passes/index.js";
import { CpuDevice } from "../../../runtime/device/cpu/index.js";
import { CudaDevice } from "../../../runtime/device/cuda/index.js";
import { BundleError, LaunchError } from "../../../runtime/device/errors.js";
import { SAMPLES } from "../../compiler/ir/samples.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { constant, type FakeParam, fakeBundle, pointer, scalar } from "../device/cuda/fake-bundle.js";
import { openFake } from "../native/fake-driver.js";
import { generator, mutant } from "./mutate.js";

const { fake } = openFake();
beforeEach(() => fake.reset());

const SEED = Number(process.env.TILESCRIPT_FUZZ_SEED ?? 20261128);
const COUNT = Number(process.env.TILESCRIPT_FUZZ_COUNT ?? 1000);

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const put = (folder: string, name: string, text: string): void => writeFileSync(join(folder, name), text);

const LONG = 300_000;

/** A bundle of sample kernels on the disk, to be spoilt. */
const folder = temporaryFolder("mutants");
const kernels = ["vectorAdd", "softmax", "matmul"].map((name) => inferTypes(SAMPLES[name]!()).kernel);
const entries = kernels.map((kernel) => ({ bindings: [{ kernel, triton: "" }], sourceHash: "", made: [] }));
const { manifest, files } = assemble(entries, { tilescript: "0.1.0" }, { "index.js": "", "index.d.ts": "" });
const text = JSON.stringify(manifest);
for (const { path, content } of files) put(folder, path, content as string);

let device: CpuDevice;
beforeAll(async () => {
  device = await CpuDevice.open({ threads: 1, store: null });
});
afterAll(() => device.close());

/** What a load or a launch of mutant `index` ended in: the error's message, or nothing. Any error but those expected is thrown. */
async function ending(index: number, work: () => unknown, ...expected: (new (...args: never[]) => Error)[]) {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (expected.some((one) => error instanceof one)) return error as Error;
    throw new Error(`mutant ${index} of seed ${SEED} ended in ${String(error)}`, { cause: error });
  }
}

it("the bundle is fine as it is", async () => {
  put(folder, "manifest.json", text);
  expect((await device.load(folder)).kernels).toEqual(kernels.map(({ name }) => name));
});

it(
  "mutants of a manifest load or end in BundleError",
  async () => {
    const pick = generator(SEED);
    const small = { ...manifest, kernels: manifest.kernels.slice(0, 1) };
    let refused = 0;
    for (let index = 0; index < COUNT; index++) {
      put(folder, "manifest.json", JSON.stringify(mutant(small, pick)));
      const error = await ending(index, () => device.load(folder), BundleError);
      if (!error) continue;
      refused++;
      expect(
        error.cause === undefined || error.cause instanceof BundleFault || error.cause instanceof IrFormatError,
      ).toBe(true);
    }
    expect(refused).toBeGreaterThan(COUNT / 2);
  },
  LONG,
);

/** The bundle with another text in the place of a kernel's IR, under its right hash. */
function withIr(name: string, ir: string): void {
  const changed = JSON.parse(text) as Manifest;
  const { file } = changed.kernels.find((kernel) => kernel.name === name)!.ir[0]!;
  Object.assign(file, { sha256: sha256(ir), bytes: Buffer.byteLength(ir) });
  put(folder, file.path, ir);
  put(
    folder,
    "manifest.json",
    JSON.stringify({ ...changed, kernels: changed.kernels.filter((one) => one.name === name) }),
  );
}

it(
  "mutants of IR with the right hash load or end in BundleError, on the CPU and for the compiler",
  async () => {
    const pick = generator(SEED + 1);
    const originals = files.filter(({ path }) => path.endsWith(".ir.json"));
    let refused = 0;
    for (let index = 0; index < COUNT; index++) {
      const at = index % originals.length;
      const { name } = kernels[at]!;
      withIr(name, JSON.stringify(mutant(JSON.parse(originals[at]!.content as string), pick)));
      const error = await ending(index, () => device.load(folder), BundleError);
      if (error) {
        refused++;
        expect(error.cause).toBeInstanceOf(IrFormatError);
      }
      if (index % 10 > 0) continue;
      const out = join(folder, "../none");
      const compiled = compileBuilds({ from: folder, builds: [{ kernel: name, constants: {} }], arch: [], out });
      await expect(compiled).rejects.toMatchObject({ name: "BuildError" });
    }
    expect(refused).toBeGreaterThan(COUNT / 2);
  },
  LONG,
);

it.each([
  ["nested without end", `{"version":${IR_VERSION},"files":[],"kernel":${"[".repeat(1e5)}${"]".repeat(1e5)}}`],
  [
    "a size that takes for ever to multiply out",
    JSON.stringify({
      version: IR_VERSION,
      files: ["f"],
      kernel: {
        name: "softmax",
        file: "f",
        doc: "",
        span: { $span: [0, 1, 1, 1, 1] },
        params: [
          {
            kind: "descriptor",
            name: "x",
            dtype: "f32",
            block: [{ op: "*", args: Array(40).fill({ op: "+", args: [{ op: "name", args: ["N"] }, 1] }) }],
            padding: "zero",
            span: { $span: [0, 1, 1, 1, 1] },
          },
        ],
        dtypes: {},
        body: [],
        functions: [],
        builds: [],
      },
    }),
  ],
])("IR that is %s is refused", async (_what, ir) => {
  withIr("softmax", ir);
  await expect(device.load(folder)).rejects.toThrow(BundleError);
});

const PARAMS: readonly FakeParam[] = [
  pointer("x"),
  scalar("n"),
  scalar("factor", "f32"),
  { kind: "descriptor", name: "d", dtype: "bf16", block: [32, 64], padding: "nan" },
  constant("B"),
];
const VARIANTS = [
  { constants: { B: 64 }, divisible: ["x"], one: ["n"] },
  { constants: { B: 64 }, divisible: ["x", "n"] },
  { constants: { B: 64 } },
  { constants: { B: 128 }, launch: { globalScratchBytes: 128, globalScratchAlign: 128 } },
];

it(
  "mutants of a manifest with cubins load and launch, or end in BundleError or LaunchError, and nothing of their numbers is allocated",
  async () => {
    const pick = generator(SEED + 2);
    let original: Manifest | undefined;
    const cubins = fakeBundle([{ name: "k", params: PARAMS, variants: VARIANTS }], (whole) => {
      original = whole;
    });
    using gpu = CudaDevice.open();
    const args = (B: number) => {
      const buffer = gpu.alloc(64 * 1024);
      return { x: buffer, n: 16, factor: 2, d: { buffer, shape: [32, 64], strides: [64, 1] }, B };
    };
    const all = [args(64), args(128)];
    const before = process.memoryUsage.rss();
    let refused = 0;
    for (let index = 0; index < COUNT; index++) {
      put(cubins, "manifest.json", JSON.stringify(mutant(original!, pick)));
      const error = await ending(
        index,
        async () => {
          const kernel = (await gpu.load(cubins)).kernel("k");
          for (const one of all) kernel.launch([4], one);
        },
        BundleError,
        LaunchError,
      );
      if (error) refused++;
    }
    expect(refused).toBeGreaterThan(COUNT / 2);
    expect(process.memoryUsage.rss() - before).toBeLessThan(2 ** 29);
  },
  LONG,
);

it.each([-8, 0.5, 4, 32_760, 2 ** 31, 2 ** 33])("an argument at offset %d is refused", async (offset) => {
  using gpu = CudaDevice.open();
  const spoilt = fakeBundle([{ name: "k", params: PARAMS, variants: VARIANTS }], (whole) => {
    whole.kernels[0]!.variants[0]!.abi[1]!.offset = offset;
    return whole;
  });
  await expect(gpu.load(spoilt)).rejects.toThrow(/it is not a manifest: kernels\.0\.variants\.0\.abi/);
});
