import { existsSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../compiler/store/index.js";

export { packageRoot };

const bundleFolder = (name: string): string => join(packageRoot() ?? ".", "bundles", name);

/** Folder of the model kernels' IR alone, from which whatever a model needs is compiled. */
export const kernelBundle = (): string => bundleFolder("kernels");

/** Folder of the bundle with builds that are compiled ahead. */
export const compiledBundle = (): string => bundleFolder("models");

/** Folder of the bundle that models load: with what is compiled ahead, where there is such a one. */
export const modelBundle = (): string => {
  const compiled = compiledBundle();
  return existsSync(join(compiled, "manifest.json")) ? compiled : kernelBundle();
};
