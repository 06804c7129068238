import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { TileScriptError } from "../../dsl/errors.js";

/** The folder of this package, the same one from the sources and from dist/; undefined where this file was copied out of it, or bundled. */
export function packageRoot(): string | undefined {
  // What bundlers make of it where they write CommonJS.
  if (import.meta.url === undefined) return undefined;
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    if (isPackage(join(folder, "package.json"))) return folder;
    if (folder === dirname(folder)) return undefined;
  }
}

function isPackage(manifest: string): boolean {
  try {
    return existsSync(manifest) && JSON.parse(readFileSync(manifest, "utf8")).name === "tilescript";
  } catch {
    // Someone else's broken package.json is no reason to stop looking.
    return false;
  }
}

/** A bundler has put our code into a file of its own, apart from the workers, kernels and libraries that it loads. */
export class InlinedError extends TileScriptError {
  override readonly name = "InlinedError";

  constructor() {
    super("inlined", "TileScript was bundled into another file, away from its workers, kernels and libraries", {
      hint:
        "Tell the bundler that tilescript is external (esbuild: --external:tilescript; Vite: ssr.external or " +
        "build.rollupOptions.external), and install it beside the program.",
    });
  }
}

/** Throws InlinedError where this is not the code of an installed package or a clone. */
export function requirePackage(): void {
  if (packageRoot() === undefined) throw new InlinedError();
}

/** Whether the package is a clone, which has its sources, and not one that npm installed. */
export const isClone = (root: string): boolean => existsSync(join(root, "tsconfig.build.json"));
