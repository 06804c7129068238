import { randomUUID } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeFolder } from "../compiler/make-folder.js";
import { InputError } from "./errors.js";

/** Why a folder takes no files, where a code of the system alone would say little. */
const CAUSES: Readonly<Record<string, string>> = {
  EEXIST: "it is a file, not a folder",
  ENOTDIR: "a part of the path is a file, not a folder",
  ENOENT: "it takes no files",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
};

/**
 * Makes the folder where results go, and a file in it, which it removes again: hours of work are not to end with an answer that cannot be
 * kept. @throws InputError
 */
export function ensureResultsFolder(folder: string): void {
  try {
    makeFolder(folder);
    const trial = join(folder, `.trial-${randomUUID()}`);
    writeFileSync(trial, "{}\n", { flag: "wx" });
    rmSync(trial);
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    throw new InputError(
      `results cannot be written into the folder of --out, ${folder}: ${CAUSES[code] ?? message}`,
      "Give --out a folder that you may write to.",
    );
  }
}
