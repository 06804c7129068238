import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { BuildError } from "../../../compiler/build/error.js";
import { writeFolder } from "../../../compiler/build/folder.js";
import { temporaryFolder } from "../../temporary-folder.js";

const scratch = (): string => temporaryFolder("folder");
const bundle = (text: string) => [
  { path: "manifest.json", content: text },
  { path: "a/b.cubin", content: Uint8Array.of(1, 2) },
];

test("a bundle replaces an earlier one and leaves nothing beside it", async () => {
  const parent = scratch();
  const folder = join(parent, "out");
  await writeFolder(folder, [...bundle("old"), { path: "gone", content: "" }]);
  await writeFolder(folder, bundle("new"));
  expect(readFileSync(join(folder, "manifest.json"), "utf8")).toBe("new");
  expect(readdirSync(folder).sort()).toEqual(["a", "manifest.json"]);
  expect(readdirSync(parent)).toEqual(["out"]);
});

test("a folder with somebody's files in it is not replaced", async () => {
  const folder = scratch();
  writeFileSync(join(folder, "thesis.txt"), "years");
  await expect(writeFolder(folder, bundle("new"))).rejects.toThrow(/has other files in it \(thesis.txt\)/);
  expect(readdirSync(folder)).toEqual(["thesis.txt"]);
});

test("a write that fails leaves the old bundle as it was and says why", async () => {
  const parent = scratch();
  const folder = join(parent, "out");
  await writeFolder(folder, bundle("old"));
  // A path whose parent is a file of the same bundle cannot be written, as on a full disk.
  const impossible = [...bundle("new"), { path: "manifest.json/x", content: "" }];
  await expect(writeFolder(folder, impossible)).rejects.toThrow(BuildError);
  expect(readFileSync(join(folder, "manifest.json"), "utf8")).toBe("old");
  expect(readdirSync(parent)).toEqual(["out"]);
});

test("concurrent builds into one folder leave one whole bundle", async () => {
  const folder = join(scratch(), "out");
  await Promise.all(
    Array.from({ length: 8 }, (_, index) =>
      writeFolder(folder, [...bundle(`${index}`), { path: "index", content: `${index}` }]),
    ),
  );
  expect(readFileSync(join(folder, "index"), "utf8")).toBe(readFileSync(join(folder, "manifest.json"), "utf8"));
});

test("what a killed build left beside the folder is swept up by the next one", async () => {
  const parent = scratch();
  const dead = Number(execFileSync(process.execPath, ["-p", "process.pid"], { encoding: "utf8" }));
  mkdirSync(join(parent, `.out.new-${dead}-0123abcd`));
  mkdirSync(join(parent, ".out.new-mine"));
  await writeFolder(join(parent, "out"), bundle("new"));
  expect(readdirSync(parent).sort()).toEqual([".out.new-mine", "out"]);
  expect(existsSync(join(parent, "out/manifest.json"))).toBe(true);
});
