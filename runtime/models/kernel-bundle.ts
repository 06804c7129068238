import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Manifest } from "../../compiler/bundle/index.js";
import { cacheFolder, dropForeign, privateFolder, privateRoot } from "../../compiler/store/index.js";
import { readBundle } from "../bundle/files.js";
import type { Device } from "../device/device.js";
import { BundleError } from "../device/errors.js";
import { isBuild } from "../device/select.js";
import type { ModelKernels } from "../kernels/loaded.js";
import type { NeededBuild } from "./dry-run.js";
import { FAMILY_KERNELS, familyKernels } from "./family-kernels.js";

export interface KernelBundleOptions {
  /** Folder of the bundle with the model kernels' IR, and builds that many models have in common. */
  readonly bundle: string;
  /** As `Device.load` takes it. */
  readonly pdl?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (text: string) => void;
}

/** The builds that a bundle does not have for an architecture. */
export const missingBuilds = ({ kernels }: Manifest, needed: readonly NeededBuild[], arch: number): NeededBuild[] =>
  needed.filter((wanted) => {
    const entry = kernels.find(({ name }) => name === wanted.kernel);
    return !entry?.variants.some((variant) => variant.arch === arch && isBuild(variant, wanted));
  });

/**
 * Loads the kernels that a model needs: from the bundle if that has them all, else from the package tilescript-kernels, else from a bundle that was
 * compiled before for the same builds, else compiles them, which takes Python with Triton. The CPU executor takes every build as it comes.
 * @throws BundleError that says what is missing, and the command that makes it
 */
export async function loadKernels(
  device: Device,
  needed: readonly NeededBuild[],
  options: KernelBundleOptions,
): Promise<ModelKernels> {
  const { bundle, pdl } = options;
  const load = async (folder: string): Promise<ModelKernels> =>
    (await device.load(folder, { only: needed, pdl })) as unknown as ModelKernels;
  // Only a device with an architecture runs what is compiled ahead.
  if (device.arch === 0) return load(bundle);
  const { manifest } = await readBundle(bundle);
  if (missingBuilds(manifest, needed, device.arch).length === 0) return load(bundle);
  const families = familyKernels(device.arch, manifest);
  if (families.bundle !== undefined) {
    const ahead = await readBundle(families.bundle);
    if (missingBuilds(ahead.manifest, needed, device.arch).length === 0) return load(families.bundle);
  }
  const own = await ownBundle(device.arch, needed, bundle);
  try {
    if (existsSync(join(own, "manifest.json"))) return await load(own);
  } catch (error) {
    // A damaged one is made anew, like one that is not there.
    if (!(error instanceof BundleError)) throw error;
  }
  await compile(device, needed, own, options, families.unfit);
  return load(own);
}

/** Where the bundle of just these builds lies: named after them, and after the bundle that they come from. */
async function ownBundle(arch: number, needed: readonly NeededBuild[], bundle: string): Promise<string> {
  const key = createHash("sha256")
    .update(await readFile(join(bundle, "manifest.json")))
    .update(JSON.stringify([arch, needed]))
    .digest("hex");
  const folder = join(privateFolder(privateRoot(cacheFolder()), ["models"]), key.slice(0, 32));
  dropForeign(folder);
  return folder;
}

async function compile(
  device: Device,
  builds: readonly NeededBuild[],
  out: string,
  { bundle, signal, onProgress }: KernelBundleOptions,
  unfit: string | undefined,
): Promise<void> {
  try {
    // By the package's name: whoever only runs compiled kernels never loads the compiler, and may not have it.
    const { compileBuilds } = await import("tilescript/compiler");
    const report = onProgress && (({ text }: { readonly text: string }) => onProgress(text));
    await compileBuilds({ from: bundle, builds, arch: [device.arch], out, own: true, signal, onProgress: report });
  } catch (cause) {
    signal?.throwIfAborted();
    const { name, message } = cause as Error;
    if (name !== "EnvironmentError" && (cause as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw cause;
    throw new BundleError(
      bundle,
      `the kernels for this model's sizes are not compiled for ${device.name} (sm_${device.arch}), and cannot be compiled here: ${message}${unfit ? `; ${unfit}` : ""}`,
      `npm install ${FAMILY_KERNELS} has those of the usual models. For others, where Python is: tilescript build --model FILE --arch sm_${device.arch} --out DIR, with --attention MODE for other parameters than the paper's, then give that folder as the bundle (--bundle DIR).`,
      { cause },
    );
  }
}
