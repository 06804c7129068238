import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { Cache, cacheKey } from "../../../compiler/cache/index.js";

/** A disk that is full after some files. */
const disk = vi.hoisted(() => ({ room: Number.POSITIVE_INFINITY, code: "ENOSPC" }));
vi.mock("node:fs/promises", async (original) => {
  const real = await original<typeof import("node:fs/promises")>();
  return {
    ...real,
    writeFile: async (...args: Parameters<typeof real.writeFile>) => {
      if (disk.room-- > 0) return real.writeFile(...args);
      throw Object.assign(new Error("no room"), { code: disk.code });
    },
  };
});

for (const code of ["ENOSPC", "EDQUOT", "EROFS"]) {
  it(`does without caching when a write ends with ${code}, and leaves no half entry`, async () => {
    const folder = mkdtempSync(join(tmpdir(), "full-disk-"));
    const warnings: string[] = [];
    const cache = new Cache({ folder, onWarning: (message) => warnings.push(message) });
    disk.code = code;
    disk.room = 4;
    expect(await cache.put(cacheKey("a"), { one: "1" })).toBe(true);
    disk.room = 1;
    expect(await cache.put(cacheKey("b"), { one: "1", two: "2" })).toBe(false);
    expect(await cache.put(cacheKey("c"), { one: "1" })).toBe(false);
    expect(await cache.get(cacheKey("b"))).toBeUndefined();
    expect((await cache.get(cacheKey("a")))?.get("one")?.toString()).toBe("1");
    expect(readdirSync(join(folder, "temporary"))).toEqual([]);
    expect(warnings).toEqual([expect.stringContaining(code)]);
    rmSync(folder, { recursive: true });
  });
}
