import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A new folder. The watcher removes it with all else that the process left in its folder for temporary files. */
export const newFolder = (): string => mkdtempSync(join(tmpdir(), "fuzz-"));

/** Writes a file in the place of an earlier one, which is removed first: some file systems flush one that is emptied, which takes 5 ms. */
export function writeAnew(path: string, content: Uint8Array | string): void {
  rmSync(path, { force: true });
  writeFileSync(path, content);
}

/** Writes over a part of a file. */
export function writeAt(path: string, position: number, bytes: Uint8Array): void {
  const file = openSync(path, "r+");
  writeSync(file, bytes, 0, bytes.length, position);
  closeSync(file);
}
