import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Cache, cacheKey, cacheProblem } from "../../../compiler/cache/index.js";
import { privateFolder, privateRoot, SealedFolder, UntrustedFolder } from "../../../compiler/store/index.js";

let folder: string;
let root: string;
const warning = vi.spyOn(process, "emitWarning");
beforeEach(() => {
  warning.mockReset();
  folder = realpathSync(mkdtempSync(join(tmpdir(), "private-")));
  root = join(folder, "cache");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const modeOf = (path: string) => statSync(path).mode & 0o777;
const key = cacheKey("a");

describe("a cache", () => {
  it("is for its user alone, whatever the umask", async () => {
    const before = process.umask(0);
    try {
      await new Cache({ folder: root }).put(key, { file: "x" });
      await new SealedFolder(root, "scripts").put(key, Buffer.from("x"));
    } finally {
      process.umask(before);
    }
    const all = readdirSync(root, { recursive: true, encoding: "utf8" }).map((name) => join(root, name));
    expect(all.length).toBeGreaterThan(7);
    for (const path of [root, ...all])
      expect([path, modeOf(path)]).toEqual([
        path,
        statSync(path).isDirectory() ? 0o700 : path.endsWith("last-eviction") ? 0o666 : 0o600,
      ]);
  });

  it("loses what is older than a month when something is written beside it", async () => {
    const scripts = new SealedFolder(root, "scripts");
    const [old, young] = [cacheKey("a"), cacheKey("a").replace(/.$/, "0")];
    for (const one of [old, young]) await scripts.put(one, Buffer.from("x"));
    const month = new Date(Date.now() - 31 * 24 * 3600 * 1000);
    utimesSync(join(root, "scripts", old.slice(0, 2), old), month, month);
    await scripts.put(young, Buffer.from("y"));
    expect([await scripts.get(old), String(await scripts.get(young))]).toEqual([undefined, "y"]);
  });

  it("that others could write to is closed, and what was in its open folders is made anew", async () => {
    await new Cache({ folder: root }).put(key, { file: "x" });
    const scripts = new SealedFolder(root, "scripts");
    await scripts.put(key, Buffer.from("x"));
    chmodSync(root, 0o777);
    chmodSync(join(root, "scripts", key.slice(0, 2)), 0o777);
    await scripts.put(cacheKey("b"), Buffer.from("y"));
    expect(modeOf(root)).toBe(0o700);
    expect(await scripts.get(key)).toBeUndefined();
    expect(await new Cache({ folder: root }).get(key)).toBeDefined();
    expect(warning.mock.calls[0]?.[0]).toBe(`Others could write to ${root}; now only you can.`);
  });

  it("is never made of a folder for other things", () => {
    for (const content of [[], ["thesis.txt"], ["entries", "thesis.txt"]]) {
      rmSync(root, { recursive: true, force: true });
      mkdirSync(root);
      chmodSync(root, 0o777);
      for (const name of content) writeFileSync(join(root, name), "");
      expect(() => privateRoot(root)).toThrow(UntrustedFolder);
      expect([modeOf(root), readdirSync(root)]).toEqual([0o777, content]);
      expect(cacheProblem(root)).toBe(`cannot be trusted: others can write to ${root} (chmod 700 ends that)`);
    }
  });

  it("may be a link, but nothing in it", () => {
    mkdirSync(join(folder, "real"), 0o700);
    mkdirSync(join(folder, "elsewhere"), 0o700);
    symlinkSync(join(folder, "real"), root);
    symlinkSync(join(folder, "elsewhere"), join(folder, "real", "run"));
    expect(privateFolder(privateRoot(root), ["run", "a"])).toBe(join(folder, "real", "run", "a"));
    expect(existsSync(join(folder, "elsewhere", "a"))).toBe(false);
  });

  it.runIf(process.geteuid?.() === 0)("of somebody else is not used", async () => {
    mkdirSync(root, 0o700);
    chownSync(root, 4242, 4242);
    const onWarning = vi.fn();
    const cache = new Cache({ folder: root, onWarning });
    expect([await cache.put(key, { file: "x" }), await cache.get(key)]).toEqual([false, undefined]);
    expect(onWarning.mock.calls).toEqual([
      [
        expect.stringMatching(
          /cannot be trusted: .* belongs to another user \(uid 4242\).*Set TILESCRIPT_CACHE to a folder/,
        ),
      ],
    ]);
    const sealed = new SealedFolder(root, "scripts");
    await sealed.put(key, Buffer.from("x"));
    expect(readdirSync(root)).toEqual([]);
  });

  it.runIf(process.geteuid?.() === 0)("is not misled by files and folders that somebody else put there", async () => {
    const [cache, scripts] = [new Cache({ folder: root }), new SealedFolder(root, "scripts")];
    for (const path of [
      "entries",
      `entries/${key.slice(0, 2)}`,
      `entries/${key.slice(0, 2)}/${key}`,
      `entries/${key.slice(0, 2)}/${key}/file`,
    ]) {
      await cache.put(key, { file: "x" });
      chownSync(join(root, path), 4242, 4242);
      expect([path, await cache.get(key)]).toEqual([path, undefined]);
      expect(await cache.put(key, { file: "x" })).toBe(true);
      expect(statSync(join(root, path)).uid).toBe(0);
    }
    for (const path of ["scripts", `scripts/${key.slice(0, 2)}`, `scripts/${key.slice(0, 2)}/${key}`]) {
      await scripts.put(key, Buffer.from("x"));
      chownSync(join(root, path), 4242, 4242);
      expect([path, await scripts.get(key)]).toEqual([path, undefined]);
    }
  });

  it.runIf(process.platform === "linux")("in /proc is refused at once, with the reason", async () => {
    const place = "/proc/nowhere/cache";
    const onWarning = vi.fn();
    expect(await new Cache({ folder: place, onWarning }).put(key, { file: "x" })).toBe(false);
    expect(onWarning.mock.calls).toEqual([[expect.stringContaining("/proc/nowhere/cache cannot be written (EPERM)")]]);
    const sealed = new SealedFolder(place, "wasm");
    await sealed.put(key, Buffer.from("x"));
    expect([await sealed.get(key), cacheProblem(place)]).toEqual([undefined, "cannot be written to (EPERM)"]);
  });
});
