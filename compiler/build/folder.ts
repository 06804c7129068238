import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { makeFolder } from "../make-folder.js";
import { BuildError } from "./error.js";

/** A file of the bundle to be: path relative to its folder, with forward slashes. */
export interface BundleFile {
  readonly path: string;
  readonly content: string | Uint8Array;
}

export const MANIFEST = "manifest.json";

const sibling = (folder: string, kind: string): string =>
  join(dirname(folder), `.${basename(folder)}.${kind}-${process.pid}-${randomBytes(4).toString("hex")}`);

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
};

/** Removes what builds left beside the folder when they were killed: their names carry the process that is gone. */
function sweep(folder: string): void {
  const pattern = new RegExp(`^\\.${basename(folder).replace(/[^\w]/g, "\\$&")}\\.(?:new|old)-(\\d+)-[0-9a-f]{8}$`);
  for (const name of readdirSync(dirname(folder))) {
    const pid = pattern.exec(name)?.[1];
    if (pid && !alive(Number(pid))) rmSync(join(dirname(folder), name), { recursive: true, force: true });
  }
}

/** Refuses to replace a folder that is not a bundle: `--out .` must not cost anybody their files. */
export function checkReplaceable(folder: string): void {
  if (!existsSync(folder)) return;
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    throw new BuildError(
      `cannot write the bundle to ${folder}: it is not a folder`,
      "Give --out a new or empty folder.",
    );
  }
  if (names.length > 0 && !names.includes(MANIFEST))
    throw new BuildError(
      `cannot write the bundle to ${folder}: the folder has other files in it (${names.slice(0, 3).join(", ")}${names.length > 3 ? ", …" : ""})`,
      "A build replaces the whole folder. Give --out a new or empty folder, or one that holds an earlier bundle.",
    );
}

/** Puts `fresh` where `folder` is. A concurrent build may put its own there in between; the last one wins, both are whole. */
function swap(fresh: string, folder: string): void {
  for (let attempt = 0; ; attempt++) {
    const old = sibling(folder, "old");
    try {
      renameSync(folder, old);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
    try {
      renameSync(fresh, folder);
      rmSync(old, { recursive: true, force: true });
      return;
    } catch (error) {
      rmSync(old, { recursive: true, force: true });
      const code = (error as NodeJS.ErrnoException).code;
      if ((code !== "ENOTEMPTY" && code !== "EEXIST") || attempt >= 20) throw error;
    }
  }
}

/**
 * Writes a bundle all or nothing: into a new folder beside the target, then renamed over it. Whatever interrupts it (kill -9, a full disk)
 * leaves the old bundle or none, never half of one. Throws BuildError when the disk or its permissions forbid it.
 */
export async function writeFolder(target: string, files: readonly BundleFile[]): Promise<string> {
  const folder = resolve(target);
  checkReplaceable(folder);
  const fresh = sibling(folder, "new");
  try {
    makeFolder(dirname(folder));
    sweep(folder);
    await mkdir(fresh);
    for (const sub of new Set(files.map((file) => dirname(file.path)))) makeFolder(join(fresh, sub));
    await Promise.all(files.map((file) => writeFile(join(fresh, file.path), file.content)));
    swap(fresh, folder);
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    if (error instanceof BuildError) throw error;
    throw BuildError.writing(folder, error as NodeJS.ErrnoException);
  }
  return folder;
}

/** True where the folder already holds exactly these bytes, so that there is nothing to write. */
export function holds(folder: string, files: readonly BundleFile[]): boolean {
  return files.every(({ path, content }) => {
    try {
      return readFileSync(join(folder, path)).equals(Buffer.from(content as Uint8Array));
    } catch {
      return false;
    }
  });
}
