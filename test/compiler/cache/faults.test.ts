import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { Cache, cacheKey, cacheProblem } from "../../../compiler/cache/index.js";
import { SealedFolder } from "../../../compiler/store/index.js";
import { failEach, onFaultyDisk } from "../../faulty-disk.js";

vi.mock("node:fs", async (original) => (await import("../../faulty-disk.js")).faulty(await original()));
vi.mock("node:fs/promises", async (original) => (await import("../../faulty-disk.js")).faulty(await original()));

let base: string;
beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), "faults-"));
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

const [a, b] = [cacheKey("a"), cacheKey("b")];
const place = (root: string, key: string) => join(root, "entries", key.slice(0, 2), key);
const text = async (cache: Cache, key: string) => (await cache.get(key))?.get("file")?.toString();

/** A fresh cache; afterwards it must work as if nothing had been. */
async function each(
  prepare: (cache: Cache, root: string) => Promise<unknown>,
  work: (cache: Cache, root: string) => Promise<void>,
) {
  let count = 0;
  const operations = await failEach(async (what) => {
    const root = join(base, `${count++}`);
    const warnings: string[] = [];
    const cache = new Cache({ folder: root, limit: 5000, onWarning: (message) => warnings.push(message) });
    await prepare(cache, root);
    await onFaultyDisk(() => work(cache, root)).catch((error) => {
      throw new Error(`${what}: ${error.stack}`);
    });
    expect(warnings.length, what).toBeLessThanOrEqual(1);
    for (const key of [a, b]) {
      await cache.get(key);
      expect([what, await cache.put(key, { file: key })]).toEqual([what, true]);
      expect([what, await text(cache, key)]).toEqual([what, key]);
    }
    rmSync(root, { recursive: true });
  });
  return operations;
}

/** What the cache says must be so, once the disk is well again. */
const said: { stored?: boolean; found?: string } = {};

it("an entry is stored or not, as `put` says, whichever operation fails", async () => {
  const operations = await each(
    async () => {},
    async (cache) => {
      said.stored = await cache.put(a, { file: a, more: "more" });
      said.found = await text(cache, a);
      expect([a, undefined]).toContain(said.found);
    },
  );
  expect(operations).toBeGreaterThan(20);
});

it("an entry is read right or not at all, and a damaged one goes", async () => {
  const whole = await each(
    (cache) => cache.put(a, { file: a }),
    async (cache) => expect([a, undefined]).toContain(await text(cache, a)),
  );
  const damaged = await each(
    async (cache, root) => {
      await cache.put(a, { file: a });
      writeFileSync(join(place(root, a), "file"), "x".repeat(a.length));
    },
    async (cache) => {
      expect(await text(cache, a)).toBeUndefined();
      await cache.put(a, { file: a });
    },
  );
  expect(Math.min(whole, damaged)).toBeGreaterThan(5);
});

it("eviction takes what it can", async () => {
  const operations = await each(
    async (cache) => {
      for (let index = 0; index < 3; index++) await cache.put(cacheKey(index), { file: "x".repeat(3000) });
    },
    // Only its caller could tell; `put` goes on without.
    (cache) => cache.evict().catch((error) => expect(error).toHaveProperty("code")),
  );
  expect(operations).toBeGreaterThan(10);
});

it("a sealed file is read right or not at all", async () => {
  const operations = await each(
    async () => {},
    async (_, root) => {
      const files = new SealedFolder(root, "wasm");
      await files.put(a, Buffer.from(a));
      expect([a, undefined]).toContain((await files.get(a))?.toString());
      await files.put(a, Buffer.from(a));
      expect([a, undefined]).toContain((await files.get(a))?.toString());
    },
  );
  expect(operations).toBeGreaterThan(20);
});

it("a cache that cannot be used is told, never thrown", async () => {
  await each(
    async () => {},
    async (_, root) => expect([undefined, expect.any(String)]).toContainEqual(cacheProblem(root)),
  );
});
