import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { indexOf } from "./entry.js";

export interface StoredEntry {
  readonly folder: string;
  readonly bytes: number;
  readonly usedAt: number;
}

/** All entries below a folder of shards. What disappears meanwhile is left out; what has no index goes first. */
export async function listEntries(shards: string): Promise<StoredEntry[]> {
  const entries: StoredEntry[] = [];
  for (const shard of await names(shards)) {
    for (const key of await names(join(shards, shard))) {
      const entry = await measure(join(shards, shard, key));
      if (entry) entries.push(entry);
    }
  }
  return entries;
}

/** The longest unused entries, so many that the rest fits into `limit` bytes with some room to grow. */
export function entriesToEvict(entries: readonly StoredEntry[], limit: number): StoredEntry[] {
  let bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  if (bytes <= limit) return [];
  const chosen: StoredEntry[] = [];
  for (const entry of [...entries].sort((a, b) => a.usedAt - b.usedAt)) {
    if (bytes <= limit * 0.8) break;
    chosen.push(entry);
    bytes -= entry.bytes;
  }
  return chosen;
}

async function measure(folder: string): Promise<StoredEntry | undefined> {
  if (!(await lstat(folder).catch(() => undefined))?.isDirectory()) return undefined;
  const used = await lstat(indexOf(folder)).catch(() => undefined);
  const sizes = await Promise.all(
    (await names(folder)).map((name) =>
      lstat(join(folder, name)).then(
        (one) => one.size,
        () => 0,
      ),
    ),
  );
  return { folder, bytes: sizes.reduce((sum, size) => sum + size, 0), usedAt: used?.mtimeMs ?? 0 };
}

const names = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);
