// Builds the bundles that the product and its tests load: the kernels of models, of the examples, and of the cases for GPUs.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync } from "node:fs";
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

/** The architectures that a bundle has already: they stay, so that tests and programs do not undo each other's builds. */
function archsOf(name) {
  try {
    const { kernels } = JSON.parse(readFileSync(join(bundleFolder(name), "manifest.json"), "utf8"));
    return kernels.flatMap(({ variants }) => variants.map(({ arch }) => arch));
  } catch {
    return [];
  }
}

/**
 * Builds one bundle for these architectures and those that it has already. Needs dist/; needs Python where there is something to compile.
 * Without Python it is built for the CPU executor alone, if no architecture was asked for. One that cannot be written to stays as it is.
 */
export async function buildBundle(name, { arch, environment, onProgress, signal }) {
  const { build, keptBundle } = await import("../dist/compiler/build/index.js");
  const kept = keptBundle(bundleFolder(name), root, arch);
  if (kept) return kept;
  const where = { files: kernelFiles(SOURCES[name]), out: bundleFolder(name), project: root };
  const options = { ...where, environment, onProgress, signal };
  try {
    return await build({ ...options, arch: [...archsOf(name), ...arch] });
  } catch (error) {
    if (error.name !== "EnvironmentError" || arch.length > 0) throw error;
    rmSync(options.out, { recursive: true, force: true });
    return build({ ...options, arch: [] });
  }
}

/** Builds all of them, saying what was done. */
export async function buildBundles(arch, say) {
  for (const name of Object.keys(SOURCES)) {
    const { manifest, built, cached } = await buildBundle(name, { arch });
    say(`bundles/${name}: ${manifest.kernels.length} kernels, ${built} cubins compiled, ${cached} from the cache`);
  }
}

/**
 * Builds what only the GPU tests run: the kernels of every op, which are written as IR, and retrieval for head sizes that no
 * model here has, and what the tiny models of every family need.
 * Programs in dist/test/gpu make them.
 */
export function buildOps(arch) {
  for (const name of ["ops", "retrieval", "families"]) {
    const program = join(root, `dist/test/gpu/build-${name}.js`);
    execFileSync(process.execPath, [program, "--arch", `sm_${arch}`, "--out", bundleFolder(name)], {
      stdio: ["ignore", "inherit", "inherit"],
    });
  }
}
