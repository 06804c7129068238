/** `tilescript pull` against a Hub that lies: wrong lengths, hashes, ranges and redirects, broken connections, and file names that lead out. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, lstatSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import fc from "fast-check";
import { pull } from "../../runtime/weights/hub/index.js";
import { usualPace } from "../../runtime/weights/hub/pace.js";
import { newFolder } from "./harness/files.js";
import { edited, type Json, jsonEdits } from "./harness/hostile.js";
import { attempts } from "./harness/target.js";

export const name = "pull";

const COMMIT = "0123456789abcdef0123456789abcdef01234567";
const weights = Buffer.from("weights ".repeat(2000));
const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const pointer = { oid: sha256(weights), size: weights.length, pointerSize: 130 };
const listing: Json = [
  { type: "directory", path: "folder", size: 0, oid: "0".repeat(40) },
  { type: "file", path: "model-Q4_K_M.gguf", size: weights.length, oid: "1".repeat(40), lfs: pointer },
];
const info: Json = { _id: "1", id: "owner/model", sha: COMMIT, lastModified: "2026-01-01T00:00:00Z" };

/** How one answer is spoilt. */
const trouble = fc.oneof(
  fc.record({ status: fc.constantFrom(204, 206, 301, 304, 400, 401, 403, 404, 416, 418, 429, 500, 503) }),
  fc.record({
    redirect: fc.constantFrom("", "/", "self", "http://127.0.0.1:1/", "file:///etc/passwd", "//[", "http://x.invalid/"),
  }),
  fc.record({ length: fc.constantFrom("0", "-1", "99999999999999999999", "abc", "5", String(weights.length + 1)) }),
  fc.record({
    range: fc.constantFrom("bytes 5-9/16000", "bytes 0-15999/15999", "bytes */16000", "x", "bytes 99999-1/0"),
  }),
  fc.record({ etag: fc.constantFrom('"x"', "", "../../x", '"'.repeat(1000)) }),
  fc.record({ reset: fc.constantFrom(0, 1, 100, 15_999) }),
  fc.record({ more: fc.constantFrom(1, 100_000) }),
  fc.record({ corrupt: fc.nat({ max: weights.length - 1 }) }),
  fc.record({ type: fc.constantFrom("text/html", "", "x".repeat(2000)) }),
  fc.record({ encoding: fc.constantFrom("gzip", "br", "identity, x") }),
  fc.record({
    garbage: fc.constantFrom(
      "HTTP/1.1 999 x\r\n\r\n",
      "\0\0\0",
      "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    ),
  }),
  fc.record({
    link: fc.constantFrom('<self>; rel="next"', '<http://127.0.0.1:1/>; rel="next"', "<", '<>; rel="next"'),
  }),
);
type Trouble = Partial<Record<string, string | number>>;

const path = fc.constantFrom(
  "../outside.gguf",
  "/tmp/outside.gguf",
  "a/../../outside.gguf",
  "..\\outside.gguf",
  "a//b.gguf",
  "./a.gguf",
  "a\0.gguf",
  "a\n.gguf",
  `${"x".repeat(300)}.gguf`,
  `${"deep/".repeat(60)}a.gguf`,
  "con.gguf",
  "-rf.gguf",
  "é.gguf",
  "a%2f..%2f..%2fb.gguf",
);
const inputs = fc.record({
  info: fc.oneof({ weight: 4, arbitrary: fc.constant([]) }, jsonEdits),
  listing: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, jsonEdits),
  path: fc.option(path, { freq: 3 }),
  /** By kind of request; each is spoilt so many times. */
  troubles: fc.array(
    fc.record({ of: fc.constantFrom("info", "listing", "file"), times: fc.constantFrom(1, 2, 100), trouble }),
    { maxLength: 3 },
  ),
  again: fc.boolean(),
});

const pace = { ...usualPace, attempts: 3, firstDelayMs: 1, longestDelayMs: 2, stallMs: 2000, lockMs: 5 };

export const { run, replay } = attempts({
  inputs,
  right: [{ info: [], listing: [], path: null, troubles: [], again: true }],
  refusals: ["PullError"],
  async attempt(input) {
    const outside = newFolder();
    const home = join(outside, "home");
    const left = input.troubles.map((one) => ({ ...one, trouble: one.trouble as Trouble }));
    let endpoint = "";
    const server = createServer((request) => {
      const kind = request.url!.includes("/tree/") ? "listing" : request.url!.startsWith("/api/") ? "info" : "file";
      const found = left.find((one) => one.of === kind && one.times > 0);
      if (found) found.times--;
      answer(request, bodyOf(kind, input), found?.trouble ?? {}, endpoint);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const env = { HOME: outside, HF_HOME: home, HF_ENDPOINT: endpoint };
    try {
      for (let i = 0; i < (input.again ? 2 : 1); i++) {
        const pulled = await pull("hf:owner/model", { env }, pace);
        for (const file of pulled.files) checkPulled(pulled, file, home);
      }
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      const names = readdirSync(outside);
      rmSync(outside, { recursive: true, force: true });
      assert.deepEqual(
        names.filter((name) => name !== "home"),
        [],
        "a file outside of the cache was written",
      );
    }
  },
});

/** Nothing is called pulled that is not what the listing says. */
function checkPulled(pulled: { path: string; commit: string }, { path }: { path: string }, home: string): void {
  const place = join(home, "hub", "models--owner--model", "snapshots", pulled.commit, path);
  assert.ok(lstatSync(place).isSymbolicLink() || existsSync(place));
  assert.ok(place.startsWith(home));
  assert.equal(sha256(readFileSync(place)), pointer.oid, "a file has other bytes than its hash says");
}

function bodyOf(
  kind: "info" | "listing" | "file",
  input: { info: never[] | object; listing: never[] | object; path: string | null },
): Buffer {
  if (kind === "file") return weights;
  if (kind === "info") return Buffer.from(JSON.stringify(edited(info, input.info as never)));
  const changed = edited(listing, input.listing as never);
  if (input.path !== null && Array.isArray(changed))
    for (const entry of changed)
      if (typeof entry === "object" && entry !== null && "lfs" in entry) (entry as { path: string }).path = input.path;
  return Buffer.from(JSON.stringify(changed));
}

function answer(request: IncomingMessage, whole: Buffer, trouble: Trouble, endpoint: string): void {
  const { socket } = request;
  if (trouble.garbage !== undefined) return void socket.end(String(trouble.garbage));
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
  let body = Buffer.from(whole.subarray(from));
  const headers: Record<string, string> = {
    "Content-Type": "application/json",
    ETag: `"${pointer.oid}"`,
    "X-Repo-Commit": COMMIT,
  };
  if (trouble.more !== undefined) body = Buffer.concat([body, Buffer.alloc(Number(trouble.more))]);
  if (trouble.corrupt !== undefined && body.length > 0) body[Number(trouble.corrupt) % body.length]! ^= 1;
  headers["Content-Length"] = String(trouble.length ?? body.length);
  if (from > 0) headers["Content-Range"] = `bytes ${from}-${whole.length - 1}/${whole.length}`;
  if (trouble.range !== undefined) headers["Content-Range"] = String(trouble.range);
  if (trouble.etag !== undefined) headers.ETag = String(trouble.etag);
  if (trouble.type !== undefined) headers["Content-Type"] = String(trouble.type);
  if (trouble.encoding !== undefined) headers["Content-Encoding"] = String(trouble.encoding);
  if (trouble.link !== undefined) headers.Link = String(trouble.link).replace("self", endpoint + request.url);
  if (trouble.redirect !== undefined)
    headers.Location = trouble.redirect === "self" ? request.url! : String(trouble.redirect);
  const status = Number(
    trouble.status ?? (trouble.redirect === undefined ? (from > 0 || trouble.range ? 206 : 200) : 302),
  );
  // By hand: Node's own server refuses to send most of this.
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value.replace(/[\r\n]/g, "")}`);
  socket.write(`HTTP/1.1 ${status} x\r\n${lines.join("\r\n")}\r\nConnection: close\r\n\r\n`);
  if (trouble.reset === undefined) return void socket.end(body);
  socket.write(body.subarray(0, Number(trouble.reset)), () => socket.resetAndDestroy());
}
