import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { TritonJob, TritonResult } from "../../../compiler/backends/triton/index.js";
import { Cache, cachedTriton, jobKey } from "../../../compiler/cache/index.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cached-triton-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const job: TritonJob = {
  source: "…",
  kernel: "add",
  signature: { x: "*fp32", n: "i32", B: "constexpr" },
  constants: { B: 64 },
  divisible: ["x", "n"],
  target: { arch: 90 },
};

const CONTENT = "the locked Triton";
const installed = async () => CONTENT;

const output = {
  ok: true,
  cubin: Buffer.from([1, 2, 255]),
  ptx: ".version 8.0",
  ptxVersion: 80,
  metadata: { name: "add", shared: 0 },
  resources: { registers: 20 },
  versions: { triton: "3.9.0", content: CONTENT },
  printed: "",
  seconds: 0.1,
} as unknown as TritonResult;

describe("cachedTriton", () => {
  it("compiles once, then answers from the disk with the same output", async () => {
    const service = { compile: vi.fn(async () => output) };
    const first = await cachedTriton(service, new Cache({ folder }), installed).compile(job);
    const second = await cachedTriton(service, new Cache({ folder }), installed).compile(job);
    expect([first.cached, second.cached]).toEqual([false, true]);
    expect(second.result).toEqual(output);
    expect(service.compile).toHaveBeenCalledTimes(1);
  });

  it("keeps no failures", async () => {
    const failed = { ok: false, error: { stage: "timeout", message: "slow", calls: [], detail: "" } } as TritonResult;
    const service = { compile: vi.fn(async () => failed) };
    const triton = cachedTriton(service, new Cache({ folder }), installed);
    await triton.compile(job);
    expect(await triton.compile(job)).toEqual({ result: failed, cached: false });
    expect(service.compile).toHaveBeenCalledTimes(2);
  });

  it("keeps what another Triton made for that Triton alone", async () => {
    const service = { compile: vi.fn(async () => output) };
    const triton = cachedTriton(service, new Cache({ folder }), async () => "another Triton");
    await triton.compile(job);
    expect((await triton.compile(job)).cached).toBe(false);
    expect((await cachedTriton(service, new Cache({ folder }), installed).compile(job)).cached).toBe(true);
  });

  it.each([
    { facts: "null" },
    { facts: "[" },
    { facts: '{"ok":true}' },
    { facts: "{}", cubin: undefined },
    { cubin: undefined },
  ])("makes an entry anew that is whole and says nothing: %j", async (change) => {
    const service = { compile: vi.fn(async () => output) };
    const cache = new Cache({ folder });
    const { facts = JSON.stringify(output), ...rest } = { cubin: "x", ptx: "y", ...change };
    const files = Object.entries({ "facts.json": facts, ...rest }).filter((one): one is [string, string] => !!one[1]);
    await cache.put(jobKey(job, CONTENT), Object.fromEntries(files));
    const triton = cachedTriton(service, cache, installed);
    expect([(await triton.compile(job)).cached, (await triton.compile(job)).cached]).toEqual([false, true]);
  });

  it("does not answer an aborted request", async () => {
    const triton = cachedTriton({ compile: async () => output }, new Cache({ folder }), installed);
    await triton.compile(job);
    await expect(triton.compile(job, { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: "AbortError" });
  });
});

describe("jobKey", () => {
  it("is the same for the same cubin", () => {
    expect(
      jobKey(
        {
          ...job,
          divisible: ["n", "x"],
          stages: ["ptx", "cubin"],
          file: "elsewhere.py",
          options: {},
          lineInfo: false,
        },
        CONTENT,
      ),
    ).toBe(jobKey(job, CONTENT));
  });

  it.each([
    { source: "… " },
    { kernel: "sub" },
    { signature: { x: "*bf16", n: "i32", B: "constexpr" } },
    { constants: { B: 128 } },
    { constants: { B: { float: 64 } } },
    { divisible: ["x"] },
    { one: ["n"] },
    { target: { arch: 100 } },
    { options: { num_warps: 8 } },
    { stages: ["cubin"] },
    { lineInfo: true },
  ] as Partial<TritonJob>[])("differs with %j", (change) => {
    expect(jobKey({ ...job, ...change }, CONTENT)).not.toBe(jobKey(job, CONTENT));
  });
});
