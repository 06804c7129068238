import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { BuildProgress, BuildResult } from "../../compiler/build/index.js";
import { type Manifest, wholeManifest } from "../../compiler/bundle/index.js";
import { madeFrom } from "../../runtime/models/family-kernels.js";
import { compiledBundle, kernelBundle, packageRoot } from "../../runtime/package-root.js";

export interface ModelKernelOptions {
  readonly onProgress?: (progress: BuildProgress) => void;
  readonly signal?: AbortSignal;
  /** Called where something has to be built, before that begins: to look first at what else may be wrong. */
  readonly before?: () => Promise<void>;
}

/** What a bundle was made from; undefined where there is no bundle. */
function originOf(bundle: string): string | undefined {
  try {
    return madeFrom(JSON.parse(readFileSync(join(bundle, "manifest.json"), "utf8")) as Manifest);
  } catch {
    return undefined;
  }
}

/** True where what is compiled ahead was made from today's kernels. */
export const isCompiledCurrent = (): boolean => {
  const origin = originOf(kernelBundle());
  return origin !== undefined && originOf(compiledBundle()) === origin;
};

/**
 * Brings the IR of the model kernels up to date with their sources, in `bundles/kernels`, and drops what was compiled from older ones or is damaged. Needs no
 * Python: what a model needs is compiled when it is loaded. Undefined in an installation without the sources, whose bundles are as they were
 * shipped. A folder that cannot be written to is taken as it is.
 */
export async function ensureModelKernels({
  onProgress,
  signal,
  before,
}: ModelKernelOptions = {}): Promise<BuildResult | undefined> {
  const root = packageRoot() ?? ".";
  const sources = join(root, "runtime/kernels");
  if (!existsSync(sources)) return undefined;
  const { build, dropBundle, keptBundle } = await import("../../compiler/build/index.js");
  const out = kernelBundle();
  const kept = keptBundle(out, root, []);
  if (kept) return kept;
  await before?.();
  const files = readdirSync(sources, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".kernel.ts"),
  );
  const result = await build({
    files: files.map((name) => join(sources, name)),
    ...{ arch: [], out, own: true, project: root, onProgress, signal },
  });
  const compiled = compiledBundle();
  if (existsSync(compiled) && !(isCompiledCurrent() && wholeManifest(compiled))) dropBundle(compiled);
  return result;
}
