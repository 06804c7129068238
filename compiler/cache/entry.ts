import { createHash } from "node:crypto";
import { readFile, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder } from "../make-folder.js";

/** Files of a cache entry by name. */
export type EntryFiles = ReadonlyMap<string, Buffer>;

const INDEX = "entry.json";
const FORMAT = 1;

interface Index {
  readonly format: typeof FORMAT;
  readonly key: string;
  readonly files: Readonly<Record<string, { readonly sha256: string; readonly bytes: number }>>;
}

/** The entry is there, but not as it was written: a disk error, a power failure, or somebody's hand. */
export class DamagedEntry extends Error {
  override readonly name = "DamagedEntry";
}

/** Writes a whole entry into a new folder. */
export async function writeEntry(folder: string, key: string, files: EntryFiles): Promise<void> {
  makeFolder(folder);
  const index: Index = {
    format: FORMAT,
    key,
    files: Object.fromEntries(
      [...files].map(([name, content]) => [name, { sha256: hash(content), bytes: content.length }]),
    ),
  };
  await Promise.all([...files].map(([name, content]) => writeFile(join(folder, name), content)));
  await writeFile(join(folder, INDEX), JSON.stringify(index));
}

/** Reads an entry and checks every byte of it. Throws ENOENT where there is none, DamagedEntry where it is not whole. */
export async function readEntry(folder: string, key: string): Promise<EntryFiles> {
  const index = parse(await readFile(join(folder, INDEX), "utf8"));
  if (index?.format !== FORMAT || index.key !== key) throw new DamagedEntry(folder);
  const files = await Promise.all(
    Object.entries(index.files).map(async ([name, { sha256 }]): Promise<[string, Buffer]> => {
      const content = await readFile(join(folder, name)).catch((error: NodeJS.ErrnoException) => {
        throw error.code === "ENOENT" ? new DamagedEntry(folder) : error;
      });
      if (hash(content) !== sha256) throw new DamagedEntry(folder);
      return [name, content];
    }),
  );
  return new Map(files);
}

/** Marks an entry as used just now: eviction takes the longest unused first. */
export async function touchEntry(folder: string): Promise<void> {
  const now = new Date();
  await utimes(join(folder, INDEX), now, now);
}

export const indexOf = (folder: string) => join(folder, INDEX);

function parse(text: string): Index | undefined {
  try {
    return JSON.parse(text) as Index;
  } catch {
    return undefined;
  }
}

const hash = (content: Uint8Array) => createHash("sha256").update(content).digest("hex");
