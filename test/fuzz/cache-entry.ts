/** Entries of the compiler's cache: whatever became of one, it is either given as it was put or made anew, and the cache goes on. */

import assert from "node:assert/strict";
import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import type { TritonJob, TritonOutput, TritonResult, TritonService } from "../../compiler/backends/triton/index.js";
import { Cache, type CachedTriton, cachedTriton, cacheKey } from "../../compiler/cache/index.js";
import { newFolder, writeAnew } from "./harness/files.js";
import { byteEdits, edited, editedBytes, type Json, jsonEdits } from "./harness/hostile.js";
import { attempts } from "./harness/target.js";

export const name = "cache-entry";

const files = { ptx: ".version 8.0", "facts.json": '{"ok":true}' };
const job: TritonJob = {
  source: "…",
  kernel: "add",
  signature: { x: "*fp32", B: "constexpr" },
  constants: { B: 64 },
  divisible: [],
  target: { arch: 90 },
};
const content = "the locked Triton";
const result = {
  ok: true,
  ptx: ".version 8.0",
  cubin: Buffer.from([1, 2, 3]),
  metadata: { name: "add", shared: 0 },
  resources: { registers: 20 },
  versions: { triton: "3.9.0", content },
} as unknown as TritonResult;
type Cached = (service: Pick<TritonService, "compile">, cache: Cache, installed: () => Promise<string>) => CachedTriton;
const cached: Cached = cachedTriton;

const file = fc.constantFrom("entry.json", "ptx", "facts.json", ".");
const damage = fc.oneof(
  { weight: 4, arbitrary: fc.record({ index: jsonEdits }) },
  { weight: 2, arbitrary: fc.record({ file, bytes: byteEdits }) },
  fc.record({
    file,
    becomes: fc.constantFrom("nothing", "a folder", "a link to nowhere", "a link to itself", "/dev/zero"),
  }),
  fc.record({
    file,
    text: fc.constantFrom("", "null", "[]", "{}", '{"format":1}', '{"format":1,"key":"KEY","files":null}'),
  }),
  fc.record({
    names: fc.constantFrom("../../../../../../etc/hostname", "/etc/hostname", "a\0b", "", ".", "x".repeat(300)),
  }),
);
const inputs = fc.record({ damages: fc.array(damage, { minLength: 1, maxLength: 3 }), triton: fc.boolean() });

const parent = newFolder();
let number = 0;

/** What an entry may become by hand or by a disk. */
function spoil(folder: string, key: string, damage: object & Partial<Record<string, unknown>>): void {
  const index = join(folder, "entry.json");
  const path = "file" in damage ? join(folder, damage.file as string) : index;
  const { becomes } = damage as { becomes?: string };
  if ("index" in damage) rewrite(index, (value) => edited(value, damage.index as never));
  else if ("names" in damage)
    rewrite(index, (value) => ({
      ...(value as object),
      files: { [damage.names as string]: { sha256: "0".repeat(64), bytes: 1 } },
    }));
  else if (path !== folder && "bytes" in damage) writeAnew(path, editedBytes(read(path), damage.bytes as never));
  else if (path !== folder && "text" in damage) writeAnew(path, (damage.text as string).replace("KEY", key));
  else {
    rmSync(path, { recursive: true, force: true });
    if (becomes === "a folder") mkdirSync(path);
    else if (becomes === "a link to nowhere") symlinkSync("/nowhere", path);
    else if (becomes === "a link to itself") symlinkSync(path, path);
    else if (becomes === "/dev/zero") symlinkSync("/dev/zero", path);
  }
}

/** Not of a device that a former damage put there. */
function read(path: string): Buffer {
  if (!lstatSync(path).isFile()) throw new Error("no file is left to damage");
  return readFileSync(path);
}

const rewrite = (path: string, change: (value: Json) => Json): void =>
  writeFileSync(path, JSON.stringify(change(JSON.parse(read(path).toString()))));

/** A second damage may find nothing left of what it is for. */
const spoilAll = (folder: string, key: string, damages: readonly object[]): void => {
  for (const damage of damages)
    try {
      spoil(folder, key, damage);
    } catch {}
};

async function whole(key: string, cache: Cache, damages: readonly object[]): Promise<void> {
  assert.ok(await cache.put(key, files));
  spoilAll(join(cache.folder, "entries", key.slice(0, 2), key), key, damages);
  const found = await cache.get(key);
  // A file that the index has lost is not there, which whoever asked for it sees.
  for (const [name, content] of found ?? [])
    assert.equal(content.toString(), files[name as keyof typeof files], "the cache gives what was not put");
  assert.ok(await cache.put(key, files), "the entry cannot be made anew");
  assert.ok(await cache.get(key), "the entry that was made anew is not found");
}

async function compiled(cache: Cache, damages: readonly object[]): Promise<void> {
  const triton = cached({ compile: async () => result }, cache, async () => content);
  const first = await triton.compile(job);
  const entries = join(cache.folder, "entries");
  const [folder, key] = onlyEntry(entries);
  spoilAll(folder, key, damages);
  const second = await triton.compile(job);
  const third = await triton.compile(job);
  for (const again of [second, third]) assert.equal(textOf(again.result), textOf(first.result), "another result");
  assert.ok(third.cached, "the entry is not made anew");
}

const textOf = (result: TritonResult): string => {
  const { ptx, cubin } = result as unknown as TritonOutput;
  return JSON.stringify({ ok: result.ok, ptx, cubin: cubin?.toString("hex") });
};

function onlyEntry(entries: string): [folder: string, key: string] {
  const [shard] = readdirSync(entries);
  const [key] = readdirSync(join(entries, shard!));
  return [join(entries, shard!, key!), key!];
}

export const { run, replay } = attempts({
  inputs,
  right: [true, false].map((triton) => ({ damages: [], triton })),
  refusals: [],
  async attempt({ damages, triton }) {
    const folder = join(parent, String(number++));
    const warnings: string[] = [];
    const cache = new Cache({ folder, onWarning: (message) => warnings.push(message) });
    await (triton ? compiled(cache, damages) : whole(cacheKey("a"), cache, damages));
    assert.deepEqual(warnings, []);
    rmSync(folder, { recursive: true, force: true });
  },
});
