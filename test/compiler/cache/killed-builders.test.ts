import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Cache, cacheKey } from "../../../compiler/cache/index.js";
import { transpile } from "../transpiled.js";

let code: ReturnType<typeof transpile>;
let folder: string;
beforeAll(() => {
  code = transpile(["cache", "backends/triton"]);
  folder = mkdtempSync(join(tmpdir(), "killed-builders-"));
  writeFileSync(join(code.folder, "builder.js"), BUILDER);
});
afterAll(() => {
  code[Symbol.dispose]();
  rmSync(folder, { recursive: true, force: true });
});

const KEYS = 24;
const contentOf = (key: string) => key.repeat(2000);

/** Puts, gets and evicts at random for ever; ends by itself with 3 when it reads something that was never put. */
const BUILDER = `
import { Cache } from "./compiler/cache/index.js";
const [folder, ...keys] = process.argv.slice(2);
const cache = new Cache({ folder, limit: ${(KEYS * 130_000) / 2} });
process.stdout.write("ready");
for (;;) {
  const key = keys[Math.floor(Math.random() * keys.length)];
  const found = await cache.get(key);
  if (found && found.get("content").toString() !== key.repeat(2000)) process.exit(3);
  if (!found) await cache.put(key, { content: key.repeat(2000), more: "x".repeat(1000) });
  if (Math.random() < 0.05) await cache.evict();
}`;

it("stays whole while builders put, evict and are killed at any point", async () => {
  const keys = Array.from({ length: KEYS }, (_, index) => cacheKey(index));
  const builder = () =>
    spawn(process.execPath, [join(code.folder, "builder.js"), folder, ...keys], {
      stdio: ["ignore", "pipe", "inherit"],
    });
  for (let round = 0; round < 12; round++) {
    const children = [builder(), builder()];
    await Promise.all(children.map(({ stdout }) => new Promise((resolve) => stdout.once("data", resolve))));
    await new Promise((resolve) => setTimeout(resolve, 10 + Math.random() * 120));
    expect(await Promise.all(children.map(kill))).toEqual(["SIGKILL", "SIGKILL"]);
  }
  const cache = new Cache({ folder });
  let present = 0;
  for (const key of keys) {
    const found = await cache.get(key);
    if (found) present++;
    // Renames are atomic, so a kill leaves drafts, never a damaged entry.
    else expect(existsSync(join(folder, "entries", key.slice(0, 2), key))).toBe(false);
    if (found) expect(found.get("content")?.toString()).toBe(contentOf(key));
    else expect(await cache.put(key, { content: contentOf(key) })).toBe(true);
  }
  expect(present).toBeGreaterThan(0);
});

function kill(child: ChildProcess): Promise<NodeJS.Signals | number | null> {
  return new Promise((resolve) => {
    child.once("exit", (exitCode, signal) => resolve(signal ?? exitCode));
    child.kill("SIGKILL");
  });
}
