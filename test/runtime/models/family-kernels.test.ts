/** Where the kernels of a model come from: the bundle at hand, the package of kernels compiled ahead, or a compiler. */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, beforeEach, expect, it, vi } from "vitest";
import { build } from "../../../compiler/build/index.js";
import { readManifest } from "../../../compiler/bundle/index.js";
import { launchable } from "../../../family-kernels/package.js";
import { readBundle } from "../../../runtime/bundle/files.js";
import type { Device } from "../../../runtime/device/device.js";
import { madeFrom } from "../../../runtime/models/family-kernels.js";
import { loadKernels } from "../../../runtime/models/kernel-bundle.js";
import { temporaryFolder } from "../../temporary-folder.js";

/** A package of its own beside which another can be installed. */
const place = vi.hoisted(() => ({ root: "" }));
vi.mock("../../../runtime/package-root.js", () => ({ packageRoot: () => place.root }));

vi.mock("tilescript/compiler", () => ({
  compileBuilds: () => Promise.reject(Object.assign(new Error("there is no Python"), { name: "EnvironmentError" })),
}));

const SOURCE = `import { type Const, kernel, type Ptr, store } from "tilescript";
export const one = kernel(({ x, N }: { x: Ptr<"f32">; N: Const<"N"> }) => store(x + N, N));
`;
const needed = (N: number) => [{ kernel: "one", constants: { N }, dtypes: {}, options: { warps: 4, stages: 2 } }];

let plain = "";
let compiled = "";
let ahead = "";
beforeAll(async () => {
  place.root = temporaryFolder("families");
  writeFileSync(join(place.root, "package.json"), `{ "name": "tilescript" }`);
  const file = join(place.root, "one.kernel.ts");
  writeFileSync(
    file,
    SOURCE.replace(
      "store(x + N, N));",
      "store(x + N, N), { builds: [{ constants: { N: 1 } }, { constants: { N: 2 } }] });",
    ),
  );
  plain = join(place.root, "plain");
  compiled = join(place.root, "compiled");
  await build({ files: [file], arch: [], out: plain });
  await build({ files: [file], arch: [90], out: compiled });
  ahead = join(place.root, "node_modules/tilescript-kernels");
});

beforeEach(() => {
  vi.stubEnv("TILESCRIPT_CACHE", temporaryFolder("families-cache"));
  rmSync(ahead, { recursive: true, force: true });
  return () => vi.unstubAllEnvs();
});

/** Installs the package: cubins alone, with what they were made from. */
function install(kernels: string, arch = 90): string {
  const folder = join(ahead, `sm_${arch}`);
  cpSync(compiled, folder, { recursive: true });
  writeFileSync(join(folder, "manifest.json"), JSON.stringify(launchable(readManifest(folder).manifest)));
  for (const name of ["one.ir.json", "one.triton.py", "index.js", "index.d.ts"]) rmSync(join(folder, name));
  writeFileSync(join(ahead, "package.json"), JSON.stringify({ name: "tilescript-kernels", version: "9.9.9", kernels }));
  return folder;
}

/** Which folder a device is told to load. */
async function loadedFrom(N: number, arch = 90): Promise<string> {
  const loaded: string[] = [];
  const load = async (folder: string) => loaded.push(folder);
  await loadKernels({ arch, name: "a GPU", load } as unknown as Device, needed(N), { bundle: plain });
  return loaded.join();
}

const origin = () => madeFrom(readManifest(plain).manifest);

it("are taken from the package of kernels compiled ahead, which has cubins and their description only", async () => {
  const folder = install(origin());
  expect(await loadedFrom(2)).toBe(folder);
  const { manifest } = await readBundle(folder);
  const [kernel] = manifest.kernels;
  expect([kernel!.ir, kernel!.triton]).toEqual([[], []]);
  const variants = readManifest(compiled).manifest.kernels[0]!.variants.map((one) => ({ ...one, ptx: null }));
  expect(kernel!.variants).toEqual(variants);
  expect(JSON.parse(readFileSync(join(ahead, "package.json"), "utf8")).version).toBe("9.9.9");
});

it("are compiled where it lacks them; without a compiler an error names the ways out", async () => {
  install(origin());
  await expect(loadedFrom(3)).rejects.toThrow(/not compiled for a GPU \(sm_90\).*npm install tilescript-kernels/s);
});

it.each([
  ["was made from other kernels", "made-from-others", 90],
  ["has none for sm_90", undefined, 80],
] as const)("are not taken from one that %s, and the error says so", async (why, kernels, arch) => {
  mkdirSync(ahead, { recursive: true });
  install(kernels ?? origin(), arch);
  await expect(loadedFrom(1)).rejects.toThrow(`tilescript-kernels 9.9.9 ${why}`);
});
