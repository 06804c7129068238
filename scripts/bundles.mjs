// Builds the bundles that the product and its tests load: the kernels of models, as IR (bundles/kernels) and compiled ahead for the demo model
// (bundles/models), those of the examples, and of the cases for GPUs.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));

/** Where the kernels of bundles are that are compiled from sources with the builds that they name. */
const SOURCES = { examples: "examples", cases: "test/cases" };

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
    return build({ ...options, arch: [] });
  }
}

/** The demo model, if there is one: it comes with the Python set-up. */
async function demoModels() {
  const { findDemoModel } = await import("../dist/runtime/weights/index.js");
  try {
    return [findDemoModel()];
  } catch {
    return [];
  }
}

/**
 * Brings the model kernels up to date: their IR, from which a model's builds are compiled when it is loaded, and what is compiled ahead for the demo
 * model on these architectures. Needs dist/, and Python where there is something to compile.
 */
export async function buildModels({ arch, environment, onProgress, signal }) {
  const { ensureCompiledModels } = await import("../dist/cli/kernels/compile-models.js");
  return ensureCompiledModels({ models: await demoModels(), arch, environment, onProgress, signal });
}

/** Builds all of them, saying what was done. */
export async function buildBundles(arch, say) {
  const report = ({ folder, manifest, built, cached }) =>
    say(
      `${relative(root, folder)}: ${manifest.kernels.length} kernels, ${built} cubins compiled, ${cached} from the cache`,
    );
  report(await buildModels({ arch }));
  for (const name of Object.keys(SOURCES)) report(await buildBundle(name, { arch }));
}

/**
 * Builds what only the GPU tests run: the kernels of every op, which are written as IR, the model kernels with all that their tests launch, what the
 * tiny models of every family need, and random kernels.
 * Programs in dist/test/gpu make them.
 */
export function buildOps(arch) {
  for (const name of ["ops", "model-kernels", "families", "random"]) {
    const program = join(root, `dist/test/gpu/build-${name}.js`);
    execFileSync(process.execPath, [program, "--arch", `sm_${arch}`, "--out", bundleFolder(name)], {
      stdio: ["ignore", "inherit", "inherit"],
    });
  }
}
