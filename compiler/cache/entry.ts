import { createHash } from "node:crypto";
import { mkdir, utimes } from "node:fs/promises";
import { join } from "node:path";
import { DamagedFile, readOwn, syncFolder, writeSynced } from "../store/index.js";

/** Files of a cache entry by name. */
export type EntryFiles = ReadonlyMap<string, Buffer>;

const INDEX = "entry.json";
const FORMAT = 1;
/** Far more than the index of an entry with all stages takes. */
const LONGEST_INDEX = 1024 * 1024;
const PLAIN_NAME = /^[\w-][\w.-]*$/;

interface IndexedFile {
  readonly sha256: string;
  readonly bytes: number;
}

interface Index {
  readonly format: typeof FORMAT;
  readonly key: string;
  readonly files: Readonly<Record<string, IndexedFile>>;
}

/** Writes a whole entry into a new folder, down to the disk. */
export async function writeEntry(folder: string, key: string, files: EntryFiles): Promise<void> {
  await mkdir(folder, 0o700);
  const index: Index = {
    format: FORMAT,
    key,
    files: Object.fromEntries(
      [...files].map(([name, content]) => [name, { sha256: hash(content), bytes: content.length }]),
    ),
  };
  await Promise.all([...files].map(([name, content]) => writeSynced(join(folder, name), content)));
  await writeSynced(join(folder, INDEX), Buffer.from(JSON.stringify(index)));
  await syncFolder(folder);
}

/**
 * Reads an entry, whose folder is there, and checks every byte of it. Throws DamagedFile where it is not whole, and the system's error where
 * that is about the machine.
 */
export async function readEntry(folder: string, key: string): Promise<EntryFiles> {
  const read = (name: string, limit: number): Promise<Buffer> =>
    readOwn(join(folder, name), limit).catch((error) => {
      throw error.code === "ENOENT" ? new DamagedFile(folder, error) : error;
    });
  const index: unknown = parsed(await read(INDEX, LONGEST_INDEX));
  if (!isIndex(index) || index.key !== key) throw new DamagedFile(folder);
  const files = await Promise.all(
    Object.entries(index.files).map(async ([name, { sha256, bytes }]): Promise<[string, Buffer]> => {
      const content = await read(name, bytes);
      if (hash(content) !== sha256) throw new DamagedFile(folder);
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

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return undefined;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isIndexedFile = ([name, file]: [string, unknown]): boolean =>
  PLAIN_NAME.test(name) && isRecord(file) && typeof file.sha256 === "string" && Number.isSafeInteger(file.bytes);

const isIndex = (value: unknown): value is Index =>
  isRecord(value) &&
  value.format === FORMAT &&
  isRecord(value.files) &&
  // Nobody stores an entry of no files.
  Object.keys(value.files).length > 0 &&
  Object.entries(value.files).every(isIndexedFile);

const hash = (content: Uint8Array) => createHash("sha256").update(content).digest("hex");
