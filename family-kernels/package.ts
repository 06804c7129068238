/** The package tilescript-kernels: a bundle of cubins for each architecture, without what only a compiler or the CPU executor reads. */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type BuildProgress, compileBuilds } from "../compiler/build/index.js";
import { type Manifest, readManifest } from "../compiler/bundle/index.js";
import { FAMILY_KERNELS, madeFrom } from "../runtime/models/family-kernels.js";
import { kernelBundle, packageRoot } from "../runtime/package-root.js";
import { familyBuilds } from "./builds.js";
import { FORMATS } from "./checkpoint.js";
import { RELEASED } from "./released.js";

export const ARCHITECTURES = [80, 86, 89, 90, 100, 120] as const;

export interface PackageRequest {
  readonly arch: readonly number[];
  /** Folder that the package is written to. */
  readonly out: string;
  readonly models?: readonly string[];
  readonly onProgress?: (progress: BuildProgress) => void;
}

/** Of a bundle what a launcher on a GPU reads: cubins, and the manifest that describes them. */
export function launchable(manifest: Manifest): Manifest {
  const kernels = manifest.kernels.map((kernel) => ({
    ...kernel,
    ...{ ir: [], triton: [], builds: [] },
    variants: kernel.variants.map((variant) => ({ ...variant, ptx: null })),
  }));
  const { references: _, ...rest } = manifest;
  return { ...rest, kernels };
}

function writeBundle(from: string, to: string): number {
  const manifest = launchable(readManifest(from).manifest);
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { recursive: true });
  const cubins = new Set(manifest.kernels.flatMap(({ variants }) => variants.map(({ cubin }) => cubin.path)));
  for (const name of cubins) copyFileSync(join(from, name), join(to, name));
  writeFileSync(join(to, "manifest.json"), `${JSON.stringify(manifest)}\n`);
  return cubins.size;
}

const about = (models: readonly string[], archs: readonly number[]): string => `# ${FAMILY_KERNELS}

The kernels that TileScript runs these models on, compiled for ${archs.map((arch) => `sm_${arch}`).join(", ")}: with this package beside \`tilescript\` they need no Python.
Other models of the same sizes take them too. The package fits the \`tilescript\` of its own version alone.

Models, each in ${Object.keys(FORMATS).join(", ")}, with dense attention, ReAttention and a streaming window:

${models.map((name) => `- ${name}`).join("\n")}
`;

/** Writes the package; what was compiled before comes from the cache. Gives the number of cubins of each architecture. */
export async function writePackage({ arch, out, models = Object.keys(RELEASED), onProgress }: PackageRequest) {
  mkdirSync(out, { recursive: true });
  const whole = mkdtempSync(join(out, ".building-"));
  const cubins: Record<string, number> = {};
  try {
    for (const one of arch) {
      const folder = join(whole, `sm_${one}`);
      const builds = await familyBuilds(one, models);
      await compileBuilds({ from: kernelBundle(), builds, arch: [one], out: folder, own: true, onProgress });
      cubins[`sm_${one}`] = writeBundle(folder, join(out, `sm_${one}`));
      rmSync(folder, { recursive: true });
    }
  } finally {
    rmSync(whole, { recursive: true, force: true });
  }
  const { version, license } = JSON.parse(readFileSync(join(packageRoot()!, "package.json"), "utf8"));
  const description = "Kernels of language models for TileScript, compiled ahead for NVIDIA's GPUs";
  const meta = { name: FAMILY_KERNELS, version, description, license, peerDependencies: { tilescript: version } };
  const kernels = madeFrom(readManifest(kernelBundle()).manifest);
  writeFileSync(join(out, "package.json"), `${JSON.stringify({ ...meta, kernels }, null, 2)}\n`);
  writeFileSync(join(out, "README.md"), about(models, arch));
  return cubins;
}
