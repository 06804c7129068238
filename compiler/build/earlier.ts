import { type Dirent, readdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import {
  BundleFault,
  filesNamed,
  isIntact,
  MANIFEST,
  type ReadManifest,
  readManifest,
  readRegular,
  readWhole,
} from "../bundle/index.js";
import { BuildError } from "./error.js";
import { sha256 } from "./names.js";
import { realFolder, sibling } from "./place.js";

/** A file of the bundle to be: its plain name, and what is in it. */
export interface BundleFile {
  readonly path: string;
  readonly content: string | Uint8Array;
}

const NAMED_LIKE_OURS = /\.(?:ir\.json|triton\.py|cubin|ptx)$|^index\.(?:js|d\.ts)$|^manifest\.json$/;
const SHOWN = 3;
const LONGEST_REFERENCES = 2 ** 24;

/** How the typed references begin, by which those of versions are known that did not name them in the manifest. */
const REFERENCES: Readonly<Record<string, RegExp>> = {
  "index.js": /^const bundle = new URL\("\.\/", import\.meta\.url\)\.href;\n/,
  "index.d.ts": /^import type \{ [\w, ]+ \} from "tilescript";\n/,
};

/** True where the folder holds exactly these bytes, whatever else is there. */
export const holds = (folder: string, files: readonly BundleFile[]): boolean =>
  files.every(({ path, content }) =>
    isIntact(folder, { path, sha256: sha256(content), bytes: Buffer.byteLength(content) }),
  );

function isReference(folder: string, name: string): boolean {
  if (!Object.hasOwn(REFERENCES, name)) return false;
  try {
    return REFERENCES[name]!.test(readRegular(join(folder, name), LONGEST_REFERENCES).toString("utf8"));
  } catch (error) {
    if (error instanceof BundleFault) return false;
    throw error;
  }
}

/** The names in a folder that belong to the bundle in it, as its manifest says: all that a build may ever remove. */
export function ownNames(folder: string, names: readonly string[], { manifest }: ReadManifest): Set<string> {
  const listed = new Set([MANIFEST, ...filesNamed(manifest).map(({ path }) => path)]);
  return new Set(names.filter((name) => listed.has(name) || (!manifest.references && isReference(folder, name))));
}

/** A damaged manifest says nothing of use; but a folder with all the same files is the same bundle. Before these are known, names must do. */
function isDamagedSame(folder: string, names: readonly string[], files: readonly BundleFile[] | undefined): boolean {
  if (!files) return names.every((name) => NAMED_LIKE_OURS.test(name)) && names.some((name) => name !== MANIFEST);
  const rest = files.filter(({ path }) => path !== MANIFEST);
  return names.every((name) => files.some(({ path }) => path === name)) && holds(folder, rest);
}

const list = (names: readonly string[]): string =>
  `${names.slice(0, SHOWN).join(", ")}${names.length > SHOWN ? ", …" : ""}`;

/** Why a bundle may not be put in the place of the folder; undefined where it may. */
function obstacle(folder: string, files?: readonly BundleFile[]): { why: string; isUnreadable: boolean } | undefined {
  const entries = entriesOf(folder);
  if (entries === undefined) return { why: "it is not a folder", isUnreadable: false };
  if (entries.length === 0) return undefined;
  const names = entries.map(({ name }) => name);
  const odd = entries.filter((entry) => !entry.isFile()).map(({ name }) => name);
  try {
    const own = ownNames(folder, names, readManifest(folder));
    const foreign = entries.filter((entry) => !entry.isFile() || !own.has(entry.name)).map(({ name }) => name);
    if (foreign.length === 0 || (odd.length === 0 && isDamagedSame(folder, names, files))) return undefined;
    return { why: `the folder has other files in it (${list(foreign)})`, isUnreadable: false };
  } catch (error) {
    if (!(error instanceof BundleFault)) throw error;
    if (error.kind === "unreadable") throw error.cause;
    if (odd.length === 0 && isDamagedSame(folder, names, files)) return undefined;
    const why =
      error.kind === "absent"
        ? `the folder has other files in it (${list(names)})`
        : `its ${MANIFEST} is not that of a bundle (${error.message}), and the folder has other files in it (${list(names)})`;
    return { why, isUnreadable: error.kind !== "absent" };
  }
}

function entriesOf(folder: string): Dirent[] | undefined {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return [];
    if (code === "ENOTDIR") return undefined;
    throw error;
  }
}

export interface ReplaceOptions {
  /** What is to be written, where that is known yet. */
  readonly files?: readonly BundleFile[];
  /** The folder is TileScript's own, which has to heal by itself: with a manifest that cannot be read it is set aside, not refused. */
  readonly own?: boolean;
}

/**
 * Refuses to replace what is not a bundle: `--out .` must not cost anybody their files. A bundle is known by its manifest, and every file of the
 * folder has to be named there. Gives the folder itself, where a link leads to it. Throws BuildError.
 */
export async function checkReplaceable(target: string, { files, own = false }: ReplaceOptions = {}): Promise<string> {
  const folder = realFolder(target);
  try {
    // Another build may be replacing it just now.
    await readWhole(folder, () => {
      const found = obstacle(folder, files);
      if (!found) return;
      if (own && found.isUnreadable) renameSync(folder, sibling(folder, "damaged"));
      else
        throw new BuildError(
          `cannot write the bundle to ${target}: ${found.why}`,
          "A build removes nothing but files of an earlier bundle. Give --out a new or empty folder, or move those files away.",
        );
    });
  } catch (error) {
    throw error instanceof BuildError ? error : BuildError.writing(target, error as NodeJS.ErrnoException);
  }
  return folder;
}
