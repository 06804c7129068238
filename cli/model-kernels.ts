import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { BuildProgress, BuildResult } from "../compiler/build/index.js";
import type { Manifest } from "../compiler/bundle/index.js";
import { modelBundle, packageRoot } from "../runtime/package-root.js";

export interface ModelKernelOptions {
  /** Architectures that the bundle must have; those it has already stay. */
  readonly arch: readonly number[];
  readonly onProgress?: (progress: BuildProgress) => void;
  readonly signal?: AbortSignal;
}

/** The architectures of a bundle on disk; none where there is no bundle, or one that cannot be read. */
function archsOf(bundle: string): number[] {
  try {
    const manifest = JSON.parse(readFileSync(join(bundle, "manifest.json"), "utf8")) as Manifest;
    return manifest.kernels.flatMap(({ variants }) => variants.map(({ arch }) => arch));
  } catch {
    return [];
  }
}

/**
 * Builds the kernels of models into the package's `bundles/models`, which `Model.load` takes, where they changed or lack an architecture.
 * Undefined in an installation without their sources, whose bundle is as it was shipped. One that cannot be written to is taken as it is.
 */
export async function buildModelKernels({
  arch,
  onProgress,
  signal,
}: ModelKernelOptions): Promise<BuildResult | undefined> {
  const root = packageRoot() ?? ".";
  const sources = join(root, "runtime/kernels");
  if (!existsSync(sources)) return undefined;
  const { build, keptBundle } = await import("../compiler/build/index.js");
  const out = modelBundle();
  const kept = keptBundle(out, root, arch);
  if (kept) return kept;
  const files = readdirSync(sources, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".kernel.ts"),
  );
  return build({
    files: files.map((name) => join(sources, name)),
    arch: [...archsOf(out), ...arch],
    out,
    project: root,
    onProgress,
    signal,
  });
}

/**
 * The same for one device: a GPU needs its architecture, the CPU executor none. Where cubins cannot be made for want of Triton and none are
 * needed, the bundle is built without.
 */
export async function ensureModelKernels(
  device: "cpu" | "cuda" | undefined,
  options: Omit<ModelKernelOptions, "arch">,
): Promise<void> {
  const { gpuArchitecture } = await import("./gpu-architecture.js");
  const gpu = device === "cpu" ? undefined : gpuArchitecture();
  try {
    await buildModelKernels({ ...options, arch: gpu === undefined ? [] : [gpu] });
  } catch (error) {
    if ((error as Error).name !== "EnvironmentError" || gpu !== undefined) throw error;
    const { rm } = await import("node:fs/promises");
    await rm(modelBundle(), { recursive: true, force: true });
    await buildModelKernels({ ...options, arch: [] });
  }
}
