import { existsSync, type FSWatcher, watch } from "node:fs";
import { dirname } from "node:path";
import { deferred } from "../runtime/generate/deferred.js";

/** Changes come in bursts: an editor writes a file in several steps, and for a moment it may not be there at all. */
const SETTLE_MS = 100;

/** The folders of some files, watched all the time: what changes while nobody waits is told to the next who does. */
export class WatchedFolders {
  readonly #watchers = new Map<string, FSWatcher>();
  #changed = false;
  #wake: (() => void) | undefined;

  /** Watches the folders of these files, and no others from now on. For a folder that is gone the one above it is watched. */
  follow(files: readonly string[]): void {
    const wanted = new Set(files.map((file) => dirname(file)));
    for (const [folder, watcher] of this.#watchers) {
      // The watcher of a folder that was deleted says nothing of a new one in its place.
      if (wanted.has(folder) && existsSync(folder)) continue;
      watcher.close();
      this.#watchers.delete(folder);
    }
    for (const folder of wanted) if (!this.#watchers.has(folder)) this.#watch(folder);
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
    this.follow([]);
  }

  #watch(folder: string): void {
    const note = () => {
      this.#changed = true;
      this.#wake?.();
    };
    try {
      const watcher = watch(folder, note).on("error", note);
      this.#watchers.set(folder, watcher);
    } catch {
      if (dirname(folder) !== folder && !this.#watchers.has(dirname(folder))) this.#watch(dirname(folder));
    }
  }
}
