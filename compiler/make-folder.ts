import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/**
 * Makes a folder and those above it. Node's own `recursive` never comes back where a parent is there and takes no folders but answers
 * ENOENT, as those in /proc do; that is EPERM here. Throws the system's error for the path that could not be made.
 */
export function makeFolder(path: string, mode = 0o777): void {
  make(resolve(path), mode, true);
}

/**
 * Makes a folder, and a file in it, which it removes again: permissions alone do not tell of a full or read-only disk. Throws the system's
 * error where that fails.
 */
export function makeWritableFolder(path: string): void {
  makeFolder(path);
  const trial = join(path, `.trial-${randomUUID()}`);
  writeFileSync(trial, "trial", { flag: "wx" });
  rmSync(trial);
}

function make(folder: string, mode: number, parentMayAppear: boolean): void {
  try {
    mkdirSync(folder, mode);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" && statSync(folder).isDirectory()) return;
    if (code !== "ENOENT") throw error;
    // A parent that is there now may have been made by somebody else just before.
    if (existsSync(dirname(folder)) && !parentMayAppear) throw Object.assign(error as Error, { code: "EPERM" });
    make(dirname(folder), mode, true);
    make(folder, mode, false);
  }
}
