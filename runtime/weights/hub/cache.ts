/**
 * One repository's part of the cache that Hugging Face's tools share:
 *
 *     models--OWNER--REPO/blobs/ETAG                 contents, by their hash
 *                        /snapshots/COMMIT/PATH      links to them
 *                        /refs/REVISION              the commit that a branch or tag stood for
 *     .locks/models--OWNER--REPO/                    who is downloading
 *
 * Nothing is made before it is needed, and a link or a ref only once what it stands for is whole.
 */

import { randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import type { ListedFile, RepoFile } from "./repo-file.js";

const COMMIT = /^[0-9a-f]{40}$/;

/** Not there at all, as opposed to there and unreadable. */
const ABSENT = new Set(["ENOENT", "ENOTDIR"]);

const ifThere = <T>(work: Promise<T>): Promise<T | undefined> =>
  work.catch((error: NodeJS.ErrnoException) => {
    if (ABSENT.has(error.code ?? "")) return undefined;
    throw error;
  });

export class RepoCache {
  readonly folder: string;
  readonly #locks: string;

  constructor(cacheFolder: string, repo: string) {
    const name = `models--${repo.replace("/", "--")}`;
    this.folder = join(cacheFolder, name);
    this.#locks = join(cacheFolder, ".locks", name);
  }

  blob = ({ etag }: RepoFile): string => join(this.folder, "blobs", etag);

  /** What has come of a blob so far. Not the name that huggingface_hub gives its own, since it could be writing there. */
  partial = ({ etag }: RepoFile): string => join(this.folder, "blobs", `${etag}.tilescript.incomplete`);

  lock = ({ etag }: RepoFile): string => join(this.#locks, `${etag}.tilescript.lock`);

  snapshot = (commit: string): string => join(this.folder, "snapshots", commit);

  /** Where a file lies, whole as far as its size tells: in the snapshot, or as a blob that no snapshot of this commit links to yet. */
  async find(commit: string, file: RepoFile): Promise<string | undefined> {
    for (const path of [join(this.snapshot(commit), file.path), this.blob(file)])
      if ((await sizeOf(path)) === file.bytes) return path;
    return undefined;
  }

  /** Bytes of a partial file; 0 where there is none. */
  partialBytes = async (file: RepoFile): Promise<number> => (await sizeOf(this.partial(file))) ?? 0;

  /** Puts a file whose blob is whole into the snapshot. What other tools put there stays as long as it is whole. */
  async link(commit: string, file: RepoFile): Promise<void> {
    const pointer = join(this.snapshot(commit), file.path);
    if ((await sizeOf(pointer)) === file.bytes) return;
    await mkdir(dirname(pointer), { recursive: true });
    // Relative, so that the cache can be moved; renamed into place, so that another pull may do the same.
    await replace(pointer, (path) => symlink(relative(dirname(pointer), this.blob(file)), path));
  }

  async writeRef(revision: string, commit: string): Promise<void> {
    if (revision === commit) return;
    const path = join(this.folder, "refs", revision);
    await mkdir(dirname(path), { recursive: true });
    await replace(path, (temporary) => writeFile(temporary, commit));
  }

  /** The commit that a revision stood for when something of it was last pulled, by whatever tool. */
  async commitOf(revision: string): Promise<string | undefined> {
    if (COMMIT.test(revision)) return revision;
    const text = await ifThere(readFile(join(this.folder, "refs", revision), "utf8"));
    return text !== undefined && COMMIT.test(text.trim()) ? text.trim() : undefined;
  }

  /** The files of a snapshot whose contents are there. */
  async cachedFiles(commit: string): Promise<ListedFile[]> {
    const root = this.snapshot(commit);
    const entries = (await ifThere(readdir(root, { recursive: true, withFileTypes: true }))) ?? [];
    const files: ListedFile[] = [];
    for (const entry of entries.filter((one) => !one.isDirectory())) {
      const path = join(entry.parentPath, entry.name);
      const bytes = await sizeOf(path);
      if (bytes !== undefined) files.push({ path: relative(root, path), bytes });
    }
    return files;
  }
}

/** Of a file, through links; undefined where there is none, or a link leads nowhere. */
async function sizeOf(path: string): Promise<number | undefined> {
  const found = await ifThere(stat(path));
  return found?.isFile() ? found.size : undefined;
}

/** Makes something under another name first, so that whoever looks sees the old one or the new one. */
async function replace(path: string, make: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString("hex")}`;
  try {
    await make(temporary);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
