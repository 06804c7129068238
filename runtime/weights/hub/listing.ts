/** What a revision of a repository is and has, by way of @huggingface/hub. */

import { z } from "zod";
import { PullError } from "./errors.js";
import type { Checksum, RepoFile } from "./repo-file.js";
import { hubFetch, type RequestContext, unreachable } from "./requests.js";

export interface Listing {
  /** 40 hexadecimal digits. */
  readonly commit: string;
  readonly files: readonly RepoFile[];
}

const commitSchema = z.string().regex(/^[0-9a-f]{40}$/);

const size = z.number().int().nonnegative();

const entrySchema = z.object({
  path: z.string(),
  size,
  oid: z.string().regex(/^[0-9a-f]{40}$/),
  lfs: z.object({ oid: z.string().regex(/^[0-9a-f]{64}$/), size }).optional(),
});

/**
 * All files of the revision that a branch or tag stands for just now.
 *
 * @throws PullError for a refusal, no network, or an answer that is none of a Hub
 */
export async function listRepository(context: RequestContext): Promise<Listing> {
  const { repo, revision, settings } = context;
  // Only here: whoever imports the runtime to run a model from a file does not load it.
  const { listFiles, modelInfo } = await import("@huggingface/hub");
  const request = { hubUrl: settings.endpoint, fetch: hubFetch(context) };
  try {
    const { sha } = await modelInfo({ ...request, name: repo, revision, additionalFields: ["sha"] });
    const commit = commitSchema.parse(sha);
    const files: RepoFile[] = [];
    for await (const entry of listFiles({ ...request, repo, revision: commit, recursive: true }))
      if (entry.type === "file") files.push(repoFile(entry));
    return { commit, files };
  } catch (cause) {
    context.signal?.throwIfAborted();
    if (cause instanceof PullError) throw cause;
    // fetch's own errors, when the connection breaks within an answer, have what happened as their cause.
    if (cause instanceof TypeError && cause.cause instanceof Error) throw unreachable(cause, context);
    const text = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message;
    const what = text.replace(/\s+/g, " ").trim();
    throw new PullError("answer", `${new URL(settings.endpoint).host} answers what no Hub would (${what})`, { cause });
  }
}

function repoFile(entry: unknown): RepoFile {
  const { path, size: bytes, oid, lfs } = entrySchema.parse(entry);
  if (!isInside(path)) throw new Error(`a file called ${JSON.stringify(path)}`);
  const checksum: Checksum = lfs ? { kind: "sha256", hex: lfs.oid } : { kind: "git-sha1", hex: oid };
  return { path, bytes: lfs?.size ?? bytes, etag: checksum.hex, checksum };
}

/** A path becomes one below a folder of the cache: it must not lead out of it. */
const isInside = (path: string): boolean =>
  !/[\\\p{Cc}]/u.test(path) && path.split("/").every((part) => part !== "" && part !== "." && part !== "..");
