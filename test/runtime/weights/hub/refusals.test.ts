import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { pullModel } from "../../../../runtime/index.js";
import { FakeHub, type Fault, lfs, text } from "./fake-hub.js";
import { Puller, TOKEN } from "./pulling.js";

const FILES = [lfs("model-Q4_K_M.gguf", 1000)];

it.each<[string, Fault, NodeJS.ProcessEnv, string, RegExp]>([
  [
    "401 without a token",
    { status: 401, code: "RepoNotFound" },
    {},
    "repo-closed",
    /owner\/model does not exist, or is private or gated \(HTTP 401 without a token\)\. .*http:\/\/[\d.:]+\/owner\/model and set HF_TOKEN/,
  ],
  [
    "401 with a token",
    { status: 401 },
    { HF_TOKEN: TOKEN },
    "repo-closed",
    /may not be read with the token of HF_TOKEN \(HTTP 401\)\. Check that HF_TOKEN is valid.*\/owner\/model says/,
  ],
  [
    "gated, without a token",
    { status: 401, code: "GatedRepo" },
    {},
    "repo-closed",
    /is gated: .* Ask for access at http.*\/owner\/model, and set HF_TOKEN/,
  ],
  [
    "gated, with a token",
    { status: 403, code: "GatedRepo" },
    { HF_TOKEN: TOKEN },
    "repo-closed",
    /is gated: .* with the account of your HF_TOKEN/,
  ],
  [
    "404",
    { status: 404, code: "RepoNotFound" },
    { HF_TOKEN: TOKEN },
    "repo-missing",
    /there is no repository owner\/model on http:.* Check the owner and the name/,
  ],
  ["500", { status: 500 }, {}, "unreachable", /answers HTTP 500\. Try again later/],
  ["418", { status: 418 }, {}, "answer", /answers HTTP 418\. Check that HF_ENDPOINT/],
  ["a login page", { body: "<h1>Log in</h1>" }, {}, "answer", /answers what no Hub would \(.*JSON.*\)\. .*login page/],
  ["other JSON", { body: '{"sha":"main"}' }, {}, "answer", /answers what no Hub would/],
])("%s", async (_, fault, env, code, message) => {
  const hub = await FakeHub.start(FILES);
  hub.fault = () => fault;
  const puller = new Puller(hub, env);
  const failure = await puller.failure("hf:owner/model");
  expect(failure).toMatchObject({ name: "PullError", code, message: expect.stringMatching(message) });
  expect(`${failure.stack} ${JSON.stringify(failure)}`).not.toContain(TOKEN);
  expect(existsSync(join(puller.home, "hub"))).toBe(false);
});

it("a repository whose list is public and whose files are not", async () => {
  const hub = await FakeHub.start(FILES);
  hub.fault = ({ url }) => (url.includes("/resolve/") ? { status: 403, code: "GatedRepo" } : undefined);
  const puller = new Puller(hub);
  expect(await puller.failure("hf:owner/model")).toMatchObject({ code: "repo-closed" });
  expect([puller.names("snapshots"), puller.names("refs"), puller.locks]).toEqual([[], [], []]);
});

it("passing trouble is waited out", async () => {
  const hub = await FakeHub.start(FILES);
  const queue: Fault[] = [{ status: 503 }, { status: 429, retryAfter: 0 }];
  hub.fault = () => queue.shift();
  expect((await new Puller(hub).pull("hf:owner/model")).quantization).toBe("Q4_K_M");
});

it("no network is said at once, and how to do without", async () => {
  const hub = await FakeHub.start(FILES);
  await hub.stop();
  const puller = new Puller({ endpoint: "http://127.0.0.1:9" });
  const failure = await puller.failure("hf:owner/model");
  expect(failure).toMatchObject({
    code: "unreachable",
    message: expect.stringMatching(/^127\.0\.0\.1:9 cannot be reached \(.+\)\. Check the network.*HF_HUB_OFFLINE=1/),
  });
  expect(existsSync(join(puller.home, "hub"))).toBe(false);
  puller.env.HTTPS_PROXY = "http://proxy:3128";
  expect((await puller.failure("hf:owner/model")).hint).toMatch(/^HTTPS_PROXY is set, .*NODE_USE_ENV_PROXY=1/);
});

it("a revision that there is not", async () => {
  const hub = await FakeHub.start(FILES);
  expect(await new Puller(hub).failure("hf:owner/model@v9")).toMatchObject({
    code: "revision-missing",
    message: expect.stringMatching(/^owner\/model has no revision v9\. Name a branch/),
  });
});

it("a file that goes away between list and download", async () => {
  const hub = await FakeHub.start(FILES);
  hub.fault = ({ url }) => (url.includes("/resolve/") ? { status: 404, code: "EntryNotFound" } : undefined);
  expect(await new Puller(hub).failure("hf:owner/model")).toMatchObject({ code: "file-missing" });
});

it.each([["../../outside.gguf"], ["/etc/outside.gguf"], ["a//b.gguf"], ["a\\..\\b.gguf"]])(
  "a hostile Hub that lists %s",
  async (path) => {
    const hub = await FakeHub.start([{ ...FILES[0]!, listed: { path } }]);
    const puller = new Puller(hub);
    expect(await puller.failure("hf:owner/model")).toMatchObject({
      code: "answer",
      message: expect.stringContaining(JSON.stringify(path)),
    });
    expect(existsSync(join(puller.home, "hub"))).toBe(false);
  },
);

it("a hash that is none, which would become a path", async () => {
  const hub = await FakeHub.start([{ ...FILES[0]!, listed: { oid: "../../../x" } }]);
  expect(await new Puller(hub).failure("hf:owner/model")).toMatchObject({ code: "answer" });
});

it.each<[string, string[], string, RegExp]>([
  [
    "nothing to use",
    ["README.md"],
    "hf:owner/model",
    /owner\/model has no config\.json and no tokenizer\.json and no model\.safetensors\. Name/,
  ],
  ["no tokenizer", ["config.json", "model.safetensors"], "hf:owner/model", /has no tokenizer\.json\. /],
  [
    "a quantisation of safetensors",
    ["config.json", "tokenizer.json", "model.safetensors"],
    "hf:owner/model:Q8_0",
    /has no GGUF files, so no Q8_0 either\. It has safetensors: hf:owner\/model$/,
  ],
  [
    "another quantisation",
    ["m-Q8_0.gguf", "m-F16.gguf"],
    "hf:owner/model:Q4_0",
    /has no Q4_0; it has F16 \(1 bytes\), Q8_0 \(1 bytes\)\. Name one of these, such as hf:owner\/model:F16/,
  ],
  [
    "two of one quantisation",
    ["a-Q8_0.gguf", "b-Q8_0.gguf"],
    "hf:owner/model:Q8_0@main",
    /more than one Q8_0: a-Q8_0\.gguf, b-Q8_0\.gguf\. Name the file: hf:owner\/model:a-Q8_0\.gguf or hf:/,
  ],
  [
    "several without one that is known",
    ["a.gguf", "b.gguf"],
    "hf:owner/model",
    /has several models and none is named: a\.gguf \(1 bytes\), b\.gguf/,
  ],
  [
    "a split one without its second part",
    ["m-Q8_0-00001-of-00002.gguf"],
    "hf:owner/model",
    /has not all parts of m-Q8_0-00001-of-00002\.gguf: m-Q8_0-00002-of-00002\.gguf missing/,
  ],
])("%s is said with what there is, before anything is made", async (_, names, reference, message) => {
  const hub = await FakeHub.start(names.map((name) => text(name, "x")));
  const puller = new Puller(hub);
  expect((await puller.failure(reference)).message).toMatch(message);
  expect(hub.downloads).toEqual([]);
  expect(existsSync(join(puller.home, "hub"))).toBe(false);
});

it("a cache that cannot be used is named with the way out", async () => {
  const hub = await FakeHub.start(FILES);
  const puller = new Puller(hub);
  writeFileSync(join(puller.home, "hub"), "a file");
  expect(await puller.failure("hf:owner/model")).toMatchObject({
    code: "cache-unusable",
    message: expect.stringMatching(/the cache .*hub cannot be used \(.+\)\. Set HF_HOME/),
  });
});

it("programs call pullModel, which gives the path", async () => {
  const hub = await FakeHub.start(FILES);
  const puller = new Puller(hub);
  const path = await pullModel("hf:owner/model", { env: puller.env });
  expect(path).toMatch(/model-Q4_K_M\.gguf$/);
});
