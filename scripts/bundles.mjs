// Builds the bundles that the product and its tests load: the kernels of models, of the examples, and of the cases for GPUs.
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));

/** Where the kernels of each bundle are. */
const SOURCES = { models: "runtime/kernels", examples: "examples", cases: "test/cases" };

export const bundleFolder = (name) => join(root, "bundles", name);

const kernelFiles = (folder) =>
  readdirSync(join(root, folder), { recursive: true })
    .filter((name) => name.endsWith(".kernel.ts"))
    .map((name) => join(root, folder, name))
    .sort();

/** Builds one bundle. Needs dist/; needs Python unless `arch` is empty or everything is in the cache. */
export async function buildBundle(name, { arch, onProgress, signal }) {
  const { build } = await import("../dist/compiler/build/index.js");
  return build({ files: kernelFiles(SOURCES[name]), arch, out: bundleFolder(name), project: root, onProgress, signal });
}

/** Builds all of them, saying what was done. */
export async function buildBundles(arch, say) {
  for (const name of Object.keys(SOURCES)) {
    const { manifest, built, cached } = await buildBundle(name, { arch });
    say(`bundles/${name}: ${manifest.kernels.length} kernels, ${built} cubins compiled, ${cached} from the cache`);
  }
}

/**
 * Builds what only the GPU tests run: the kernels of every op, which are written as IR, and retrieval for head sizes that no model here has.
 * Programs in dist/test/gpu make them.
 */
export function buildOps(arch) {
  for (const name of ["ops", "retrieval"]) {
    const program = join(root, `dist/test/gpu/build-${name}.js`);
    execFileSync(process.execPath, [program, "--arch", `sm_${arch}`, "--out", bundleFolder(name)], {
      stdio: ["ignore", "inherit", "inherit"],
    });
  }
}
