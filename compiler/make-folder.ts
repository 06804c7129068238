import { existsSync, mkdirSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";

/**
 * Makes a folder and those above it. Node's own `recursive` never comes back where a parent is there and takes no folders but answers
 * ENOENT, as those in /proc do; that is EPERM here. Throws the system's error for the path that could not be made.
 */
export function makeFolder(path: string): void {
  make(resolve(path), true);
}

function make(folder: string, parentMayAppear: boolean): void {
  try {
    mkdirSync(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" && statSync(folder).isDirectory()) return;
    if (code !== "ENOENT") throw error;
    // A parent that is there now may have been made by somebody else just before.
    if (existsSync(dirname(folder)) && !parentMayAppear) throw Object.assign(error as Error, { code: "EPERM" });
    make(dirname(folder), true);
    make(folder, false);
  }
}
