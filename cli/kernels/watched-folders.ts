import { existsSync, type FSWatcher, statSync, watch } from "node:fs";
import { basename, dirname } from "node:path";
import { deferred } from "../../runtime/deferred.js";

/** Changes come in bursts: an editor writes a file in several steps, and for a moment it may not be there at all. */
const SETTLE_MS = 100;

/** The folders of some files, watched all the time: what changes while nobody waits is told to the next who does. */
export class WatchedFolders {
  readonly #watchers = new Map<string, FSWatcher>();
  #changed = false;
  #wake: (() => void) | undefined;

  /**
   * Watches the folders of these files, and no others from now on. For a folder that is gone the one above it is
   * watched. What has changed after `since` (milliseconds since 1970), before anybody watched, counts too.
   */
  follow(files: readonly string[], since: number): void {
    const wanted = new Set(files.map((file) => dirname(file)));
    for (const folder of this.#watchers.keys()) if (!wanted.has(folder)) this.#leave(folder);
    for (const folder of wanted) {
      if (this.#watchers.has(folder)) continue;
      this.#watch(folder);
      if (files.some((file) => dirname(file) === folder && changedSince(file, since))) this.#changed = true;
    }
  }

  /** Resolves once anything has changed since the last call and is quiet again; false where `signal` was aborted instead. */
  async change(signal: AbortSignal): Promise<boolean> {
    const aborted = () => this.#wake?.();
    signal.addEventListener("abort", aborted);
    while (!this.#changed && !signal.aborted) {
      const next = deferred<void>();
      this.#wake = next.resolve;
      await next.promise;
    }
    signal.removeEventListener("abort", aborted);
    if (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    this.#changed = false;
    return !signal.aborted;
  }

  [Symbol.dispose](): void {
    this.follow([], 0);
  }

  #leave(folder: string): void {
    this.#watchers.get(folder)?.close();
    this.#watchers.delete(folder);
  }

  #watch(folder: string): void {
    const note = (_event?: unknown, name?: unknown) => {
      // The watcher of a folder that was deleted, which it tells under the folder's own name, says nothing of a new one in its place.
      if (name === basename(folder) || !existsSync(folder)) this.#leave(folder);
      this.#changed = true;
      this.#wake?.();
    };
    try {
      const watcher = watch(folder, note).on("error", note);
      this.#watchers.set(folder, watcher);
    } catch (error) {
      const above = dirname(folder);
      // What else may be wrong, such as too many watches, is told: nothing would be seen from then on.
      if ((error as NodeJS.ErrnoException).code !== "ENOENT" || above === folder) throw error;
      if (!this.#watchers.has(above)) this.#watch(above);
    }
  }
}

/** The clock of the file system may be some milliseconds behind. */
const CLOCK_MS = 20;

/** The time of the last change of its entry tells of renames too; of a file that is not there, the folder tells since when. */
function changedSince(path: string, since: number): boolean {
  const entry = statSync(path, { throwIfNoEntry: false });
  return entry === undefined ? changedSince(dirname(path), since) : entry.ctimeMs > since - CLOCK_MS;
}
