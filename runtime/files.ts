import { readFileSync, renameSync, writeFileSync } from "node:fs";

/** A text file. Node's error for a folder does not name it; this one does. */
export function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw Object.assign(error as Error, { path });
  }
}

/** Writes a file so that whoever reads it, or whatever ends this process, finds the old text or the new one, whole. */
export function writeWhole(path: string, text: string): void {
  const partial = `${path}.partial`;
  writeFileSync(partial, text);
  renameSync(partial, path);
}
