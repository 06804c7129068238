import { PullError } from "./errors.js";
import type { PartialFile } from "./partial-file.js";
import { isPassing } from "./refusals.js";
import type { RepoFile } from "./repo-file.js";
import { once, type RequestContext, refused, retryAfter } from "./requests.js";

export interface Source {
  readonly context: RequestContext;
  readonly commit: string;
  /** Bytes of the file that are here; fewer than before where a server made it start anew. */
  readonly onBytes: (bytes: number, waiting: boolean) => void;
}

export interface Attempt {
  /** Why it is not whole now, if it is not. */
  readonly trouble: Error;
  /** How long the server wants to be left alone, in milliseconds. */
  readonly asked?: number;
}

/**
 * One request for what is missing of a file.
 *
 * @throws PullError for what another attempt would not mend, what the disk says
 */
export async function attempt(
  partial: PartialFile,
  file: RepoFile,
  { context, commit, onBytes }: Source,
): Promise<Attempt> {
  const { settings, repo } = context;
  const path = file.path.split("/").map(encodeURIComponent).join("/");
  const from = partial.bytes;
  // A compressed answer would have other bytes than those that are counted and hashed.
  const headers = { "Accept-Encoding": "identity", ...(from > 0 ? { Range: `bytes=${from}-` } : {}) };
  const response = await once(context, `${settings.endpoint}/${repo}/resolve/${commit}/${path}`, { headers });
  if (response instanceof Error) return { trouble: response };
  if (response.status === 416) await partial.startAnew();
  if (!response.ok) {
    // Of the servers that the Hub sends us on to only the Hub knows what they want: its next answer may lead elsewhere.
    const own = new URL(response.url).origin === new URL(settings.endpoint).origin;
    if (own && response.status !== 416 && !isPassing(response.status)) throw await refused(response, context);
    await response.body?.cancel();
    return { trouble: new Error(`HTTP ${response.status}`), asked: retryAfter(response) };
  }
  const { start, total } = extent(response);
  const wrong = wrongAnswer(response, file, total);
  if (wrong) {
    await response.body?.cancel();
    throw wrong;
  }
  // A server may ignore that only the rest was asked for.
  if (start !== partial.bytes) await partial.startAnew();
  if (start !== partial.bytes) {
    await response.body?.cancel();
    return { trouble: new Error(`bytes from ${start} on were sent instead of from ${from} on`) };
  }
  return { trouble: await receive(response, partial, file, { context, onBytes }) };
}

/** What is not the file at all, told before a byte of it is kept: something of another length, or a page to log in to a network. */
function wrongAnswer(response: Response, { path, bytes }: RepoFile, total: number | undefined): PullError | undefined {
  const { host } = new URL(response.url);
  if (/^text\/html\b/i.test(response.headers.get("Content-Type") ?? ""))
    return new PullError("answer", `${host} sends a web page in place of ${path}`);
  if (total === undefined || total === bytes) return undefined;
  return new PullError("checksum", `${path} has ${bytes} bytes and ${host} sends ${total}`, {
    hint: "Pull again; if it happens again, a proxy or a login page answers in the server's place.",
  });
}

/** Where in the file an answer begins, and how long the file is as far as the answer says. */
function extent(response: Response): { readonly start: number; readonly total: number | undefined } {
  const [, start, total] = /^bytes (\d+)-\d+\/(\d+)$/.exec(response.headers.get("Content-Range") ?? "") ?? [];
  if (response.status === 206)
    return { start: Number(start ?? 0), total: total === undefined ? undefined : Number(total) };
  const length = response.headers.get("Content-Length");
  return { start: 0, total: length === null ? undefined : Number(length) };
}

/** Writes what comes; gives what ended it. @throws what the disk says */
async function receive(
  response: Response,
  partial: PartialFile,
  file: RepoFile,
  { context: { pace }, onBytes }: Pick<Source, "context" | "onBytes">,
): Promise<Error> {
  const reader = response.body?.getReader();
  const end = (reason?: Error): Promise<void> | undefined => reader?.cancel(reason).catch(() => {});
  let stalled: Error | undefined;
  const timer = setTimeout(() => {
    stalled = new Error(`nothing came for ${pace.stallMs / 1000} s`);
    end(stalled);
  }, pace.stallMs);
  try {
    for (;;) {
      const next = await reader?.read().catch((error: Error) => error);
      if (next instanceof Error) return next;
      if (next === undefined || next.done) return stalled ?? new Error("the server closed the connection");
      timer.refresh();
      if (partial.bytes + next.value.length > file.bytes) {
        await partial.startAnew();
        return new Error("more came than the file has");
      }
      await partial.append(next.value);
      onBytes(partial.bytes, false);
    }
  } finally {
    clearTimeout(timer);
    await end();
  }
}
