import { join } from "node:path";
import { RepoCache } from "./cache.js";
import { type Choice, choose } from "./choose.js";
import { PullError } from "./errors.js";
import { fetchMissing, type PullProgress } from "./fetch-missing.js";
import { type Listing, listRepository } from "./listing.js";
import { type Pace, usualPace } from "./pace.js";
import { parseReference, type Reference } from "./reference.js";
import type { ListedFile, RepoFile } from "./repo-file.js";
import type { RequestContext } from "./requests.js";
import { hubSettings } from "./settings.js";

/** How a model is pulled, and who is told of it. */
export interface PullOptions {
  /** At any moment; what has come by then is kept, and the next pull goes on from there. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: PullProgress) => void;
  /** Sentences for people: what was taken of several quantisations, or that the cache stands in for a Hub that cannot be reached. */
  readonly onNotice?: (sentence: string) => void;
  /** Default: the process's environment. */
  readonly env?: NodeJS.ProcessEnv;
}

export interface Pulled {
  /** What to load: the .gguf file, the first one of a split model, or the folder of a model in safetensors. */
  readonly path: string;
  readonly repo: string;
  readonly revision: string;
  readonly commit: string;
  /** Of a GGUF file whose name says it. */
  readonly quantization: string | undefined;
  readonly files: readonly PulledFile[];
}

export interface PulledFile {
  readonly path: string;
  readonly bytes: number;
  /** It was there already. */
  readonly cached: boolean;
}

/** One pull: what is asked for, and where it comes from and goes to. */
interface Errand {
  readonly reference: Reference;
  readonly cache: RepoCache;
  readonly context: RequestContext;
  readonly options: PullOptions;
}

/**
 * Has the files that a reference means in the cache that Hugging Face's tools share, and says where. Where the Hub cannot be reached, or
 * HF_HUB_OFFLINE is set, what is cached is used.
 *
 * @throws PullError with a code and a way out; the signal's reason
 */
export async function pull(text: string, options: PullOptions = {}, pace: Pace = usualPace): Promise<Pulled> {
  const reference = parseReference(text);
  const settings = hubSettings(options.env);
  const { signal } = options;
  signal?.throwIfAborted();
  const cache = new RepoCache(settings.cacheFolder, reference.repo);
  const errand: Errand = { reference, cache, context: { ...reference, settings, pace, signal }, options };
  try {
    return await (settings.offline ? fromCache(errand) : fromAnywhere(errand));
  } catch (cause) {
    // What the network says is a PullError by now: a code of the system is about files.
    if (cause instanceof PullError || (cause as NodeJS.ErrnoException).syscall === undefined) throw cause;
    const what = `the cache ${settings.cacheFolder} cannot be used (${(cause as Error).message})`;
    throw new PullError("cache-unusable", what, { cause });
  }
}

async function fromAnywhere(errand: Errand): Promise<Pulled> {
  const { context, options } = errand;
  let listing: Listing;
  try {
    listing = await listRepository(context);
  } catch (error) {
    if (!(error instanceof PullError) || error.code !== "unreachable") throw error;
    const cached = await fromCache(errand).catch(() => undefined);
    if (cached === undefined) throw error;
    options.onNotice?.(`${error.problem}: using the cached commit ${cached.commit}`);
    return cached;
  }
  return await fromHub(errand, listing);
}

async function fromHub(errand: Errand, { commit, files }: Listing): Promise<Pulled> {
  const { reference, cache, context, options } = errand;
  const fetched = new Set<ListedFile>();
  const fetch = async (some: readonly RepoFile[], onProgress?: PullOptions["onProgress"]): Promise<void> => {
    for (const file of await fetchMissing(some, commit, cache, context, onProgress)) fetched.add(file);
  };
  const chosen = await choose(files, reference, async (file) => {
    await fetch([file]);
    return (await cache.find(commit, file)) ?? cache.blob(file);
  });
  if (chosen.notice) options.onNotice?.(chosen.notice);
  await fetch(chosen.files, options.onProgress);
  // Only now: a snapshot with half of its files would look like a model.
  for (const file of chosen.files) await cache.link(commit, file);
  await cache.writeRef(reference.revision, commit);
  return pulled(errand, commit, chosen, fetched);
}

async function fromCache(errand: Errand): Promise<Pulled> {
  const { reference, cache, options, context } = errand;
  const { repo, revision } = reference;
  // In the other case the error is not shown: the Hub's is.
  const why = context.settings.offline ? "HF_HUB_OFFLINE is set, and " : "";
  const commit = await cache.commitOf(revision);
  const files = commit === undefined ? [] : await cache.cachedFiles(commit);
  if (commit === undefined || files.length === 0)
    throw new PullError("not-cached", `${why}${cache.folder} has nothing of ${repo}@${revision}`);
  try {
    const chosen = await choose(files, reference, async ({ path }) => join(cache.snapshot(commit), path));
    if (chosen.notice) options.onNotice?.(chosen.notice);
    return pulled(errand, commit, chosen, new Set());
  } catch (cause) {
    if (!(cause instanceof PullError)) throw cause;
    throw new PullError("not-cached", `${why}of what is cached, ${cause.problem}`, { cause });
  }
}

const pulled = (
  { reference: { repo, revision }, cache }: Errand,
  commit: string,
  { files, entry, quantization }: Choice<ListedFile>,
  fetched: ReadonlySet<ListedFile>,
): Pulled => ({
  path: join(cache.snapshot(commit), entry ?? ""),
  repo,
  revision,
  commit,
  quantization,
  files: files.map((file) => ({ path: file.path, bytes: file.bytes, cached: !fetched.has(file) })),
});
