import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";

/** Gives the text of a source file; null where it cannot be read, and then no line is shown. */
export type ReadSource = (file: string) => string | null;

/** Reads files relative to a folder, each once. */
export function sourceReader(root: string = process.cwd()): ReadSource {
  const texts = new Map<string, string | null>();
  return (file) => {
    if (!texts.has(file)) texts.set(file, readOrNull(resolve(root, file)));
    return texts.get(file)!;
  };
}

function readOrNull(path: string): string | null {
  try {
    // Of a pipe nothing can be read twice, and it would wait for ever.
    return statSync(path).isFile() ? readFileSync(path, "utf8") : null;
  } catch {
    return null;
  }
}
