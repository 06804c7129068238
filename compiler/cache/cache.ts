import { rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder, DamagedFile, draftIn, privateFolder, privateRoot, UntrustedFolder } from "../store/index.js";
import { type EntryFiles, readEntry, touchEntry, writeEntry } from "./entry.js";
import { entriesToEvict, listEntries } from "./evict.js";
import { discard, sweep } from "./temporary.js";

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
const IN_THE_WAY = new Set([...TAKEN, "ENOTDIR", "EISDIR"]);
/** Somebody cleaned up between two steps of ours; not worth a warning. */
const VANISHED = "ENOENT";

/**
 * Files by the hash of what they were made from. Entries appear as a whole by a rename, and every byte is checked on
 * reading, so builders may run at once, be killed at any point, and find damaged entries. A disk that is full or not
 * writable, or a folder that others could write to, costs the caching and one warning, never an exception.
 */
export class Cache {
  readonly folder: string;
  readonly #limit: number;
  readonly #onWarning: (message: string) => void;
  #warned = false;
  #written = 0;
  #swept = false;

  constructor(options: CacheOptions = {}) {
    this.folder = options.folder ?? cacheFolder();
    this.#limit = options.limit ?? DEFAULT_LIMIT;
    this.#onWarning = options.onWarning ?? ((message) => process.emitWarning(message));
  }

  /** The files of an entry, or undefined. A damaged entry is removed. */
  async get(key: string): Promise<EntryFiles | undefined> {
    try {
      const folder = privateFolder(privateRoot(this.folder), below(key), false);
      const files = await readEntry(folder, key);
      await touchEntry(folder).catch(() => {});
      return files;
    } catch (error) {
      if (error instanceof DamagedFile) await this.drop(key);
      else if (codeOf(error) !== VANISHED) this.#warn(error, "read");
      return undefined;
    }
  }

  /** Stores an entry. Says whether it is there afterwards. */
  async put(key: string, files: Readonly<Record<string, Uint8Array | string>>): Promise<boolean> {
    const contents = new Map(
      Object.entries(files).map(([name, content]) => [name, Buffer.from(content as Uint8Array)]),
    );
    let draft: string | undefined;
    try {
      const root = privateRoot(this.folder);
      draft = draftIn(root);
      await writeEntry(draft, key, contents);
      await this.#publish(root, draft, key);
    } catch (error) {
      if (draft) await rm(draft, { recursive: true, force: true }).catch(() => {});
      if (TAKEN.has(codeOf(error))) return true;
      this.#warn(error, "written");
      return false;
    }
    for (const content of contents.values()) this.#written += content.length;
    await this.#tidy();
    return true;
  }

  /** Removes an entry and whatever else is in its place: it is made anew. */
  async drop(key: string): Promise<void> {
    try {
      const root = privateRoot(this.folder);
      await discard(root, join(privateFolder(root, below(key).slice(0, -1)), key));
    } catch {
      // It is gone already, or `put` will say why it cannot go.
    }
  }

  /** Number and size of the entries, for `doctor`. */
  async usage(): Promise<{ entries: number; bytes: number; limit: number }> {
    const entries = await listEntries(this.#shards);
    return { entries: entries.length, bytes: entries.reduce((sum, { bytes }) => sum + bytes, 0), limit: this.#limit };
  }

  /** Removes the longest unused entries until the rest is within the limit, and what killed builders left. */
  async evict(): Promise<void> {
    const root = privateRoot(this.folder);
    await sweep(root);
    for (const { folder } of entriesToEvict(await listEntries(this.#shards), this.#limit)) {
      await discard(root, folder).catch(() => {});
    }
  }

  get #shards(): string {
    return join(this.folder, ENTRIES);
  }

  async #publish(root: string, draft: string, key: string): Promise<void> {
    const shard = privateFolder(root, below(key).slice(0, -1));
    const place = join(shard, key);
    await rename(draft, place).catch(async (error) => {
      // A file is there, or an entry: that of another builder, or what is left of one.
      const whole = TAKEN.has(error.code) && (await readEntry(place, key).catch(() => undefined)) !== undefined;
      if (whole || !IN_THE_WAY.has(error.code)) throw error;
      await discard(root, place);
      await rename(draft, place);
    });
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
    await writeFile(stamp, "").catch(() => rm(stamp, { recursive: true, force: true }).catch(() => {}));
    await this.evict().catch(() => {});
  }

  /** Once: what cannot be read or written now may be later, so each call tries again. */
  #warn(error: unknown, what: "read" | "written"): void {
    if (this.#warned) return;
    this.#warned = true;
    const why =
      error instanceof UntrustedFolder ? `trusted: ${error.problem}` : `${what} (${codeOf(error) || String(error)})`;
    this.#onWarning(
      `The cache in ${this.folder} cannot be ${why}, so kernels are compiled anew each time. ` +
        (error instanceof UntrustedFolder
          ? error.hint
          : "Free some space there, or set TILESCRIPT_CACHE to another folder."),
    );
  }
}

const ENTRIES = "entries";

/** Where an entry lies below the root. Shards keep the folders short. */
const below = (key: string): string[] => [ENTRIES, key.slice(0, 2), key];

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException)?.code ?? "";
