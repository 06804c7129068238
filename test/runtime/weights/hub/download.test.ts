import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { expect, it } from "vitest";
import { FakeHub, type Fault, lfs, sha256, text } from "./fake-hub.js";
import { Puller } from "./pulling.js";

const FILE = lfs("model-Q4_K_M.gguf", 400_000, 4);
const BLOB = sha256(FILE.content);
const PARTIAL = `${BLOB}.tilescript.incomplete`;

/** A Hub that has these troubles, one a download, and then none. */
async function troubled(
  ...faults: readonly Fault[]
): Promise<{ hub: FakeHub; puller: Puller; ranges: () => unknown[] }> {
  const hub = await FakeHub.start([FILE]);
  const queue = [...faults];
  hub.fault = ({ server }) => (server === "cdn" ? queue.shift() : undefined);
  const puller = new Puller(hub);
  hub.arrived = () => statSync(puller.repo("blobs", PARTIAL)).size;
  return { hub, puller, ranges: () => hub.downloads.map(({ headers }) => headers.range) };
}

/** Lays down what an earlier pull left. */
function leave(path: string, content: string | Buffer): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

const isWhole = (path: string): boolean => readFileSync(path).equals(FILE.content);

it("a connection that breaks is made again, and only the rest is asked for", async () => {
  const { puller, ranges } = await troubled({ breakAfter: 100_000 }, { breakAfter: 50_000 });
  const { path } = await puller.pull("hf:owner/model");
  expect(isWhole(path)).toBe(true);
  expect(ranges()).toEqual([undefined, "bytes=100000-", "bytes=150000-"]);
  expect(puller.names("blobs")).toEqual([BLOB]);
});

it("a server that is gone for good: how far it came is said and kept, and the next pull goes on from there", async () => {
  const { hub, puller, ranges } = await troubled(
    { breakAfter: 100_000 },
    { status: 502 },
    { status: 503, retryAfter: 1 },
  );
  expect(await puller.failure("hf:owner/model")).toMatchObject({
    code: "interrupted",
    message: expect.stringMatching(
      /^model-Q4_K_M\.gguf broke off after 100 kB of 400 kB: 127\.0\.0\.1:\d+ did not go on in 3 attempts \(HTTP 503\)\. .*run the same command again/,
    ),
  });
  expect([puller.names("blobs"), puller.names("snapshots"), puller.names("refs"), puller.locks]).toEqual([
    [PARTIAL],
    [],
    [],
    [],
  ]);
  expect(statSync(puller.repo("blobs", PARTIAL)).size).toBe(100_000);
  hub.seen = [];
  expect(isWhole((await puller.pull("hf:owner/model")).path)).toBe(true);
  expect(ranges()).toEqual(["bytes=100000-"]);
  expect(puller.names("blobs")).toEqual([BLOB]);
});

it("asks for bytes as they are, not compressed; a storage server that refuses is asked by way of the Hub again", async () => {
  const { hub, puller } = await troubled({ status: 403 });
  expect(isWhole((await puller.pull("hf:owner/model")).path)).toBe(true);
  expect(hub.downloads.map(({ headers }) => headers["accept-encoding"])).toEqual(["identity", "identity"]);
  expect(hub.seen.filter(({ url }) => url.includes("/resolve/"))).toHaveLength(2);
});

it("attempts are counted anew whenever something came", async () => {
  const { puller, ranges } = await troubled(...Array.from({ length: 6 }, () => ({ breakAfter: 50_000 })));
  expect(isWhole((await puller.pull("hf:owner/model")).path)).toBe(true);
  expect(ranges()).toHaveLength(7);
});

it("a server that ignores that only the rest is asked for starts anew", async () => {
  const { puller, ranges } = await troubled({ breakAfter: 300_000 }, { ignoreRange: true });
  expect(isWhole((await puller.pull("hf:owner/model")).path)).toBe(true);
  expect(ranges()).toEqual([undefined, "bytes=300000-"]);
});

it("a server that starts anew each time and always breaks at the same byte ends in an error, not in a loop", async () => {
  const { hub, puller } = await troubled();
  hub.fault = ({ server }) => (server === "cdn" ? { ignoreRange: true, breakAfter: 1000 } : undefined);
  expect(await puller.failure("hf:owner/model")).toMatchObject({ code: "interrupted" });
  expect(hub.downloads).toHaveLength(3);
});

it("a connection on which nothing comes is given up and made again", async () => {
  const { puller, ranges } = await troubled({ stallAfter: 1000 });
  expect(isWhole((await puller.pull("hf:owner/model")).path)).toBe(true);
  expect(ranges()).toEqual([undefined, "bytes=1000-"]);
});

it.each([
  ["an LFS file against its SHA-256", FILE, "sha256"],
  ["another one against its git hash", { ...FILE, lfs: false }, "git-sha1"],
])("%s: a wrong bit is an error, and nothing of it stays", async (_, file, kind) => {
  const hub = await FakeHub.start([file]);
  hub.fault = ({ url }) => (url.includes("api") ? undefined : { corrupt: true });
  const puller = new Puller(hub);
  expect(await puller.failure("hf:owner/model")).toMatchObject({
    code: "checksum",
    message: expect.stringMatching(
      new RegExp(`^model-Q4_K_M\\.gguf arrived damaged: its ${kind} is not [0-9a-f]+\\. .*deleted`),
    ),
  });
  expect([puller.names("blobs"), puller.names("snapshots")]).toEqual([[], []]);
  hub.fault = () => undefined;
  expect(isWhole((await puller.pull("hf:owner/model")).path)).toBe(true);
});

it("a damaged beginning from an earlier pull is found when the rest is there", async () => {
  const { puller, ranges } = await troubled();
  leave(puller.repo("blobs", PARTIAL), Buffer.alloc(1000));
  expect(await puller.failure("hf:owner/model")).toMatchObject({ code: "checksum" });
  expect(puller.names("blobs")).toEqual([]);
  expect(ranges()).toEqual(["bytes=1000-"]);
});

it("a partial file that has all, or too much, is handled without asking for what there is not", async () => {
  const { hub, puller, ranges } = await troubled();
  leave(puller.repo("blobs", PARTIAL), FILE.content);
  expect(isWhole((await puller.pull("hf:owner/model")).path)).toBe(true);
  expect(ranges()).toEqual([]);
  const other = new Puller(hub);
  leave(other.repo("blobs", PARTIAL), Buffer.concat([FILE.content, Buffer.from("more")]));
  expect(isWhole((await other.pull("hf:owner/model")).path)).toBe(true);
  expect(ranges()).toEqual([undefined]);
});

it("a page that a proxy sends in the file's place is told from the file, and what has come is not touched", async () => {
  const { puller } = await troubled({ breakAfter: 1000 }, { body: "<h1>Log in</h1>" });
  expect(await puller.failure("hf:owner/model")).toMatchObject({
    code: "answer",
    message: expect.stringMatching(/^127\.0\.0\.1:\d+ sends a web page in place of model-Q4_K_M\.gguf\. .*login page/),
  });
  expect(statSync(puller.repo("blobs", PARTIAL)).size).toBe(1000);
});

it("a file of another length than the listing's is refused before it is downloaded", async () => {
  const hub = await FakeHub.start([{ ...FILE, listed: { size: 400_001 } }]);
  const puller = new Puller(hub);
  expect(await puller.failure("hf:owner/model")).toMatchObject({
    code: "checksum",
    message: expect.stringMatching(
      /^model-Q4_K_M\.gguf has 400001 bytes and 127\.0\.0\.1:\d+ sends 400000\. Pull again/,
    ),
  });
  expect(puller.names("snapshots")).toEqual([]);
});

it("two files of the same content are one blob", async () => {
  const hub = await FakeHub.start([
    text("config.json", "{}"),
    text("tokenizer.json", "{}"),
    lfs("model.safetensors", 9),
  ]);
  const puller = new Puller(hub);
  const { path } = await puller.pull("hf:owner/model");
  expect(["config.json", "tokenizer.json"].map((name) => readFileSync(`${path}/${name}`, "utf8"))).toEqual([
    "{}",
    "{}",
  ]);
  expect([puller.names("blobs").length, hub.downloads.length]).toEqual([2, 2]);
});

it("a signal stops it at once, and what has come is kept", async () => {
  const { hub, puller, ranges } = await troubled({ stallAfter: 200_000 });
  const stopping = new AbortController();
  const reason = new Error("enough");
  const failure = await puller.failure("hf:owner/model", {
    signal: stopping.signal,
    onProgress: ({ done }) => done >= 200_000 && stopping.abort(reason),
  });
  expect(failure).toBe(reason);
  expect([puller.names("blobs"), puller.names("snapshots"), puller.locks]).toEqual([[PARTIAL], [], []]);
  hub.seen = [];
  await puller.pull("hf:owner/model");
  expect(ranges()).toEqual(["bytes=200000-"]);
  expect(await puller.failure("hf:owner/model", { signal: AbortSignal.abort(reason) })).toBe(reason);
});

it("a failure of one file stops the others", async () => {
  const hub = await FakeHub.start([
    text("config.json", "{}"),
    text("tokenizer.json", "[]"),
    lfs("model.safetensors", 100_000),
  ]);
  hub.fault = ({ url }) =>
    url.endsWith("/tokenizer.json") ? { status: 403 } : url.includes(".safetensors?") ? { stallAfter: 10 } : undefined;
  const puller = new Puller(hub);
  const began = performance.now();
  expect(await puller.failure("hf:owner/model")).toMatchObject({ code: "repo-closed" });
  expect(performance.now() - began).toBeLessThan(800);
  expect([puller.names("snapshots"), puller.locks]).toEqual([[], []]);
});

it("two pulls of one file download it once", async () => {
  const { hub, puller } = await troubled({ breakAfter: 100_000 });
  const waits: boolean[] = [];
  const onProgress = ({ waiting }: { waiting: boolean }) => waits.push(waiting);
  const both = await Promise.all([1, 2].map(() => puller.pull("hf:owner/model", { onProgress })));
  expect(both.map(({ path }) => isWhole(path))).toEqual([true, true]);
  expect(hub.downloads).toHaveLength(2);
  expect(new Set(waits)).toEqual(new Set([true, false]));
  expect(puller.names("blobs")).toEqual([BLOB]);
});

it.each([
  ["whose process has ended", { pid: spawnSync(process.execPath, ["-e", ""]).pid, host: hostname() }],
  ["that another machine no longer touches", { pid: 1, host: "elsewhere" }],
  ["that was left half-written", undefined],
])("a lock %s is taken over", async (_, holder) => {
  const { puller } = await troubled();
  const lock = `${puller.home}/hub/.locks/models--owner--model/${BLOB}.tilescript.lock`;
  leave(lock, holder ? JSON.stringify(holder) : "");
  expect(isWhole((await puller.pull("hf:owner/model")).path)).toBe(true);
  expect(existsSync(lock)).toBe(false);
});

it("a disk that has no room for it is found before anything is downloaded", async () => {
  const hub = await FakeHub.start([{ ...FILE, listed: { size: 1e15 } }]);
  const puller = new Puller(hub);
  expect(await puller.failure("hf:owner/model")).toMatchObject({
    code: "disk-full",
    message: expect.stringMatching(/^1000 TB are still to come and .* has room for [\d.]+ .B\. Free some space/),
  });
  expect(hub.downloads).toEqual([]);
  expect(existsSync(puller.repo())).toBe(false);
});

it("a disk that fills up on the way is said to be full", async () => {
  const { puller } = await troubled();
  mkdirSync(puller.repo("blobs"), { recursive: true });
  // Every write to this device fails as on a full disk.
  symlinkSync("/dev/full", puller.repo("blobs", PARTIAL));
  expect(await puller.failure("hf:owner/model")).toMatchObject({
    code: "disk-full",
    message: expect.stringMatching(/the disk of .* is full after 0 bytes of model-Q4_K_M\.gguf\. Free some space/),
  });
  expect([puller.names("snapshots"), puller.locks]).toEqual([[], []]);
});

it("an empty file is a file", async () => {
  const hub = await FakeHub.start([text("config.json", ""), text("tokenizer.json", "{}"), lfs("model.safetensors", 9)]);
  const { path } = await new Puller(hub).pull("hf:owner/model");
  expect(readFileSync(`${path}/config.json`)).toHaveLength(0);
});
