import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { BundleFault, MANIFEST, readManifest } from "../bundle/index.js";
import { makeFolder } from "../make-folder.js";
import { type BundleFile, checkReplaceable, holds, ownNames, type ReplaceOptions } from "./earlier.js";
import { BuildError } from "./error.js";
import { leftovers, realFolder, sibling } from "./place.js";

const MOST_ATTEMPTS = 40;

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? "";

/** Runs what costs only tidiness when it fails. */
function attempt(tidy: () => void): void {
  try {
    tidy();
  } catch {
    // The next build sweeps up.
  }
}

/** The bytes are on the disk before anything says that they are: a power failure must not leave a file of the right length and wrong bytes. */
function synced(path: string, content?: string | Uint8Array): void {
  const file = openSync(path, content === undefined ? "r" : "wx");
  try {
    if (content !== undefined) writeFileSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Removes the files of a bundle that has been moved out of its folder. What else came to be among them goes back there. */
function discard(old: string, folder: string, files: readonly BundleFile[] = []): void {
  const names = readdirSync(old);
  const own = namesToRemove(old, names);
  const isWrittenAgain = (name: string) => files.some((file) => file.path === name && holds(old, [file]));
  for (const name of names)
    if (own.has(name) || isWrittenAgain(name)) unlinkSync(join(old, name));
    else if (!existsSync(join(folder, name))) renameSync(join(old, name), join(folder, name));
  rmdirSync(old);
}

/** A manifest that is damaged is all that is known to belong to its bundle. */
function namesToRemove(old: string, names: readonly string[]): ReadonlySet<string> {
  try {
    return ownNames(old, names, readManifest(old));
  } catch (error) {
    if (!(error instanceof BundleFault)) throw error;
    return new Set([MANIFEST]);
  }
}

/** Tidies up after builds that were killed: a draft goes, and a bundle that was moved away comes back where nothing has replaced it. */
function sweep(folder: string): void {
  for (const { path, kind } of leftovers(folder))
    attempt(() => {
      if (kind === "new") rmSync(path, { recursive: true, force: true });
      else if (existsSync(folder)) discard(path, folder);
      else renameSync(path, folder);
    });
}

/** Moves the folder out of the way and says where to; undefined where there is none. */
function moveAway(folder: string): string | undefined {
  const old = sibling(folder, "old");
  try {
    renameSync(folder, old);
    return old;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Puts `fresh` where `folder` is. A concurrent build may put its own there in between; the last one wins, both are whole. */
function swap(fresh: string, folder: string, files: readonly BundleFile[]): void {
  for (let left = MOST_ATTEMPTS; ; left--) {
    const old = moveAway(folder);
    try {
      renameSync(fresh, folder);
      // The bundle is whole now. A disk that cannot say so loses at most the step from the old one to the new.
      attempt(() => synced(dirname(folder)));
      if (old) attempt(() => discard(old, folder, files));
      return;
    } catch (error) {
      const isTaken = codeOf(error) === "ENOTEMPTY" || codeOf(error) === "EEXIST";
      if (old) attempt(() => (isTaken ? discard(old, folder, files) : renameSync(old, folder)));
      if (!isTaken || left === 0) throw error;
    }
  }
}

/**
 * Writes a bundle all or nothing: into a new folder beside the target, then renamed over it. Whatever interrupts it (kill -9, a full disk, a
 * power failure) leaves the old bundle or none, never half of one. Throws BuildError when the disk or its permissions forbid it, and where the
 * folder holds anything else than an earlier bundle.
 */
export async function writeFolder(
  target: string,
  files: readonly BundleFile[],
  options: Omit<ReplaceOptions, "files"> = {},
): Promise<void> {
  const folder = await checkReplaceable(target, { ...options, files });
  const fresh = sibling(folder, "new");
  try {
    makeFolder(dirname(folder));
    sweep(folder);
    mkdirSync(fresh);
    for (const { path, content } of files) synced(join(fresh, path), content);
    synced(fresh);
    swap(fresh, folder, files);
  } catch (error) {
    attempt(() => rmSync(fresh, { recursive: true, force: true }));
    throw BuildError.writing(folder, error as NodeJS.ErrnoException);
  }
}

/** Takes a bundle away, if it is one: its own files go, others stay. One whose manifest cannot be read is set aside. */
export function dropBundle(target: string): void {
  const folder = realFolder(target);
  try {
    readManifest(folder);
  } catch (error) {
    if (!(error instanceof BundleFault)) throw error;
    if (error.kind === "unreadable") throw BuildError.writing(folder, error.cause as NodeJS.ErrnoException);
    if (error.kind !== "absent") renameSync(folder, sibling(folder, "damaged"));
    return;
  }
  const old = moveAway(folder);
  if (!old) return;
  const names = readdirSync(old);
  const own = ownNames(old, names, readManifest(old));
  for (const name of own) unlinkSync(join(old, name));
  if (own.size === names.length) rmdirSync(old);
  else renameSync(old, folder);
}
