import type { PythonEnvironment } from "../../compiler/backends/triton/index.js";
import type { BuildProgress, BuildResult } from "../../compiler/build/index.js";
import type { Manifest } from "../../compiler/bundle/index.js";
import { readBundle } from "../../runtime/bundle/files.js";
import { missingBuilds } from "../../runtime/models/kernel-bundle.js";
import { openModelFiles } from "../../runtime/models/load.js";
import { type NeededBuild, usualBuilds } from "../../runtime/models/usual-builds.js";
import { compiledBundle, kernelBundle, packageRoot } from "../../runtime/package-root.js";
import type { AttentionRequest } from "../../runtime/reattention/index.js";
import { ensureModelKernels, isCompiledCurrent } from "./model-kernels.js";

export interface CompileModelsRequest {
  /** Models whose shapes the kernels are compiled for: only what their files say is read. */
  readonly models: readonly string[];
  readonly arch: readonly number[];
  /** Attention modes beside those with the paper's parameters. */
  readonly attention?: readonly AttentionRequest[];
  readonly out: string;
  /** The folder is TileScript's own. */
  readonly own?: boolean;
  readonly jobs?: number;
  readonly environment?: () => Promise<PythonEnvironment>;
  readonly onProgress?: (progress: BuildProgress) => void;
  readonly signal?: AbortSignal;
}

/** Makes a bundle of the model kernels with all that these models need, whatever their weights, for the architectures. */
export async function compileModels({
  models,
  arch,
  attention,
  out,
  ...rest
}: CompileModelsRequest): Promise<BuildResult> {
  const { onProgress, signal } = rest;
  await ensureModelKernels({
    ...{ onProgress, signal },
    before: async () => {
      for (const path of models) openModelFiles(path)[Symbol.dispose]();
    },
  });
  const builds = new Map<string, NeededBuild>();
  for (const one of arch)
    for (const build of await buildsOf(models, one, attention)) builds.set(JSON.stringify(build), build);
  const { compileBuilds } = await import("../../compiler/build/index.js");
  return compileBuilds({ from: kernelBundle(), builds: [...builds.values()], arch, out, all: true, ...rest });
}

async function buildsOf(
  models: readonly string[],
  arch: number,
  attention?: readonly AttentionRequest[],
): Promise<NeededBuild[]> {
  const builds: NeededBuild[] = [];
  for (const path of models) {
    using files = openModelFiles(path);
    builds.push(...(await usualBuilds(files, arch, attention)));
  }
  return builds;
}

/**
 * Brings what is compiled ahead, `bundles/models`, up to date with the kernels for these models and architectures, and those that it has already.
 * Without an architecture it stays as it is, where it is of today's kernels. Gives the bundle that models will load.
 */
export async function ensureCompiledModels({
  models,
  arch,
  ...rest
}: Omit<CompileModelsRequest, "out" | "own" | "attention">): Promise<BuildResult> {
  const { onProgress, signal } = rest;
  await ensureModelKernels({ onProgress, signal });
  const out = compiledBundle();
  const current = isCompiledCurrent();
  const { manifest } = await readBundle(current ? out : kernelBundle());
  const variants = manifest.kernels.flatMap((kernel) => kernel.variants);
  const wanted = [...new Set([...variants.map((variant) => variant.arch), ...arch])];
  if (arch.length === 0 || !(await lacksAny(manifest, models, wanted)))
    return { folder: current ? out : kernelBundle(), manifest, diagnostics: [], built: 0, cached: variants.length };
  const { keptBundle } = await import("../../compiler/build/index.js");
  return (
    keptBundle(out, packageRoot() ?? ".", arch) ?? compileModels({ models, arch: wanted, out, own: true, ...rest })
  );
}

async function lacksAny(manifest: Manifest, models: readonly string[], archs: readonly number[]): Promise<boolean> {
  for (const arch of archs) if (missingBuilds(manifest, await buildsOf(models, arch), arch).length > 0) return true;
  return false;
}
