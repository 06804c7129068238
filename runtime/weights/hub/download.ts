/** One file from the Hub into the cache: goes on where an earlier attempt stopped, and is there only once its checksum is right. */

import { rename, rm } from "node:fs/promises";
import { attempt, type Source } from "./attempt.js";
import type { RepoCache } from "./cache.js";
import { PullError } from "./errors.js";
import { withLock } from "./lock.js";
import { backOff } from "./pace.js";
import { PartialFile } from "./partial-file.js";
import type { RepoFile } from "./repo-file.js";
import { causeText } from "./requests.js";
import { sizeText } from "./size-text.js";
import { isFull } from "./space.js";

export interface DownloadOptions extends Source {
  readonly cache: RepoCache;
}

/** Makes the file's blob. @throws PullError, or the signal's reason; what has come by then is kept, unless it is wrong */
export async function download(file: RepoFile, options: DownloadOptions): Promise<void> {
  const { context, cache, commit, onBytes } = options;
  const { signal, pace } = context;
  const onWait = async () => onBytes(await cache.partialBytes(file), true);
  await withLock(cache.lock(file), { everyMs: pace.lockMs, signal, onWait }, async () => {
    // Another pull may have been through with it while this one waited.
    if ((await cache.find(commit, file)) === undefined) await make(file, options);
  });
  onBytes(file.bytes, false);
}

async function make(file: RepoFile, options: DownloadOptions): Promise<void> {
  const { cache, commit, context } = options;
  const path = cache.partial(file);
  const partial = await PartialFile.open(path, file, context.signal);
  try {
    await complete(partial, file, options);
    if (!partial.matches()) {
      await rm(path, { force: true });
      const { kind, hex } = file.checksum;
      throw new PullError("checksum", `${file.path} arrived damaged: its ${kind} is not ${hex}`);
    }
    await partial.sync();
  } catch (error) {
    if (!isFull(error)) throw error;
    throw new PullError(
      "disk-full",
      `the disk of ${cache.folder} is full after ${sizeText(partial.bytes)} of ${file.path}`,
      {
        cause: error,
      },
    );
  } finally {
    await partial.close();
  }
  await rename(path, cache.blob(file)).catch(async (error) => {
    // Somebody took the lock of a process that had only been asleep, and has renamed it already.
    if ((await cache.find(commit, file)) === undefined) throw error;
  });
}

/** Asks for what is missing until nothing is. Gives up after some failures in a row that brought nothing new. */
async function complete(partial: PartialFile, file: RepoFile, options: DownloadOptions): Promise<void> {
  const { pace, signal, settings } = options.context;
  let furthest = partial.bytes;
  for (let failures = 0; !partial.isWhole; ) {
    const { trouble, asked } = await attempt(partial, file, options);
    signal?.throwIfAborted();
    if (partial.isWhole) return;
    failures = partial.bytes > furthest ? 1 : failures + 1;
    furthest = Math.max(furthest, partial.bytes);
    if (failures >= pace.attempts)
      throw new PullError(
        "interrupted",
        `${file.path} broke off after ${sizeText(partial.bytes)} of ${sizeText(file.bytes)}: ` +
          `${new URL(settings.endpoint).host} did not go on in ${pace.attempts} attempts (${causeText(trouble)})`,
        { cause: trouble },
      );
    await backOff(pace, failures, { signal, asked });
  }
}
