import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/** The folder that a file's names are relative to: the nearest one above it with a package.json, else its own. */
export function projectOf(file: string): string {
  const own = dirname(resolve(file));
  for (let folder = own; ; folder = dirname(folder)) {
    if (existsSync(join(folder, "package.json"))) return folder;
    if (dirname(folder) === folder) return own;
  }
}
