import { rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { makeFolder } from "../make-folder.js";
import { DamagedEntry, type EntryFiles, readEntry, touchEntry, writeEntry } from "./entry.js";
import { entriesToEvict, listEntries } from "./evict.js";
import { cacheFolder } from "./folder.js";
import { TemporaryFolder } from "./temporary.js";

export interface CacheOptions {
  /** Default: `cacheFolder()`. */
  readonly folder?: string;
  /** Bytes after which the longest unused entries go. Default: 4 GB. */
  readonly limit?: number;
  /** Called once, with a sentence, when the cache cannot be used. Default: `process.emitWarning`. */
  readonly onWarning?: (message: string) => void;
}

const DEFAULT_LIMIT = 4_000_000_000;
const SWEEP_EVERY_MS = 24 * 3_600_000;

/** Somebody else put the same entry there first. */
const TAKEN = new Set(["ENOTEMPTY", "EEXIST"]);
/** Somebody cleaned up between two steps of ours; not worth a warning. */
const VANISHED = "ENOENT";

/**
 * Files by the hash of what they were made from. Entries appear as a whole by a rename, and every byte is checked on
 * reading, so builders may run at once, be killed at any point, and find damaged entries. A disk that is full or not
 * writable costs the caching and one warning, never an exception.
 */
export class Cache {
  readonly folder: string;
  readonly #limit: number;
  readonly #onWarning: (message: string) => void;
  readonly #temporary: TemporaryFolder;
  #unusable = false;
  #written = 0;
  #swept = false;

  constructor(options: CacheOptions = {}) {
    this.folder = options.folder ?? cacheFolder();
    this.#limit = options.limit ?? DEFAULT_LIMIT;
    this.#onWarning = options.onWarning ?? ((message) => process.emitWarning(message));
    this.#temporary = new TemporaryFolder(this.folder);
  }

  /** The files of an entry, or undefined. A damaged entry is removed. */
  async get(key: string): Promise<EntryFiles | undefined> {
    const folder = this.#place(key);
    try {
      const files = await readEntry(folder, key);
      await touchEntry(folder).catch(() => {});
      return files;
    } catch (error) {
      if (error instanceof DamagedEntry) await this.#temporary.discard(folder).catch(() => {});
      else this.#note(error, "read");
      return undefined;
    }
  }

  /** Stores an entry. Says whether it is there afterwards. */
  async put(key: string, files: Readonly<Record<string, Uint8Array | string>>): Promise<boolean> {
    if (this.#unusable) return false;
    const contents = new Map(
      Object.entries(files).map(([name, content]) => [name, Buffer.from(content as Uint8Array)]),
    );
    let draft: string | undefined;
    try {
      draft = await this.#temporary.path();
      await writeEntry(draft, key, contents);
      await this.#publish(draft, this.#place(key));
    } catch (error) {
      if (draft) await rm(draft, { recursive: true, force: true }).catch(() => {});
      if (TAKEN.has(codeOf(error))) return true;
      this.#note(error, "written");
      return false;
    }
    for (const content of contents.values()) this.#written += content.length;
    await this.#tidy();
    return true;
  }

  /** Number and size of the entries, for `doctor`. */
  async usage(): Promise<{ entries: number; bytes: number; limit: number }> {
    const entries = await listEntries(this.#shards);
    return { entries: entries.length, bytes: entries.reduce((sum, { bytes }) => sum + bytes, 0), limit: this.#limit };
  }

  /** Removes the longest unused entries until the rest is within the limit, and what killed builders left. */
  async evict(): Promise<void> {
    await this.#temporary.sweep();
    for (const { folder } of entriesToEvict(await listEntries(this.#shards), this.#limit)) {
      await this.#temporary.discard(folder).catch(() => {});
    }
  }

  get #shards(): string {
    return join(this.folder, "entries");
  }

  /** Shards keep the folders short. */
  #place(key: string): string {
    return join(this.#shards, key.slice(0, 2), key);
  }

  async #publish(draft: string, place: string): Promise<void> {
    makeFolder(dirname(place));
    await rename(draft, place);
  }

  /** Once a day, and again when this process alone has written a good part of the limit. */
  async #tidy(): Promise<void> {
    const much = this.#written > this.#limit / 16;
    if (this.#swept && !much) return;
    this.#swept = true;
    const stamp = join(this.folder, "last-eviction");
    const last = await stat(stamp).then(
      (one) => one.mtimeMs,
      () => 0,
    );
    if (!much && Date.now() - last < SWEEP_EVERY_MS) return;
    this.#written = 0;
    await writeFile(stamp, "").catch(() => {});
    await this.evict().catch(() => {});
  }

  #note(error: unknown, what: "read" | "written"): void {
    const code = codeOf(error);
    if (code === VANISHED || this.#unusable) return;
    this.#unusable = true;
    this.#onWarning(
      `The cache in ${this.folder} cannot be ${what} (${code || String(error)}), so kernels are compiled anew each time. ` +
        "Free some space there, or set TILESCRIPT_CACHE to another folder.",
    );
  }
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException)?.code ?? "";
