import { createHash } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import {
  type FileEntry,
  filesNamed,
  type Manifest,
  MOST_FILE_BYTES,
  manifestSchema,
  READ_VERSIONS,
} from "./manifest.js";

export const MANIFEST = "manifest.json";

/** What is wrong with a bundle or a file of it. Whoever reads says so in an error of their own. */
export class BundleFault extends Error {
  override readonly name = "BundleFault";
  /** The file, or the folder, that is at fault. */
  readonly path: string;
  /** Whether there is nothing, or what is there was not built, or was but is damaged, or the system does not let us see. */
  readonly kind: "absent" | "foreign" | "damaged" | "unreadable";

  constructor(path: string, kind: BundleFault["kind"], problem: string, cause?: unknown) {
    super(problem, { cause });
    this.path = path;
    this.kind = kind;
  }
}

const ABSENT = new Set(["ENOENT", "ENOTDIR"]);

/** A link would lead out of the bundle, and a pipe would never end. */
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** The bytes of a regular file, of which there may be no more than `most`. Throws BundleFault. */
export function readRegular(path: string, most: number): Buffer {
  let file: number;
  try {
    file = openSync(path, FLAGS);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === "ELOOP") throw new BundleFault(path, "foreign", "it is a symbolic link", cause);
    const kind = ABSENT.has(code ?? "") ? "absent" : "unreadable";
    throw new BundleFault(path, kind, `it cannot be read (${message})`, cause);
  }
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) throw new BundleFault(path, "foreign", "it is not a regular file");
    if (stat.size > most)
      throw new BundleFault(
        path,
        "damaged",
        `it is not the file that was built: it has ${stat.size} bytes, more than ${most}`,
      );
    const bytes = Buffer.allocUnsafe(stat.size);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read)
      read = readSync(file, bytes, length, bytes.length - length, length);
    return bytes.subarray(0, length);
  } catch (cause) {
    if (cause instanceof BundleFault) throw cause;
    throw new BundleFault(path, "unreadable", `it cannot be read (${(cause as Error).message})`, cause);
  } finally {
    closeSync(file);
  }
}

/** A file that a manifest names. Throws BundleFault where it is missing or not the one that was built. */
export function readBundleFile(folder: string, { path: name, bytes: size, sha256 }: FileEntry): Buffer {
  const path = join(folder, name);
  const bytes = readRegular(path, size);
  // What is there instead is nobody's business: an error may be shown to somebody who could not read the file.
  const isBuilt = bytes.length === size && createHash("sha256").update(bytes).digest("hex") === sha256;
  if (!isBuilt) throw new BundleFault(path, "damaged", "it is not the file that was built");
  return bytes;
}

/** True where the file is there as it was built. */
export function isIntact(folder: string, entry: FileEntry): boolean {
  try {
    readBundleFile(folder, entry);
    return true;
  } catch (error) {
    if (error instanceof BundleFault) return false;
    throw error;
  }
}

const SHOWN = 3;

/** The first of what the schema found, each with its place in the file. */
function complaints({ issues }: { readonly issues: readonly { path: PropertyKey[]; message: string }[] }): string {
  const lines = issues.slice(0, SHOWN).map(({ path, message }) => {
    const place = path.map((key) => (typeof key === "number" ? key : JSON.stringify(key).slice(1, -1))).join(".");
    return place ? `${place.slice(0, 200)}: ${message}` : message;
  });
  return [...lines, ...(issues.length > SHOWN ? [`and ${issues.length - SHOWN} more`] : [])].join("; ");
}

export interface ReadManifest {
  readonly manifest: Manifest;
  /** The bytes of manifest.json. */
  readonly text: string;
}

/** The manifest of the bundle in a folder. Throws BundleFault where there is none. */
export function readManifest(folder: string): ReadManifest {
  const path = join(folder, MANIFEST);
  const text = readRegular(path, MOST_FILE_BYTES).toString("utf8");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new BundleFault(path, "foreign", `it is not JSON (${(cause as Error).message})`, cause);
  }
  const version = (value as { version?: unknown } | null)?.version;
  if (!READ_VERSIONS.some((one) => one === version)) {
    const found = typeof version === "number" ? `version ${version}` : "no version";
    throw new BundleFault(path, "foreign", `it has ${found}, and this runtime reads ${READ_VERSIONS.join(" and ")}`);
  }
  const parsed = manifestSchema.safeParse(value);
  if (!parsed.success) throw new BundleFault(path, "foreign", `it is not a manifest: ${complaints(parsed.error)}`);
  return { manifest: parsed.data, text };
}

/** True where every file that the manifest names is there as it was built: a damaged one would stay for ever if its length were enough. */
export const isWhole = (folder: string, manifest: Manifest): boolean =>
  filesNamed(manifest).every((file) => isIntact(folder, file));

/** The manifest of a bundle of which nothing is missing or damaged; undefined for any other. */
export function wholeManifest(folder: string): Manifest | undefined {
  try {
    const { manifest } = readManifest(folder);
    return isWhole(folder, manifest) ? manifest : undefined;
  } catch (error) {
    if (error instanceof BundleFault) return undefined;
    throw error;
  }
}

/** The start of the names beside a bundle's folder under which it is made, and under which what it replaces goes. */
export const siblingStart = (folder: string): string => `.${[...basename(folder)].slice(0, 50).join("")}.`;

const ATTEMPTS = 40;
const PAUSE_MS = 5;

/**
 * Replacing a bundle takes it away for a moment, and its files while they may be read. Reads until what was read is of one bundle: `read` is
 * called again where it failed and the bundle is another one than before, or is just being replaced.
 */
export async function readWhole<Result>(folder: string, read: () => Result | Promise<Result>): Promise<Result> {
  for (let left = ATTEMPTS; ; left--) {
    const before = stamp(folder);
    try {
      return await read();
    } catch (error) {
      const after = stamp(folder);
      if (left === 0 || (before === after && !isBeingReplaced(folder, after))) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

/** Tells one bundle of a folder from the next. */
function stamp(folder: string): string | undefined {
  try {
    const { dev, ino, mtimeNs } = statSync(join(folder, MANIFEST), { bigint: true });
    return `${dev} ${ino} ${mtimeNs}`;
  } catch {
    return undefined;
  }
}

function isBeingReplaced(folder: string, now: string | undefined): boolean {
  if (now !== undefined) return false;
  try {
    return readdirSync(dirname(folder)).some((name) => name.startsWith(`${siblingStart(folder)}old-`));
  } catch {
    return false;
  }
}
