import { spawn } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it, vi } from "vitest";
import { progressText } from "../../cli/generate/pull.js";
import { bin } from "../built-cli.js";
import { COMMIT, FakeHub, lfs, sha256, text } from "../runtime/weights/hub/fake-hub.js";
import { TOKEN } from "../runtime/weights/hub/pulling.js";
import { temporaryFolder } from "../temporary-folder.js";
import { cli } from "./run-cli.js";

const FILE = lfs("model-Q4_K_M.gguf", 400_000, 4);
const SNAPSHOT = `hub/models--owner--model/snapshots/${COMMIT}`;
const PARTIAL = `hub/models--owner--model/blobs/${sha256(FILE.content)}.tilescript.incomplete`;

afterEach(() => {
  vi.unstubAllEnvs();
});

/** A Hub with this one repository, which the commands of this process find, and a cache. */
async function hubFor(...files: Parameters<typeof FakeHub.start>[0]): Promise<{ hub: FakeHub; home: string }> {
  const hub = await FakeHub.start(files);
  const home = temporaryFolder("pull");
  const env = { HF_ENDPOINT: hub.endpoint, HF_HOME: home, HF_TOKEN: TOKEN, HF_HUB_CACHE: "", HF_HUB_OFFLINE: "" };
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  return { hub, home };
}

it("prints the path and nothing else on stdout; what it took and what it cost on stderr", async () => {
  const { home } = await hubFor(FILE, lfs("model-Q8_0.gguf", 10));
  const path = join(home, SNAPSHOT, FILE.path);
  expect(await cli("pull", "hf:owner/model")).toEqual({
    code: 0,
    stdout: `${path}\n`,
    stderr: "Taking Q4_K_M (400 kB); owner/model also has Q8_0 (10 bytes)\nPulled 400 kB in 1 file\n",
  });
  expect(readFileSync(path).equals(FILE.content)).toBe(true);
  expect(await cli("pull", "hf:owner/model:q4_k_m")).toEqual({ code: 0, stdout: `${path}\n`, stderr: "" });
});

it("--json prints one object", async () => {
  const { home } = await hubFor(FILE);
  const { stdout } = await cli("pull", "hf:owner/model:Q4_K_M", "--json");
  expect(JSON.parse(stdout)).toEqual({
    path: join(home, SNAPSHOT, FILE.path),
    repo: "owner/model",
    revision: "main",
    commit: COMMIT,
    quantization: "Q4_K_M",
    files: [{ path: FILE.path, bytes: 400_000, cached: false }],
  });
});

it("errors have a way out and no token in them, even with --verbose", async () => {
  const { hub } = await hubFor(FILE);
  hub.fault = () => ({ status: 403, code: "GatedRepo" });
  const refused = await cli("pull", "hf:owner/model", "--verbose");
  expect(refused).toMatchObject({
    code: 1,
    stdout: "",
    stderr: expect.stringMatching(
      /^error: owner\/model is gated: .*\nhint: Ask for access at http:\/\/127\.0\.0\.1:\d+\/owner\/model/,
    ),
  });
  expect(refused.stderr).not.toContain(TOKEN);
  expect(await cli("pull", "owner/model")).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^error: "owner\/model" does not begin with "hf:"\nhint: Write hf:OWNER\/REPO/),
  });
  expect(await cli("pull")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("missing required argument 'reference'"),
  });
});

it.each([
  ["generate", "--prompt", "hi"],
  ["chat"],
  ["eval", "niah", "--out", temporaryFolder("pull-niah")],
  ["bench", "model", "--out", temporaryFolder("pull-bench")],
])("%s --model hf:… pulls first, and loads what it pulled", async (...command) => {
  const { home } = await hubFor(text("no-model-Q8_0.gguf", "no model at all"));
  const { code, stderr } = await cli(...command, "--device", "cpu", "--model", "hf:owner/model");
  expect(stderr).toContain("Pulled 15 bytes in 1 file\n");
  expect(stderr).toMatch(new RegExp(`error: ${join(home, SNAPSHOT)}/no-model-Q8_0\\.gguf, byte 0: `));
  expect(code).toBe(1);
});

it("TILESCRIPT_MODEL may be a reference too, and doctor does not take it for a missing file", async () => {
  const { home } = await hubFor(text("no-model-Q8_0.gguf", "no model at all"));
  vi.stubEnv("TILESCRIPT_MODEL", "hf:owner/model");
  expect((await cli("generate", "--device", "cpu", "--prompt", "hi")).stderr).toContain(join(home, SNAPSHOT));
  expect((await cli("doctor")).stdout).toContain("hf:owner/model, which is pulled when it is needed");
});

it("Ctrl-C ends it at once with 130, and the same command goes on from there", async () => {
  const { hub, home } = await hubFor(FILE);
  hub.fault = ({ server }) => (server === "cdn" ? { stallAfter: 150_000 } : undefined);
  const child = spawn(process.execPath, [bin, "pull", "hf:owner/model"], { env: { ...process.env, NO_COLOR: "1" } });
  const written = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) child[name].on("data", (chunk) => (written[name] += chunk));
  const ended = new Promise((resolve) => child.on("close", resolve));
  await vi.waitFor(() => expect(statSync(join(home, PARTIAL)).size).toBe(150_000), 20_000);
  child.kill("SIGINT");
  expect([await ended, written]).toEqual([
    130,
    { stdout: "", stderr: "Stopped with 150 kB of 400 kB; the same command goes on from there.\n" },
  ]);
  hub.fault = () => undefined;
  hub.seen = [];
  expect((await cli("pull", "hf:owner/model")).code).toBe(0);
  expect(hub.downloads.map(({ headers }) => headers.range)).toEqual(["bytes=150000-"]);
});

it("two processes that pull the same file both have it, and it is downloaded once", async () => {
  const { hub, home } = await hubFor(FILE);
  hub.arrived = () => statSync(join(home, PARTIAL)).size;
  const queue = [{ breakAfter: 100_000 }, { breakAfter: 100_000 }];
  hub.fault = ({ server }) => (server === "cdn" ? queue.shift() : undefined);
  const run = () =>
    new Promise<string>((resolve) => {
      const child = spawn(process.execPath, [bin, "pull", "hf:owner/model"], { env: process.env });
      let stdout = "";
      child.stdout.on("data", (chunk) => (stdout += chunk));
      child.on("close", (code) => resolve(`${code} ${stdout}`));
    });
  const path = join(home, SNAPSHOT, FILE.path);
  expect(await Promise.all([run(), run()])).toEqual([`0 ${path}\n`, `0 ${path}\n`]);
  expect(readFileSync(path).equals(FILE.content)).toBe(true);
  expect(hub.downloads).toHaveLength(3);
});

it("the progress line says how much, how fast and how long", () => {
  const now = { file: "BF16/model.gguf", done: 1.2e9, total: 4.9e9, waiting: false };
  expect(progressText(now, 85e6)).toBe("Pulling model.gguf: 1.2 GB of 4.9 GB, 85.0 MB/s, 44 s left");
  expect(progressText({ ...now, waiting: true }, 0)).toBe(
    "Waiting for another process that pulls model.gguf: 1.2 GB of 4.9 GB",
  );
});
