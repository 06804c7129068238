import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Cache, cacheKey } from "../../../compiler/cache/index.js";
import { SealedFolder } from "../../../compiler/store/index.js";
import { WasmFolder } from "../../../runtime/device/cpu/index.js";

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "damage-"));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

type Damage = (path: string, number: number) => void;

/** What may become of a file or a folder. */
const DAMAGES: Readonly<Record<string, Damage>> = {
  gone: (path) => rmSync(path, { recursive: true }),
  "a folder": (path) => {
    rmSync(path, { recursive: true });
    mkdirSync(join(path, "more"), { recursive: true });
  },
  "a file": (path) => {
    rmSync(path, { recursive: true });
    writeFileSync(path, "not a folder");
  },
  "a link to nothing": (path) => {
    rmSync(path, { recursive: true });
    symlinkSync(join(root, "nothing"), path);
  },
  "a link to itself": (path) => {
    rmSync(path, { recursive: true });
    symlinkSync(path, path);
  },
  "writable by others": (path) => chmodSync(path, 0o777),
  "cut short": (path, number) =>
    statSync(path).isFile() && truncateSync(path, number % Math.max(1, statSync(path).size)),
  longer: (path) => statSync(path).isFile() && writeFileSync(path, "more", { flag: "a" }),
  "another byte": (path, number) => {
    if (!statSync(path).isFile()) return;
    const bytes = readFileSync(path);
    if (bytes.length > 0) bytes[number % bytes.length]! ^= 1 + (number % 255);
    writeFileSync(path, bytes);
  },
};

/** JSON that an index may hold: of any shape, and of nearly the right one. */
const JSONS: fc.Arbitrary<string> = fc.oneof(
  fc.json(),
  fc
    .record(
      {
        format: fc.constantFrom(1, 2, "1", null),
        key: fc.constantFrom(cacheKey("a"), "b", null),
        files: fc.oneof(
          fc.constantFrom(null, [], "files", 3),
          fc.dictionary(
            fc.constantFrom("file", "../file", "__proto__", "entry.json", "."),
            fc.oneof(
              fc.jsonValue(),
              fc.record({ sha256: fc.constantFrom("", null, 1), bytes: fc.constantFrom(1, -1, "1", null) }),
            ),
          ),
        ),
      },
      { requiredKeys: [] },
    )
    .map((value) => JSON.stringify(value)),
);

const key = cacheKey("a");
const shard = key.slice(0, 2);
const step = fc.record({ what: fc.constantFrom(...Object.keys(DAMAGES)), at: fc.nat(9), number: fc.nat(100_000) });

it("an entry that was damaged in any way is right or absent, and can be made anew", { timeout: 120_000 }, async () => {
  const warnings: string[] = [];
  const cache = new Cache({ folder: root, onWarning: (text) => warnings.push(text) });
  const places = [
    "entries",
    `entries/${shard}`,
    `entries/${shard}/${key}`,
    ...["file", "more", "entry.json"].map((name) => `entries/${shard}/${key}/${name}`),
  ];
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 2 }), fc.option(JSONS), async (steps, json) => {
      expect(await cache.put(key, { file: "content", more: "x".repeat(200) })).toBe(true);
      if (json !== null) writeFileSync(join(root, places.at(-1)!), json);
      for (const { what, at, number } of steps) {
        try {
          DAMAGES[what]!(join(root, places[at % places.length]!), number);
        } catch {
          // The damage before has taken it away.
        }
      }
      const found = await cache.get(key);
      if (found) expect([found.get("file")?.toString(), found.get("more")?.length]).toEqual(["content", 200]);
      expect(await cache.put(key, { file: "content", more: "x".repeat(200) })).toBe(true);
      expect((await cache.get(key))?.get("file")?.toString()).toBe("content");
    }),
    { numRuns: 60 },
  );
  expect(warnings).toEqual([]);
});

it("stored code that was damaged in any way is right or absent, and can be stored anew", {
  timeout: 120_000,
}, async () => {
  const wasm = new WasmFolder(root);
  const code = Uint8Array.from({ length: 300 }, (_, index) => index);
  const places = ["wasm", `wasm/${shard}`, `wasm/${shard}/${key}`];
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 2 }), async (steps) => {
      await wasm.put(key, code);
      for (const { what, at, number } of steps) {
        try {
          DAMAGES[what]!(join(root, places[at % places.length]!), number);
        } catch {
          // The damage before has taken it away.
        }
      }
      const found = await wasm.get(key);
      if (found) expect(found).toEqual(code);
      await wasm.put(key, code);
      expect(await wasm.get(key)).toEqual(code);
    }),
    { numRuns: 60 },
  );
});

it("stored code under another key is not run", async () => {
  const scripts = new SealedFolder(root, "scripts");
  const other = `${shard}${cacheKey("b").slice(2)}`;
  await scripts.put(other, Buffer.from("other"));
  await scripts.put(key, Buffer.from("mine"));
  writeFileSync(join(root, "scripts", shard, key), readFileSync(join(root, "scripts", shard, other)), { mode: 0o600 });
  expect(await scripts.get(key)).toBeUndefined();
  expect(readdirSync(join(root, "scripts", shard))).toEqual([other]);
});
