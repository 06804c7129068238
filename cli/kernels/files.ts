import { type Dirent, readdirSync, type Stats, statSync } from "node:fs";
import { join } from "node:path";
import { FileError, kindOf } from "../../runtime/files.js";
import { InputError } from "../report/errors.js";

const KERNEL_FILE = /\.kernel\.ts$/;
const TYPESCRIPT = /\.[cm]?tsx?$/;
const SKIPPED = new Set(["node_modules", "dist", ".git"]);

const isSpecial = (entry: Dirent): boolean => entry.isFIFO() || entry.isSocket() || entry.isCharacterDevice();

function* kernelFilesBelow(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.isDirectory() && !SKIPPED.has(entry.name)) yield* kernelFilesBelow(join(folder, entry.name));
    else if (KERNEL_FILE.test(entry.name) && !isSpecial(entry)) yield join(folder, entry.name);
  }
}

/** Far above any source that people write. */
const mostBytes = 16 << 20;

/** The compiler reads files whole and waits for pipes, so these are told from files first. */
function requireShort(path: string, stats: Stats): void {
  if (!stats.isFile()) throw new FileError(path, kindOf(stats));
  if (stats.size > mostBytes)
    throw new FileError(path, `it has more than ${mostBytes} bytes`, "Give a file of kernels.");
}

/** The files that were named, and every *.kernel.ts below the folders that were named. Throws InputError for one that is not there. */
export function kernelFiles(paths: readonly string[]): string[] {
  const files = paths.flatMap((path) => {
    const facts = statSync(path, { throwIfNoEntry: false });
    if (facts === undefined)
      throw new InputError(
        `${path} does not exist`,
        "Give the path of a TypeScript file with kernels, or of a folder with *.kernel.ts files.",
      );
    if (!facts.isDirectory()) {
      if (TYPESCRIPT.test(path)) {
        requireShort(path, facts);
        return [path];
      }
      throw new InputError(`${path} is not a TypeScript file`, "Kernels are written in files named *.ts.");
    }
    const below = [...kernelFilesBelow(path)];
    if (below.length === 0)
      throw new InputError(
        `there are no *.kernel.ts files in ${path}`,
        "Name the files themselves if they are called otherwise.",
      );
    return below;
  });
  return [...new Set(files)];
}
