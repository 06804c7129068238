import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of this package, the same one from the sources and from dist/; undefined where this file was copied out of it. */
export function packageRoot(): string | undefined {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const manifest = join(folder, "package.json");
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, "utf8")).name === "tilescript") return folder;
    if (folder === dirname(folder)) return undefined;
  }
}

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
