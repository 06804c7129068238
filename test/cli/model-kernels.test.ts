import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it, vi } from "vitest";
import { ensureModelKernels } from "../../cli/kernels/model-kernels.js";
import { wholeManifest } from "../../compiler/bundle/index.js";
import { temporaryFolder } from "../temporary-folder.js";

/** A package of its own, so that nobody's bundles are spoilt. */
const place = vi.hoisted(() => ({ root: "" }));
vi.mock("../../runtime/package-root.js", () => ({
  packageRoot: () => place.root,
  kernelBundle: () => `${place.root}/bundles/kernels`,
  compiledBundle: () => `${place.root}/bundles/models`,
}));

const SOURCE = `import { kernel, type Ptr, store } from "tilescript";
export const one = kernel(({ x }: { x: Ptr<"f32"> }) => store(x, 1));
`;

/** The bundles of kernels and of what is compiled from them, here with the same in both. */
async function bundles() {
  place.root = temporaryFolder("model-kernels");
  vi.stubEnv("TILESCRIPT_CACHE", temporaryFolder("model-kernels-cache"));
  mkdirSync(join(place.root, "runtime/kernels"), { recursive: true });
  writeFileSync(join(place.root, "runtime/kernels/one.kernel.ts"), SOURCE);
  await ensureModelKernels();
  const [kernels, models] = ["kernels", "models"].map((name) => join(place.root, "bundles", name)) as [string, string];
  cpSync(kernels, models, { recursive: true });
  return { kernels, models };
}

afterEach(() => {
  vi.unstubAllEnvs();
});

const flip = (path: string): void => {
  const bytes = readFileSync(path);
  bytes[40]! ^= 1;
  writeFileSync(path, bytes);
};

it("bundles that are whole stay", async () => {
  const made = await bundles();
  await ensureModelKernels();
  expect(wholeManifest(made.models)).toBeDefined();
});

it.each(["one.ir.json", "manifest.json", "index.js"])(
  "a byte of %s that changed is mended in the kernels, and costs what was compiled",
  async (name) => {
    const made = await bundles();
    for (const folder of [made.kernels, made.models]) flip(join(folder, name));
    await ensureModelKernels();
    expect(wholeManifest(made.kernels)).toBeDefined();
    // It is compiled again when a model is loaded.
    expect(existsSync(join(made.models, "manifest.json"))).toBe(false);
  },
);
