import type { RepoCache } from "./cache.js";
import { download } from "./download.js";
import type { RepoFile } from "./repo-file.js";
import type { RequestContext } from "./requests.js";
import { requireSpace } from "./space.js";

/** How much of a model has come, in bytes. */
export interface PullProgress {
  /** The file that moved, as the repository calls it. */
  readonly file: string;
  /** Bytes of all files together that are on this disk. */
  readonly done: number;
  readonly total: number;
  /** Another process is downloading this file, and this one waits for it. */
  readonly waiting: boolean;
}

/** So many files at once: one connection seldom fills a line. */
const AT_ONCE = 4;

/**
 * Downloads those of the files that are not cached, and gives them.
 *
 * @throws PullError, or the signal's reason; when it does nothing goes on in the background
 */
export async function fetchMissing(
  files: readonly RepoFile[],
  commit: string,
  cache: RepoCache,
  context: RequestContext,
  onProgress?: (progress: PullProgress) => void,
): Promise<RepoFile[]> {
  const found = await Promise.all(files.map((file) => cache.find(commit, file)));
  const missing = files.filter((_, index) => found[index] === undefined);
  const here = new Map(files.map((file) => [file, file.bytes]));
  for (const file of missing) here.set(file, Math.min(file.bytes, await cache.partialBytes(file)));
  const bytesHere = (): number => [...here.values()].reduce((sum, bytes) => sum + bytes, 0);
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  await requireSpace(cache.folder, total - bytesHere());
  await inParallel(missing, context, (file, inner) =>
    download(file, {
      context: inner,
      cache,
      commit,
      onBytes(bytes, waiting) {
        here.set(file, bytes);
        onProgress?.({ file: file.path, done: bytesHere(), total, waiting });
      },
    }),
  );
  return missing;
}

/** Some files at a time. The first failure stops the others, and is thrown when they have stopped. */
async function inParallel(
  files: readonly RepoFile[],
  context: RequestContext,
  work: (file: RepoFile, context: RequestContext) => Promise<void>,
): Promise<void> {
  const failing = new AbortController();
  const signal = AbortSignal.any([failing.signal, ...(context.signal ? [context.signal] : [])]);
  const queue = [...files];
  const worker = async (): Promise<void> => {
    for (let file = queue.shift(); file !== undefined && !signal.aborted; file = queue.shift())
      await work(file, { ...context, signal }).catch((error) => failing.abort(error));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  signal.throwIfAborted();
}
