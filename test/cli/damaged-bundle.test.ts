/** The command over bundles of which a byte has changed, in a copy of the product. */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { root } from "../built-cli.js";
import { writeTinyModels } from "../model/tiny-models.js";
import { temporaryFolder } from "../temporary-folder.js";

const copy = temporaryFolder("damaged-bundle");
const bundle = join(copy, "bundles/kernels");
let model = "";

beforeAll(async () => {
  mkdirSync(join(copy, "runtime"));
  // Hard links: whoever writes dist/ puts new files in place of old ones.
  execFileSync("cp", ["-al", join(root, "dist"), copy]);
  for (const name of ["cli", "package.json", "runtime/kernels", "bundles/kernels"])
    cpSync(join(root, name), join(copy, name), { recursive: true });
  // What this model has no use for takes half of the time to compile, twice.
  for (const name of ["experts", "parallel", "reattention"]) rmSync(join(copy, "runtime/kernels", name), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  const folder = temporaryFolder("damaged-bundle-model");
  await writeTinyModels([{ folder, family: "llama", options: "--set max_position_embeddings=4096" }]);
  model = join(folder, "model.gguf");
});

function generate() {
  const args = ["generate", "-m", model, "-p", "Hello", "--temperature", "0", "--max-tokens", "4"];
  const env = { ...process.env, TILESCRIPT_DEVICE: "cpu", NO_COLOR: "1" };
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(copy, "cli/bin.mjs"), ...args], {
    encoding: "utf8",
    env,
  });
  return { status, stdout, stderr };
}

function flip(name: string): Buffer {
  const path = join(bundle, name);
  const whole = readFileSync(path);
  const flipped = Buffer.from(whole);
  flipped[whole.length >> 1]! ^= 1;
  writeFileSync(path, flipped);
  return whole;
}

const attention = () =>
  readdirSync(bundle).find((one) => one.startsWith("prefillAttention") && one.endsWith(".ir.json"))!;

it("one whose sources are there is made anew, and the answer is the same", () => {
  const before = generate();
  expect(before).toMatchObject({ status: 0, stderr: expect.stringContaining(" tokens)") });
  const name = attention();
  const whole = flip(name);
  expect(generate()).toMatchObject({ status: 0, stdout: before.stdout });
  expect(readFileSync(join(bundle, name)).equals(whole)).toBe(true);
});

it("one that came in a package is named, with the way out", () => {
  rmSync(join(copy, "runtime/kernels"), { recursive: true });
  const name = attention();
  flip(name);
  const { status, stdout, stderr } = generate();
  expect([status, stdout]).toEqual([1, ""]);
  expect(stderr).toContain(name);
  expect(stderr).toMatch(/hint: .+/);
});
