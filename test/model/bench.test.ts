import { spawn } from "node:child_process";
import { chmodSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { longContextResults } from "../../bench/long-context/index.js";
import { bin } from "../built-cli.js";
import { cli, folderWith } from "../cli/run-cli.js";
import { writeTinyModels } from "./tiny-models.js";

const WINDOW = "reattention:global=4,local=16,topK=2,span=8,clip=4,chunk=16";
const LONG_CONTEXT = ["bench", "long-context", "--device", "cpu", "--attention", WINDOW];
const kept = (folder: string) => readdirSync(folder).filter((name) => name.endsWith(".json"));
const read = (folder: string) =>
  longContextResults.parse(JSON.parse(readFileSync(join(folder, kept(folder).at(-1)!), "utf8")));

/** What is measured of a model is the same for any, and the demo model takes many times as long. */
let tiny = "";
beforeAll(async () => {
  const folder = folderWith({});
  await writeTinyModels([{ folder, family: "llama", options: "--set max_position_embeddings=4096" }]);
  tiny = join(folder, "model.gguf");
});
beforeEach(() => vi.stubEnv("TILESCRIPT_COMMIT", "one"));
afterEach(() => vi.unstubAllEnvs());

it("bench long-context measures both ways of attending, draws them, and adds rows to those it has", {
  timeout: 300_000,
}, async () => {
  const out = join(folderWith({}), "out");
  const measure = (...args: string[]) => cli(...LONG_CONTEXT, "--model", tiny, "--out", out, ...args);

  const first = await measure("--lengths", "64");
  expect(first.code).toBe(0);
  expect(first.stderr).toMatch(/^reattention, 64 tokens: first token .* s, a token .* ms, memory .* GiB \(.* % more/m);
  expect(first.stdout).toMatch(/first token +a token +memory\n +tokens( +dense +reattention){3}\n +64 .* GiB\n/);
  expect(first.stdout).toMatch(/reattention answers its first token earlier than dense attention .+ tokens/);
  expect(first.stdout).toMatch(/reattention makes a token faster than dense attention .+ tokens/);
  expect(first.stdout).toMatch(
    /[TG]B\/s of memory \(copying .+, reading .+\) and .+ [TG]FLOP\/s of bf16 matrix products/,
  );
  const results = read(out);
  expect(results.rows.map(({ attention, tokens }) => [attention, tokens])).toEqual([
    [WINDOW, 64],
    ["dense", 64],
  ]);
  for (const rate of [results.copyTBs, results.readTBs, results.matmulTFLOPs]) expect(rate).toBeGreaterThan(0);
  expect(results.crossovers).toMatchObject([{ attention: WINDOW, firstToken: {}, token: {} }]);
  for (const row of results.rows) {
    expect(row.memoryBytes).toBeGreaterThanOrEqual(row.neededBytes);
    expect(row.tokenMs).toBeGreaterThan(0);
    expect(row.firstTokenMs).toBeGreaterThan(row.tokenMs);
  }
  const names = readdirSync(out);
  for (const ending of [".json", "-token.svg", "-token.png", "-first-token.svg", "-first-token.png"])
    expect(names.filter((name) => name.endsWith(ending)).length).toBeGreaterThan(0);
  const chart = (name: string) => readFileSync(join(out, names.find((one) => one.endsWith(name))!), "utf8");
  expect(chart("s-token.svg")).toContain("weights, keys and values once");
  expect(chart("first-token.svg")).toContain("exact retrieval and weights");

  const second = await measure("--decode-only", "96", "--dense", "none", "--json");
  expect(second.code).toBe(0);
  expect(second.stderr).toMatch(/^going on with 2 rows of /m);
  expect(second.stderr).toMatch(/^reattention, 96 tokens: cache filled without a prompt, a token /m);
  const added = longContextResults.parse(JSON.parse(second.stdout));
  expect(added).toEqual(read(out));
  expect(added.rows).toHaveLength(3);
  expect(added.rows.filter(({ tokens }) => tokens < 96)).toEqual(results.rows);
  expect(added.rows.find(({ tokens }) => tokens === 96)!.firstTokenMs).toBeUndefined();

  vi.stubEnv("TILESCRIPT_COMMIT", "two");
  const third = await measure("--lengths", "none", "--dense", "64");
  expect(third.stderr).toMatch(/has results of another commit or model, or none: it is kept as .*earlier-1\.json/);
  expect(kept(out)).toHaveLength(2);
  expect(read(out)).toMatchObject({ commit: "two", rows: [{ attention: "dense", tokens: 64 }] });

  await measure("--decode-only", "32", "--dense", "none", "--fresh");
  expect(read(out).rows.map(({ attention, tokens }) => [attention, tokens])).toEqual([[WINDOW, 32]]);
});

it("Ctrl-C ends bench long-context with 130, and what was measured is kept and drawn", {
  timeout: 120_000,
}, async () => {
  const out = join(folderWith({}), "out");
  const lengths = ["--lengths", "64,4k", "--dense", "none"];
  const child = spawn(process.execPath, [bin, ...LONG_CONTEXT, "--model", tiny, "--out", out, ...lengths], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stderr = "";
  let stdout = "";
  child.stdout.on("data", (text) => (stdout += text));
  child.stderr.on("data", (text) => {
    if (!stderr.includes("64 tokens: ") && `${stderr}${text}`.includes("64 tokens: ")) child.kill("SIGINT");
    stderr += text;
  });
  expect(await new Promise((resolve) => child.on("close", resolve))).toBe(130);
  expect(stdout).toMatch(/^ +64 /m);
  expect(stderr).toContain("written: ");
  expect(stderr).toMatch(/^Stopped with 1 row in .+\.json, which later calls add to; still to measure: 4k\.$/m);
  expect(read(out).rows).toMatchObject([{ attention: WINDOW, tokens: 64 }]);
  expect(readdirSync(out).filter((name) => name.endsWith(".png"))).toHaveLength(2);
});

it("bench long-context says how many tokens fit where a context does not", { timeout: 120_000 }, async () => {
  const out = join(folderWith({}), "out");
  const { code, stderr } = await cli(...LONG_CONTEXT, "--out", out, "--lengths", "none", "--dense", "2M");
  expect(code).toBe(1);
  const [, fits] =
    /dense, 2M tokens: The CPU executor reaches 4 GiB: about (\d+)k tokens fit beside the weights\. Give a smaller length in --dense\./.exec(
      stderr,
    )!;
  expect(Number(fits)).toBeGreaterThan(64);
  expect(Number(fits)).toBeLessThan(190);
});

// Node's own recursive mkdir would never come back from /proc.
it.runIf(process.platform === "linux").each(["long-context", "model"])(
  "bench %s tells before it measures that results cannot be written",
  async (task) => {
    expect(await cli("bench", task, "--device", "cpu", "--out", "/proc/foo")).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringMatching(/error: --out: .* folder \/proc\/foo: permission denied\nhint: /),
    });
  },
);

it("bench model and bench retrieval measure, and say why no other program was measured", {
  timeout: 300_000,
}, async () => {
  const out = folderWith({});
  vi.stubEnv("TILESCRIPT_PEER_PYTHON", "/nowhere/python");
  const model = await cli(..."bench model --device cpu --prefill 32 --decode 4 --out".split(" "), out, "--model", tiny);
  expect(model.code).toBe(0);
  expect(model.stdout).toMatch(
    /prefill 32 +decode 4 +tokens a second\nTileScript +[\d,.]+ +[\d,.]+\ntransformers +not measured: /,
  );
  const retrieval = await cli(
    ..."bench retrieval --device cpu --lengths 256 --no-peer --no-exactness --json --out".split(" "),
    out,
  );
  expect(retrieval.code).toBe(0);
  expect(JSON.parse(retrieval.stdout)).toMatchObject({
    results: [{ heads: 32 }, { heads: 9 }],
    exact: [],
    peer: { absent: "not asked for" },
  });
  expect(kept(out).map((name) => name.split("-")[0])).toEqual(["model", "reattention"]);
});

it("bench step measures a step's kernels one by one", { timeout: 300_000 }, async () => {
  const out = folderWith({});
  const args = "bench step --device cpu --depth 32 --out".split(" ");
  const dense = await cli(...args, out, "--model", tiny);
  expect(dense.code).toBe(0);
  expect(dense.stdout).toMatch(/^kernel +launches +in step +alone +apart +MB +alone\nembed +1 /);
  expect(dense.stdout).toMatch(
    /\na step [\d.]+ µs, its launches [\d.]+; apart [\d.]+ µs; the host [\d.]+ µs; the device copies /,
  );
  const { kernels, depth, attention } = JSON.parse(readFileSync(join(out, kept(out)[0]!), "utf8"));
  expect([depth, attention]).toEqual([32, "dense"]);
  const of = (name: string) => kernels.filter(({ kernel }: { kernel: string }) => kernel === name);
  expect(of("embed")[0].bytes).toBeLessThan(of("decodeLogits")[0]?.bytes ?? of("decodeLogitsIntegers")[0].bytes);
  for (const { launches, aloneUs } of kernels) expect(Math.min(launches, aloneUs)).toBeGreaterThan(0);
  const windowed = await cli(
    ...args,
    out,
    "--model",
    tiny,
    "--json",
    "--attention",
    "reattention:global=4,local=8,topK=2,span=4,clip=2,chunk=8",
  );
  expect(windowed.code).toBe(0);
  const names = JSON.parse(windowed.stdout).kernels.map(({ kernel }: { kernel: string }) => kernel);
  expect(names).toContain("reattentionScan");
  expect(kept(out).map((name) => name.replace(/-cpu.*/, ""))).toEqual(["step-dense-32", "step-reattention-32"]);
  const far = await cli(..."bench step --device cpu --depth 100M --out".split(" "), out, "--model", tiny);
  expect(far).toMatchObject({ code: 1, stderr: expect.stringMatching(/context is 104859648, and /) });
});

it("bench sessions measures several answers at once together, and reads what transformers measured", {
  timeout: 300_000,
}, async () => {
  const answer = (last: number) => [10, 20, last];
  const measured = { 1: [[answer(30)]], 3: [[answer(20), answer(30), answer(40)]] };
  const peer = { name: "transformers 5", torch: "2", attention: "sdpa", rounds: measured };
  const out = folderWith({ python: `#!/bin/sh\necho warming up\necho '${JSON.stringify(peer)}'\n` });
  chmodSync(join(out, "python"), 0o755);
  vi.stubEnv("TILESCRIPT_PEER_PYTHON", join(out, "python"));
  const { code, stdout } = await cli(
    ..."bench sessions --device cpu --sessions 1,3 --decode 16 --out".split(" "),
    ...[out, "--model", tiny],
  );
  expect(code).toBe(0);
  expect(stdout).toMatch(/ sessions +tokens\/s +per session +with prompts +first token\n +1 +\d+ .*\n +3 +\d+ .* ms/);
  expect(stdout).toMatch(/\ntransformers 5\n +1 +100 +100.0 +100 +10 ms\n +3 +400 +133.3 +225 +10 ms\n/);
  const { rows } = JSON.parse(readFileSync(join(out, kept(out)[0]!), "utf8"));
  for (const row of rows) for (const value of Object.values(row)) expect(value).toBeGreaterThan(0);
});
