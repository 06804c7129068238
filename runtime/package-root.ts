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

/** Folder of the bundle that models load, which `npm start` or `tilescript build` makes. */
export const modelBundle = (): string => join(packageRoot() ?? ".", "bundles", "models");
