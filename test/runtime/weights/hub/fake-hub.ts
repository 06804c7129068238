import { createHash } from "node:crypto";
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll } from "vitest";

/** A file of a repository. Those in LFS are sent by another server, as on the real Hub. */
export interface FakeFile {
  readonly path: string;
  readonly content: Buffer;
  readonly lfs?: boolean;
  /** What the listing says in place of the truth. */
  readonly listed?: { readonly path?: string; readonly size?: number; readonly oid?: string };
}

/** What a request gets instead of a proper answer. */
export interface Fault {
  readonly status?: number;
  /** X-Error-Code. */
  readonly code?: string;
  readonly retryAfter?: number;
  /** Closes the connection after so many bytes of the body. */
  readonly breakAfter?: number;
  /** Sends nothing more after so many bytes of the body, and keeps the connection open. */
  readonly stallAfter?: number;
  readonly ignoreRange?: boolean;
  /** Turns a bit of the body. */
  readonly corrupt?: boolean;
  /** Sends this instead. */
  readonly body?: string;
}

export interface Seen {
  readonly server: "hub" | "cdn";
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

export const COMMIT = "0123456789abcdef0123456789abcdef01234567";

export const sha256 = (content: Buffer): string => createHash("sha256").update(content).digest("hex");

/** What git calls a file of this content. */
export const gitOid = (content: Buffer): string =>
  createHash("sha1").update(`blob ${content.length}\0`).update(content).digest("hex");

export const etagOf = ({ content, lfs }: FakeFile): string => (lfs ? sha256(content) : gitOid(content));

/** Bytes that differ from place to place, so that a wrong order shows. */
export function bytes(length: number, seed = 1): Buffer {
  const made = Buffer.alloc(length);
  let state = seed;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    made[at] = state >>> 16;
  }
  return made;
}

export const text = (path: string, content: string): FakeFile => ({ path, content: Buffer.from(content) });

export const lfs = (path: string, length: number, seed?: number): FakeFile => ({
  path,
  content: bytes(length, seed),
  lfs: true,
});

/** One repository of a Hub, with as much of the Hub's interface as a pull uses; all that was asked is kept. */
export class FakeHub {
  readonly repo: string;
  files: readonly FakeFile[];
  commit = COMMIT;
  /** Entries a page of the listing. */
  page = 1000;
  seen: Seen[] = [];
  /** Bytes of the file that the other side has. A connection breaks only when they are there: what is under way would be lost with it. */
  arrived: () => number = () => Number.POSITIVE_INFINITY;
  /** Asked at each request. */
  fault: (seen: Seen) => Fault | undefined = () => undefined;
  readonly #hub: Server;
  readonly #cdn: Server;

  private constructor(repo: string, files: readonly FakeFile[]) {
    this.repo = repo;
    this.files = files;
    this.#hub = createServer((request, response) => this.#answerHub(request, response));
    this.#cdn = createServer((request, response) => this.#answerCdn(request, response));
  }

  static async start(files: readonly FakeFile[], repo = "owner/model"): Promise<FakeHub> {
    const fake = new FakeHub(repo, files);
    for (const server of [fake.#hub, fake.#cdn])
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    running.push(fake);
    return fake;
  }

  get endpoint(): string {
    return addressOf(this.#hub);
  }

  /** Requests for contents, by the file's name, where they were answered. */
  get downloads(): Seen[] {
    const direct = this.files.filter((file) => !file.lfs).map((file) => `/resolve/${this.commit}/${file.path}`);
    return this.seen.filter(({ server, url }) => server === "cdn" || direct.some((end) => url.endsWith(end)));
  }

  async stop(): Promise<void> {
    for (const server of [this.#hub, this.#cdn]) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  #note(server: Seen["server"], request: IncomingMessage): { seen: Seen; fault: Fault } {
    const seen = { server, method: request.method!, url: decodeURIComponent(request.url!), headers: request.headers };
    this.seen.push(seen);
    return { seen, fault: this.fault(seen) ?? {} };
  }

  #answerHub(request: IncomingMessage, response: ServerResponse): void {
    const { seen, fault } = this.#note("hub", request);
    const { pathname, searchParams } = new URL(seen.url, this.endpoint);
    const name = ["main", this.commit].map((revision) => pathname.replace(`/${this.repo}/resolve/${revision}/`, ""));
    const file = this.files.find(({ path }) => name.includes(path));
    if (isRefusal(fault)) refuse(response, fault);
    else if (pathname.startsWith(`/api/models/${this.repo}/revision/`)) this.#describe(response, pathname);
    else if (pathname === `/api/models/${this.repo}/tree/${this.commit}`) this.#list(response, searchParams);
    else if (file?.lfs) this.#redirect(response, file);
    else if (file) send(request, response, file, { fault, arrived: this.arrived });
    else refuse(response, { status: 404, code: pathname.includes("/resolve/") ? "EntryNotFound" : "RepoNotFound" });
  }

  #answerCdn(request: IncomingMessage, response: ServerResponse): void {
    const { seen, fault } = this.#note("cdn", request);
    if (isRefusal(fault)) refuse(response, fault);
    else
      send(request, response, this.files.find(({ path }) => seen.url.startsWith(`/${path}?`))!, {
        fault,
        arrived: this.arrived,
      });
  }

  #describe(response: ServerResponse, pathname: string): void {
    const known = pathname.endsWith("/revision/main") || pathname.endsWith(`/revision/${this.commit}`);
    if (known) json(response, { _id: "1", id: this.repo, sha: this.commit, lastModified: "2026-01-01T00:00:00Z" });
    else refuse(response, { status: 404, code: "RevisionNotFound" });
  }

  #redirect(response: ServerResponse, file: FakeFile): void {
    response.writeHead(302, {
      Location: `${addressOf(this.#cdn)}/${encodeURI(file.path)}?signature=1`,
      "X-Repo-Commit": this.commit,
      "X-Linked-Size": file.content.length,
      "X-Linked-Etag": `"${etagOf(file)}"`,
    });
    response.end();
  }

  #list(response: ServerResponse, query: URLSearchParams): void {
    const from = Number(query.get("cursor") ?? 0);
    const folders = new Set(this.files.flatMap(({ path }) => path.split("/").slice(0, -1)));
    const entries = [
      ...[...folders].map((path) => ({ type: "directory", path, size: 0, oid: "0".repeat(40) })),
      ...this.files.map(entryOf),
    ];
    if (from + this.page < entries.length)
      response.setHeader(
        "Link",
        `<${this.endpoint}/api/models/${this.repo}/tree/${this.commit}?recursive=true&expand=false&cursor=${from + this.page}>; rel="next"`,
      );
    json(response, entries.slice(from, from + this.page));
  }
}

const running: FakeHub[] = [];
afterAll(async () => {
  for (const fake of running.splice(0)) await fake.stop();
});

const addressOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

function entryOf({ path, content, lfs, listed }: FakeFile) {
  const size = listed?.size ?? content.length;
  const pointer = { oid: listed?.oid ?? sha256(content), size, pointerSize: 130 };
  return {
    type: "file",
    path: listed?.path ?? path,
    size,
    oid: lfs ? gitOid(Buffer.from("pointer")) : (listed?.oid ?? gitOid(content)),
    ...(lfs ? { lfs: pointer, xetHash: "f".repeat(64) } : {}),
  };
}

function json(response: ServerResponse, value: unknown): void {
  response.setHeader("Content-Type", "application/json");
  response.end(JSON.stringify(value));
}

const isRefusal = ({ status, body }: Fault): boolean => status !== undefined || body !== undefined;

function refuse(response: ServerResponse, { status = 200, code, retryAfter, body }: Fault): void {
  if (code !== undefined) response.setHeader("X-Error-Code", code);
  if (retryAfter !== undefined) response.setHeader("Retry-After", retryAfter);
  response.writeHead(status, { "Content-Type": "text/html" });
  response.end(body ?? `<h1>${status}</h1>`);
}

function send(
  { headers }: IncomingMessage,
  response: ServerResponse,
  file: FakeFile,
  { fault, arrived }: { readonly fault: Fault; readonly arrived: () => number },
): void {
  const content = Buffer.from(file.content);
  if (fault.corrupt) content[content.length >> 1]! ^= 1;
  const asked = fault.ignoreRange ? undefined : /^bytes=(\d+)-$/.exec(headers.range ?? "")?.[1];
  const start = Number(asked ?? 0);
  response.setHeader("ETag", `"${etagOf(file)}"`);
  response.setHeader("X-Repo-Commit", COMMIT);
  if (start >= content.length && start > 0) {
    response.writeHead(416, { "Content-Range": `bytes */${content.length}` });
    response.end();
    return;
  }
  const body = content.subarray(start);
  if (asked !== undefined)
    response.setHeader("Content-Range", `bytes ${start}-${content.length - 1}/${content.length}`);
  response.writeHead(asked === undefined ? 200 : 206, { "Content-Length": body.length });
  const cut = fault.breakAfter ?? fault.stallAfter;
  if (cut === undefined) response.end(body);
  else
    response.write(body.subarray(0, cut), async () => {
      while (fault.breakAfter !== undefined && !response.destroyed) {
        await sleep(5);
        if (arrived() >= start + cut) response.destroy();
      }
    });
}
