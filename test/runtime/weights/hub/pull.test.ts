import { existsSync, lstatSync, mkdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { bytes, COMMIT, etagOf, FakeHub, lfs, sha256, text } from "./fake-hub.js";
import { Puller, TOKEN } from "./pulling.js";

const Q4 = lfs("model-Q4_K_M.gguf", 300_000, 4);
const Q8 = lfs("model-Q8_0.gguf", 500_000, 8);
const README = text("README.md", "a model");

const INDEX = JSON.stringify({
  metadata: {},
  weight_map: { a: "model-00001-of-00002.safetensors", b: "model-00002-of-00002.safetensors" },
});
const FOLDER = [
  README,
  text("config.json", "{}"),
  text("tokenizer.json", '{"version":"1.0"}'),
  text("tokenizer_config.json", "{} "),
  text("chat_template.jinja", "{{ messages }}"),
  text("model.safetensors.index.json", INDEX),
  lfs("model-00001-of-00002.safetensors", 200_000, 1),
  lfs("model-00002-of-00002.safetensors", 100_000, 2),
  lfs("consolidated.safetensors", 300_000, 3),
  text("original/config.json", "{}"),
];

it("a quantisation is laid into the cache as huggingface_hub lays it, and is not fetched twice", async () => {
  const hub = await FakeHub.start([README, Q4, Q8]);
  const puller = new Puller(hub);
  const first = await puller.pull("hf:owner/model:q4_k_m");
  expect(first).toEqual({
    path: puller.repo("snapshots", COMMIT, "model-Q4_K_M.gguf"),
    repo: "owner/model",
    revision: "main",
    commit: COMMIT,
    quantization: "Q4_K_M",
    files: [{ path: "model-Q4_K_M.gguf", bytes: 300_000, cached: false }],
  });
  expect(readFileSync(first.path).equals(Q4.content)).toBe(true);
  expect(readlinkSync(first.path)).toBe(`../../blobs/${sha256(Q4.content)}`);
  expect(readFileSync(puller.repo("refs", "main"), "utf8")).toBe(COMMIT);
  expect([puller.names("blobs"), puller.locks]).toEqual([[sha256(Q4.content)], []]);
  hub.seen = [];
  expect(await puller.pull("hf:owner/model:Q4_K_M")).toMatchObject({ path: first.path, files: [{ cached: true }] });
  expect(hub.downloads).toEqual([]);
});

it("a repository without GGUF gives its folder: configuration, tokenizer, and the weights that the index names", async () => {
  const hub = await FakeHub.start(FOLDER);
  hub.page = 3;
  const puller = new Puller(hub);
  const { path, quantization, files } = await puller.pull("hf:owner/model");
  expect([path, quantization]).toEqual([puller.repo("snapshots", COMMIT), undefined]);
  expect(puller.names("snapshots", COMMIT)).toEqual(
    FOLDER.slice(1, 8)
      .map((file) => file.path)
      .sort(),
  );
  for (const file of FOLDER.slice(1, 8)) expect(readFileSync(join(path, file.path)).equals(file.content)).toBe(true);
  expect(puller.names("blobs")).toEqual(FOLDER.slice(1, 8).map(etagOf).sort());
  expect(files.every(({ cached }) => !cached)).toBe(true);
});

it("a template for tools comes along, in its folder", async () => {
  const forTools = text("additional_chat_templates/tool_use.jinja", "{{ tools }}");
  const hub = await FakeHub.start([...FOLDER.slice(0, 3), forTools, lfs("model.safetensors", 1000)]);
  const { path } = await new Puller(hub).pull("hf:owner/model");
  expect(readFileSync(join(path, forTools.path), "utf8")).toBe("{{ tools }}");
});

it("without GGUF and without an index it is model.safetensors", async () => {
  const hub = await FakeHub.start([...FOLDER.slice(0, 3), lfs("model.safetensors", 1000)]);
  const { files } = await new Puller(hub).pull("hf:owner/model");
  expect(files.map(({ path }) => path)).toEqual(["config.json", "tokenizer.json", "model.safetensors"]);
});

it("of a repository with both, :safetensors is the folder", async () => {
  const hub = await FakeHub.start([...FOLDER, Q4]);
  const puller = new Puller(hub);
  expect((await puller.pull("hf:owner/model")).path).toMatch(/model-Q4_K_M\.gguf$/);
  expect((await puller.pull("hf:owner/model:safetensors")).path).toBe(puller.repo("snapshots", COMMIT));
});

it("of a split model all parts come, and the first one is named", async () => {
  const parts = [1, 2, 3].map((part) => lfs(`BF16/big-BF16-0000${part}-of-00003.gguf`, 50_000, part));
  const hub = await FakeHub.start([...parts, Q8]);
  const puller = new Puller(hub);
  const { path } = await puller.pull("hf:owner/model:bf16");
  expect(path).toBe(puller.repo("snapshots", COMMIT, "BF16", "big-BF16-00001-of-00003.gguf"));
  expect(readlinkSync(path)).toBe(`../../../blobs/${sha256(parts[0]!.content)}`);
  expect(puller.names("snapshots", COMMIT, "BF16")).toHaveLength(3);
});

it("says which it took of several where none was named", async () => {
  const hub = await FakeHub.start([Q8, Q4, lfs("mmproj-F16.gguf", 10)]);
  const notices: string[] = [];
  const { quantization } = await new Puller(hub).pull("hf:owner/model", { onNotice: (text) => notices.push(text) });
  expect([quantization, notices]).toEqual(["Q4_K_M", ["Taking Q4_K_M (300 kB); owner/model also has Q8_0 (500 kB)"]]);
});

it("the token goes to the Hub, and to no server that it redirects to", async () => {
  const hub = await FakeHub.start([Q4]);
  await new Puller(hub, { HF_TOKEN: TOKEN }).pull("hf:owner/model");
  const carried = (server: string) =>
    new Set(hub.seen.filter((one) => one.server === server).map(({ headers }) => headers.authorization));
  expect(carried("hub")).toEqual(new Set([`Bearer ${TOKEN}`]));
  expect(carried("cdn")).toEqual(new Set([undefined]));
});

it("a revision may be a commit, which needs no ref", async () => {
  const hub = await FakeHub.start([Q4]);
  const puller = new Puller(hub);
  expect(await puller.pull(`hf:owner/model:Q4_K_M@${COMMIT}`)).toMatchObject({ revision: COMMIT, commit: COMMIT });
  expect(puller.names("refs")).toEqual([]);
});

it("a branch that moved is pulled anew, beside what it was", async () => {
  const hub = await FakeHub.start([Q4]);
  const puller = new Puller(hub);
  const before = await puller.pull("hf:owner/model");
  hub.commit = "f".repeat(40);
  hub.files = [{ ...Q4, content: bytes(1000, 77) }];
  const after = await puller.pull("hf:owner/model");
  expect(after.commit).toBe(hub.commit);
  expect(readFileSync(after.path)).toHaveLength(1000);
  expect(readFileSync(before.path)).toHaveLength(300_000);
  expect(readFileSync(puller.repo("refs", "main"), "utf8")).toBe(hub.commit);
});

it("what other tools downloaded is found: a blob, and a snapshot without links", async () => {
  const hub = await FakeHub.start([Q4, Q8]);
  const puller = new Puller(hub);
  const put = (path: string, content: Buffer): void => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  };
  put(puller.repo("blobs", sha256(Q4.content)), Q4.content);
  put(puller.repo("snapshots", COMMIT, Q8.path), Q8.content);
  expect(await puller.pull("hf:owner/model:Q4_K_M")).toMatchObject({ files: [{ cached: true }] });
  const { path } = await puller.pull("hf:owner/model:Q8_0");
  expect(lstatSync(path).isFile()).toBe(true);
  expect(hub.downloads).toEqual([]);
});

it("a blob that is shorter than it should be is fetched again", async () => {
  const hub = await FakeHub.start([Q4]);
  const puller = new Puller(hub);
  const { path } = await puller.pull("hf:owner/model");
  writeFileSync(puller.repo("blobs", sha256(Q4.content)), "cut");
  expect(await puller.pull("hf:owner/model")).toMatchObject({ path, files: [{ cached: false }] });
  expect(readFileSync(path).equals(Q4.content)).toBe(true);
});

it("progress counts the bytes of all files", async () => {
  const hub = await FakeHub.start(FOLDER);
  const seen: { done: number; total: number }[] = [];
  await new Puller(hub).pull("hf:owner/model", { onProgress: (now) => seen.push(now) });
  const total = FOLDER.slice(1, 8).reduce((sum, { content }) => sum + content.length, 0);
  expect(new Set(seen.map((one) => one.total))).toEqual(new Set([total]));
  expect(seen.at(-1)!.done).toBe(total);
  expect(seen.map((one) => one.done)).toEqual(seen.map((one) => one.done).sort((a, b) => a - b));
});

it("offline, what is cached is used without a request, and the rest is refused", async () => {
  const hub = await FakeHub.start(FOLDER);
  const puller = new Puller(hub);
  const { path } = await puller.pull("hf:owner/model");
  hub.seen = [];
  puller.env.HF_HUB_OFFLINE = "1";
  expect((await puller.pull("hf:owner/model")).path).toBe(path);
  expect(await puller.failure("hf:owner/model@v2")).toMatchObject({
    code: "not-cached",
    message: expect.stringMatching(/HF_HUB_OFFLINE is set, and .* has nothing of owner\/model@v2\. Unset/),
  });
  expect(await puller.failure("hf:owner/model:Q8_0")).toMatchObject({
    code: "not-cached",
    message: expect.stringMatching(/of what is cached, owner\/model has no GGUF files/),
  });
  writeFileSync(puller.repo("blobs", etagOf(FOLDER[7]!)), "");
  expect(existsSync(join(path, FOLDER[7]!.path))).toBe(true);
  const { unlinkSync } = await import("node:fs");
  unlinkSync(puller.repo("blobs", etagOf(FOLDER[7]!)));
  expect((await puller.failure("hf:owner/model")).message).toMatch(/names: model-00002-of-00002\.safetensors/);
  expect(hub.seen).toEqual([]);
});

it("where the Hub cannot be reached, what is cached is used, and said so", async () => {
  const hub = await FakeHub.start([Q4]);
  const puller = new Puller(hub);
  const { path } = await puller.pull("hf:owner/model");
  hub.fault = () => ({ status: 503 });
  const notices: string[] = [];
  expect((await puller.pull("hf:owner/model", { onNotice: (text) => notices.push(text) })).path).toBe(path);
  expect(notices).toEqual([expect.stringMatching(/answers HTTP 503: using the cached commit 0123/)]);
  await hub.stop();
  expect((await puller.pull("hf:owner/model", { onNotice: (text) => notices.push(text) })).path).toBe(path);
  expect(notices[1]).toMatch(/cannot be reached \(.*ECONNREFUSED/);
});
