import type { BuildProgress, BuildResult } from "../compiler/build/index.js";
import type { PythonEnvironment } from "../compiler/triton/index.js";
import { openModelFiles } from "../runtime/models/load.js";
import { type NeededBuild, usualBuilds } from "../runtime/models/usual-builds.js";
import { kernelBundle } from "../runtime/package-root.js";
import { ensureModelKernels } from "./model-kernels.js";

export interface CompileModelsRequest {
  /** Models whose shapes the kernels are compiled for: only what their files say is read. */
  readonly models: readonly string[];
  readonly arch: readonly number[];
  readonly out: string;
  readonly jobs?: number;
  readonly environment?: () => Promise<PythonEnvironment>;
  readonly onProgress?: (progress: BuildProgress) => void;
  readonly signal?: AbortSignal;
}

/** Makes a bundle of the model kernels with all that these models need, whatever their weights, for the architectures. */
export async function compileModels({ models, arch, out, ...rest }: CompileModelsRequest): Promise<BuildResult> {
  const { onProgress, signal } = rest;
  await ensureModelKernels({ onProgress, signal });
  const builds = new Map<string, NeededBuild>();
  for (const path of models) {
    using files = openModelFiles(path);
    for (const one of arch) for (const build of await usualBuilds(files, one)) builds.set(JSON.stringify(build), build);
  }
  const { compileBuilds } = await import("../compiler/build/index.js");
  return compileBuilds({ from: kernelBundle(), builds: [...builds.values()], arch, out, all: true, ...rest });
}
