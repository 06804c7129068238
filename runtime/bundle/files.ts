import { resolve } from "node:path";
import {
  BundleFault,
  type FileEntry,
  MANIFEST,
  type Manifest,
  readBundleFile,
  readManifest,
  readWhole,
} from "../../compiler/bundle/index.js";
import { BundleError } from "../device/errors.js";

/** A bundle's manifest, checked, and its other files, each checked against its hash when read. */
export interface BundleFiles {
  readonly folder: string;
  readonly manifest: Manifest;
  /** Throws BundleError if the file is missing or is not the one that was built. */
  read(entry: FileEntry): Buffer;
}

export const REBUILD = "Build the bundle again: tilescript build FILES --out DIR.";

/** Runs what reads a bundle, whose faults become errors. */
function explained<Result>(folder: string, read: () => Result): Result {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof BundleFault)) throw cause;
    const { path, kind, message } = cause;
    if (kind !== "absent" || !path.endsWith(MANIFEST)) throw new BundleError(path, message, REBUILD, { cause });
    const hint = "Give the folder that tilescript build wrote.";
    throw new BundleError(folder, `it is not a bundle: ${message.replace(/^it/, MANIFEST)}`, hint, { cause });
  }
}

/**
 * Gives what `load` makes of the bundle in a folder. A bundle that is replaced meanwhile is loaded anew: the old or the new one, never some of each.
 * Throws BundleError where there is none, one of another version, or one that is damaged.
 */
export async function loadFrom<Result>(
  folder: string,
  load: (files: BundleFiles) => Result | Promise<Result>,
): Promise<Result> {
  const at = resolve(folder);
  return readWhole(at, () => {
    const { manifest } = explained(at, () => readManifest(at));
    return load({ folder: at, manifest, read: (entry) => explained(at, () => readBundleFile(at, entry)) });
  });
}

/** The bundle in a folder. Throws BundleError where there is none, or one of another version. */
export const readBundle = (folder: string): Promise<BundleFiles> => loadFrom(folder, (files) => files);
