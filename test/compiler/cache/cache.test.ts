import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Cache, cacheKey } from "../../../compiler/cache/index.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cache-test-"));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

const key = (name: string) => cacheKey(name);
const place = (name: string) => join(folder, "entries", key(name).slice(0, 2), key(name));

describe("Cache", () => {
  it("gives back what was put, text and bytes", async () => {
    const cache = new Cache({ folder });
    expect(await cache.get(key("a"))).toBeUndefined();
    expect(await cache.put(key("a"), { ptx: ".version 8.0", cubin: new Uint8Array([0, 255, 10]) })).toBe(true);
    const files = await new Cache({ folder }).get(key("a"));
    expect(files?.get("ptx")?.toString()).toBe(".version 8.0");
    expect([...files!.get("cubin")!]).toEqual([0, 255, 10]);
  });

  it("keeps the first of two entries with one key and leaves nothing behind", async () => {
    const cache = new Cache({ folder });
    await Promise.all(Array.from({ length: 8 }, () => cache.put(key("a"), { file: "same" })));
    expect((await cache.get(key("a")))?.get("file")?.toString()).toBe("same");
    expect(readdirSync(join(folder, "temporary"))).toEqual([]);
  });

  for (const [what, damage] of [
    ["a changed file", () => writeFileSync(join(place("a"), "file"), "contenT")],
    ["a missing file", () => rmSync(join(place("a"), "file"))],
    ["a cut index", () => writeFileSync(join(place("a"), "entry.json"), '{"format": 1, "ke')],
    [
      "the index of another entry",
      () => writeFileSync(join(place("a"), "entry.json"), '{"format":1,"key":"b","files":{}}'),
    ],
  ] as const) {
    it(`removes an entry with ${what}, so that it is made again`, async () => {
      const cache = new Cache({ folder });
      await cache.put(key("a"), { file: "content" });
      damage();
      expect(await cache.get(key("a"))).toBeUndefined();
      expect(existsSync(place("a"))).toBe(false);
      await cache.put(key("a"), { file: "content" });
      expect((await cache.get(key("a")))?.get("file")?.toString()).toBe("content");
    });
  }

  it("evicts the longest unused entries when it grows over its limit", async () => {
    const cache = new Cache({ folder, limit: 50_000 });
    for (const name of ["a", "b", "c", "d"]) await cache.put(key(name), { file: "x".repeat(10_000) });
    const hours = (count: number) => new Date(Date.now() - count * 3_600_000);
    for (const [name, age] of [
      ["a", 9],
      ["b", 8],
      ["c", 7],
      ["d", 6],
    ] as const) {
      utimesSync(join(place(name), "entry.json"), hours(age), hours(age));
    }
    await cache.get(key("a"));
    await cache.put(key("e"), { file: "x".repeat(20_000) });
    await cache.evict();
    expect(["a", "b", "c", "d", "e"].filter((name) => existsSync(place(name)))).toEqual(["a", "e"]);
    expect((await cache.usage()).bytes).toBeLessThanOrEqual(50_000);
  });

  it("sweeps what killed builders left, but not what living ones are writing", async () => {
    const temporary = join(folder, "temporary");
    const old = new Date(Date.now() - 3_600_000);
    for (const name of [`${process.pid}-mine`, "4194304-dead", "4194305-dead"]) {
      mkdirSync(join(temporary, name), { recursive: true });
      if (!name.startsWith("4194305")) utimesSync(join(temporary, name), old, old);
    }
    await new Cache({ folder }).evict();
    expect(readdirSync(temporary).sort()).toEqual(["4194305-dead", `${process.pid}-mine`].sort());
  });

  it("goes on without caching, after one warning, where the folder cannot be written", async () => {
    const file = join(folder, "file");
    writeFileSync(file, "");
    const warnings: string[] = [];
    const cache = new Cache({ folder: join(file, "cache"), onWarning: (message) => warnings.push(message) });
    expect(await cache.put(key("a"), { file: "x" })).toBe(false);
    expect(await cache.put(key("b"), { file: "x" })).toBe(false);
    expect(await cache.get(key("a"))).toBeUndefined();
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/cannot be written \(ENOTDIR\).*TILESCRIPT_CACHE/s);
  });
});
