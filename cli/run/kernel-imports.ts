import { existsSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { Aliases } from "../../compiler/aliases.js";
import { readText } from "../../runtime/files.js";

const KERNEL_FILE = /\.kernel\.[jt]s$/;
/** Imports and exports from modules, dynamic ones included; types alone load nothing. */
const IMPORT = /\b(?:import|export)\b(?!\s+type\b)(?:[^"'`;]*?\bfrom)?\s*\(?\s*["']([^"'\n]+)["']/g;

/** The source of an import that is relative or an alias: TypeScript where it is there, so that `./x.js` finds x.ts. */
function sourceOf(specifier: string, importer: string, aliases: Aliases): string | undefined {
  if (!specifier.startsWith(".")) return aliases.source(specifier, importer);
  const path = resolve(dirname(importer), specifier);
  return [path.replace(/js$/, "ts"), path].find((candidate) =>
    statSync(candidate, { throwIfNoEntry: false })?.isFile(),
  );
}

/**
 * The kernel modules that a program imports, directly or not, by absolute path of what is imported and of its TypeScript. Read from the
 * text: a name in a comment may turn up too, which costs a build and nothing else.
 */
export function kernelImports(script: string): Map<string, string> {
  const kernels = new Map<string, string>();
  const seen = new Set<string>();
  const aliases = new Aliases();
  const visit = (path: string): void => {
    if (seen.has(path)) return;
    seen.add(path);
    for (const [, specifier] of readText(path).matchAll(IMPORT)) {
      const source = sourceOf(specifier as string, path, aliases);
      if (source === undefined) continue;
      if (KERNEL_FILE.test(source)) {
        const imported = specifier!.startsWith(".") ? resolve(dirname(path), specifier!) : source;
        kernels.set(existsSync(imported) ? imported : source, source.replace(/\.js$/, ".ts"));
      } else if (/\.[cm]?[jt]s$/.test(source)) visit(source);
    }
  };
  visit(script);
  return kernels;
}
