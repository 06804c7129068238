import { existsSync, mkdirSync, readdirSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type BuildOptions, build } from "../../../compiler/build/index.js";
import { manifestSchema } from "../../../compiler/bundle/index.js";
import { DiagnosticError } from "../../../compiler/diagnostics/index.js";
import { parseKernel } from "../../../compiler/ir/index.js";
import { temporaryFolder } from "../../temporary-folder.js";

const SCALE = `import { arange, type Const, type F32, type Int, kernel, load, type Ptr, programId, store } from "tilescript";
import { BLOCK } from "./sizes.js";

/** x *= factor. */
export const scale = kernel(
  ({ x, factor, n, B }: { x: Ptr<"f32">; factor: F32; n: Int; B: Const<"B"> }) => {
    const at = programId(0) * B + arange(0, B);
    store(x + at, load(x + at, { mask: at < n }) * factor, { mask: at < n });
  },
  { builds: [{ constants: { B: BLOCK } }] },
);
`;

const COPY = `import { type Const, type Descriptor, kernel, loadTensorDescriptor, programId, storeTensorDescriptor } from "tilescript";

export const copy = kernel(
  ({ from, to, R }: { from: Descriptor<"bf16", [Const<"R">, 64]>; to: Descriptor<"bf16", [Const<"R">, 64]>; R: Const<"R"> }) => {
    const row = programId(0) * R;
    storeTensorDescriptor(to, [row, 0], loadTensorDescriptor(from, [row, 0]));
  },
  { builds: [{ constants: { R: 32 } }] },
);
`;

function project(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder("build");
  for (const [name, text] of Object.entries({ "package.json": "{}", ...files }))
    writeFileSync(join(folder, name), text);
  return folder;
}

const scaleProject = (): string => project({ "scale.kernel.ts": SCALE, "sizes.ts": "export const BLOCK = 256;\n" });

const buildIn = (folder: string, file: string, options: Partial<BuildOptions> = {}) =>
  build({ files: [join(folder, file)], arch: [], out: join(folder, "bundle"), ...options });

const contents = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder)
      .sort()
      .map((name) => [name, readFileSync(join(folder, name)).toString("base64")]),
  );

/** A folder that is somebody else's: no Python environment is found in it, and none is made. */
function withoutPython(): void {
  const taken = temporaryFolder("taken");
  writeFileSync(join(taken, "thesis.txt"), "");
  vi.stubEnv("TILESCRIPT_VENV", taken);
}

beforeEach(() => {
  vi.stubEnv("TILESCRIPT_CACHE", temporaryFolder("build-cache"));
});
afterEach(() => {
  vi.unstubAllEnvs();
});

describe("a bundle for the CPU executor", () => {
  test("needs no Python and holds the IR, the Triton text and typed references", async () => {
    const folder = scaleProject();
    const { folder: bundle, manifest } = await buildIn(folder, "scale.kernel.ts");
    expect(manifestSchema.parse(JSON.parse(readFileSync(join(bundle, "manifest.json"), "utf8")))).toEqual(manifest);
    expect(manifest.compiler.triton).toBeNull();
    expect(manifest.kernels).toMatchObject([
      {
        name: "scale",
        source: { file: "scale.kernel.ts", line: 5 },
        builds: [{ constants: { B: 256 }, warps: 4 }],
        variants: [],
      },
    ]);
    const kernel = parseKernel(readFileSync(join(bundle, "scale.ir.json"), "utf8"));
    expect(kernel.params.map(({ name }) => name)).toEqual(["x", "factor", "n", "B"]);
    expect(readFileSync(join(bundle, "scale.triton.py"), "utf8")).toContain(
      "@triton.jit\ndef scale(x, factor, n, B: tl.constexpr):",
    );
    expect(await import(join(bundle, "index.js"))).toMatchObject({ scale: { kind: "kernel", name: "scale" } });
  });

  test("is left alone while nothing changes, and made anew when an import of the kernel does", async () => {
    const folder = scaleProject();
    await buildIn(folder, "scale.kernel.ts");
    const onProgress = vi.fn();
    await buildIn(folder, "scale.kernel.ts", { onProgress });
    expect(onProgress).not.toHaveBeenCalled();
    writeFileSync(join(folder, "sizes.ts"), "export const BLOCK = 512;\n");
    const { manifest } = await buildIn(folder, "scale.kernel.ts", { onProgress });
    expect(onProgress).toHaveBeenCalled();
    expect(manifest.kernels[0]?.builds[0]?.constants).toEqual({ B: 512 });
  });

  test.each(["scale.ir.json", "scale.triton.py", "index.js", "index.d.ts", "manifest.json"])(
    "is made anew when %s is missing, cut off, or has one other byte",
    async (name) => {
      const folder = scaleProject();
      const { folder: bundle } = await buildIn(folder, "scale.kernel.ts");
      const path = join(bundle, name);
      const bytes = readFileSync(path);
      const flipped = Buffer.from(bytes);
      flipped[0]! ^= 1;
      for (const spoil of [
        () => unlinkSync(path),
        () => writeFileSync(path, bytes.subarray(1)),
        () => writeFileSync(path, flipped),
      ]) {
        spoil();
        await buildIn(folder, "scale.kernel.ts");
        expect(readFileSync(path).equals(bytes)).toBe(true);
      }
    },
  );

  test("is not put over a web app, whose files stay", async () => {
    const folder = scaleProject();
    const app = join(folder, "app");
    mkdirSync(app);
    for (const [name, text] of Object.entries({ "manifest.json": '{"name":"My PWA"}', "index.html": "precious" }))
      writeFileSync(join(app, name), text);
    const before = contents(app);
    const onProgress = vi.fn();
    await expect(buildIn(folder, "scale.kernel.ts", { out: app, onProgress })).rejects.toThrow(
      /its manifest.json is not that of a bundle .*index.html/,
    );
    expect(onProgress).not.toHaveBeenCalled();
    expect(contents(app)).toEqual(before);
  });
});

describe("a bundle with cubins", () => {
  test("has three variants, whose arguments lie as in the cubin, and comes from the cache without Python the second time", async () => {
    const folder = scaleProject();
    const first = await buildIn(folder, "scale.kernel.ts", { arch: [90] });
    expect([first.built, first.cached]).toEqual([3, 0]);
    const [aligned, ragged, generic] = first.manifest.kernels[0]!.variants;
    expect(aligned!.params.map(({ name, divisible }) => [name, divisible])).toEqual([
      ["x", true],
      ["factor", false],
      ["n", true],
      ["B", false],
    ]);
    expect(ragged!.params.map(({ divisible }) => divisible)).toEqual([true, false, false, false]);
    expect(generic!.params.some(({ divisible }) => divisible)).toBe(false);
    expect(aligned!.abi.map(({ from, offset, size }) => [from, offset, size])).toEqual([
      ["x", 0, 8],
      ["factor", 8, 4],
      ["n", 12, 4],
      ["", 16, 8],
      ["", 24, 8],
    ]);
    expect(aligned!.launch).toMatchObject({ symbol: "scale", warps: 4, ctas: 1, pdl: false });
    expect(readFileSync(join(first.folder, aligned!.cubin.path)).subarray(0, 4)).toEqual(Buffer.from("\x7fELF"));
    expect(first.manifest.compiler).toMatchObject({
      triton: "3.9.0",
      ptxas: { sm_90: expect.stringMatching(/^13\./) },
    });

    withoutPython();
    const again = await buildIn(folder, "scale.kernel.ts", { arch: [90], out: join(folder, "other") });
    expect([again.built, again.cached]).toEqual([0, 3]);
  });

  test("has the same bytes wherever it is built", async () => {
    const [here, there] = [scaleProject(), scaleProject()];
    const one = await buildIn(here, "scale.kernel.ts", { arch: [90] });
    vi.stubEnv("TILESCRIPT_CACHE", temporaryFolder("build-cache"));
    const two = await buildIn(there, "scale.kernel.ts", { arch: [90] });
    expect(contents(two.folder)).toEqual(contents(one.folder));
    expect(two.built).toBe(3);
  });

  test("has tensor maps from sm_90 on, and pointers, shapes and strides below", async () => {
    const { manifest } = await buildIn(project({ "copy.kernel.ts": COPY }), "copy.kernel.ts", { arch: [80, 90] });
    const [ampere, hopper] = manifest.kernels[0]!.variants;
    expect(ampere).toMatchObject({ arch: 80, params: [{ name: "from", block: [32, 64], tensorMap: null }, {}, {}] });
    expect(
      ampere!.abi
        .filter(({ from }) => from === "from")
        .map(({ part }) => part)
        .slice(0, 7),
    ).toEqual(["value", "shape", "shape", "stride", "stride", "flag", "flag"]);
    expect(hopper).toMatchObject({
      arch: 90,
      params: [{ tensorMap: { swizzle: 3, elementSize: 2, blockSize: [32, 64] } }, {}, {}],
    });
    expect(hopper!.abi.find(({ from, part }) => from === "to" && part === "tensorMap")).toMatchObject({
      offset: 192,
      size: 128,
    });
  });

  test("cannot be built without Python, and nothing is written", async () => {
    const folder = scaleProject();
    withoutPython();
    await expect(buildIn(folder, "scale.kernel.ts", { arch: [90] })).rejects.toMatchObject({
      name: "EnvironmentError",
    });
    expect(existsSync(join(folder, "bundle"))).toBe(false);
  });
});

describe("problems", () => {
  const failure = async (source: string, arch: number[] = [90]) => {
    const folder = project({ "k.kernel.ts": source });
    const error = await buildIn(folder, "k.kernel.ts", { arch }).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(DiagnosticError);
    expect(existsSync(join(folder, "bundle"))).toBe(false);
    return (error as DiagnosticError).diagnostics;
  };

  test("of the kernels are all reported, and nothing is built", async () => {
    const found = await failure(
      SCALE.replace('import { BLOCK } from "./sizes.js";', "const BLOCK = 256;")
        .replace("* factor", "* missing")
        .replace("at < n", "at + n"),
    );
    expect(found.length).toBeGreaterThan(1);
    expect(found.every(({ span }) => span.file === "k.kernel.ts" && span.line === 8)).toBe(true);
  });

  test("of a single build name the build", async () => {
    const [found] = await failure(SCALE.replace('import { BLOCK } from "./sizes.js";', "const BLOCK = 100;"));
    expect(found).toMatchObject({
      span: { line: 7 },
      notes: expect.arrayContaining([{ message: "in the build with B = 100" }]),
    });
  });

  test("that only the back end can see come back at the kernel's own lines", async () => {
    const source = `import { arange, col, type Const, dot, kernel, load, type Ptr, range, row, store, zeros } from "tilescript";
export const big = kernel(({ x, out, K }: { x: Ptr<"bf16">; out: Ptr<"f32">; K: Const<"K"> }) => {
  const at = x + col(arange(0, 128)) * K + row(arange(0, K));
  const across = x + col(arange(0, K)) * 128 + row(arange(0, 128));
  let sum = zeros([128, 128], "f32");
  for (const k of range(0, 64)) sum += dot(load(at + k * 1024), load(across + k * 2048));
  store(out + col(arange(0, 128)) * 128 + row(arange(0, 128)), sum);
}, { builds: [{ constants: { K: 256 }, warps: 8, stages: 4 }] });
`;
    const [found] = await failure(source);
    expect(found).toMatchObject({ code: "TS-K3006", span: { file: "k.kernel.ts" } });
    expect(found!.message).toMatch(/big needs \d+ bytes of shared memory, but sm_90 has 232448/);
    expect(found!.notes.at(-1)!.message).toMatch(/^while building sm_90, K = 256, 8 warps, 4 stages/);
  });

  test("of one build on one architecture are warnings where others of the kernel fit it", async () => {
    const source = `import { arange, col, type Const, dot, kernel, load, type Ptr, row, store } from "tilescript";
export const square = kernel(({ x, out, N }: { x: Ptr<"bf16">; out: Ptr<"f32">; N: Const<"N"> }) => {
  const at = col(arange(0, N)) * N + row(arange(0, N));
  store(out + at, dot(load(x + at), load(x + at)));
}, { builds: [{ constants: { N: 32 } }, { constants: { N: 64 }, ctas: 2 }] });
`;
    const folder = project({ "square.kernel.ts": source });
    const { manifest, diagnostics } = await buildIn(folder, "square.kernel.ts", { arch: [80] });
    expect(manifest.kernels[0]!.variants.map(({ launch }) => launch.ctas)).toEqual([1, 1]);
    expect(diagnostics).toMatchObject([{ severity: "warning", code: "TS-K3010", span: { line: 2 } }]);
    expect(diagnostics[0]!.message).toContain("square is left out for sm_80: num_ctas must be 1 below sm_90");
  });
});
