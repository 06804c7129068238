import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { checkReplaceable } from "../../../compiler/build/earlier.js";
import { BuildError } from "../../../compiler/build/error.js";
import { dropBundle, writeFolder } from "../../../compiler/build/folder.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { bundleFiles, markOf } from "./bundle-files.js";

const scratch = (): string => temporaryFolder("folder");

/** A bundle in a folder of its own, and that folder's parent. */
async function built(mark = "old", names?: readonly string[]) {
  const parent = scratch();
  const folder = join(parent, "out");
  await writeFolder(folder, bundleFiles(mark, names));
  return { parent, folder };
}

const contents = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => [join(parentPath, name), readFileSync(join(parentPath, name), "base64")]),
  );

/** Expects that nothing may be written there, now or when the files are known, and that nothing of it changes. */
async function expectRefusal(folder: string, reason: RegExp): Promise<void> {
  const before = contents(folder);
  await expect(checkReplaceable(folder)).rejects.toThrow(reason);
  await expect(writeFolder(folder, bundleFiles("new"))).rejects.toThrow(reason);
  await expect(writeFolder(folder, bundleFiles("new"))).rejects.toThrow(BuildError);
  expect(contents(folder)).toEqual(before);
}

test("a bundle replaces an earlier one and leaves nothing beside it", async () => {
  const { parent, folder } = await built("old", ["k", "gone"]);
  await writeFolder(folder, bundleFiles("new"));
  expect(markOf(folder)).toBe("new");
  expect(readdirSync(folder).sort()).toEqual(["index.d.ts", "index.js", "k.ir.json", "k.triton.py", "manifest.json"]);
  expect(readdirSync(parent)).toEqual(["out"]);
});

describe("what is not a bundle is refused by name and stays", () => {
  test("files without a manifest", async () => {
    const folder = scratch();
    writeFileSync(join(folder, "thesis.txt"), "years");
    await expectRefusal(folder, /has other files in it \(thesis.txt\)/);
  });

  test.each([
    ["of a web app", '{"name":"My PWA"}'],
    ["that is no JSON", "{"],
    ["that has our version", '{"version":1}'],
  ])("a manifest.json %s, with its files", async (_what, text) => {
    const folder = scratch();
    mkdirSync(join(folder, "src"));
    for (const [name, content] of Object.entries({ "manifest.json": text, "index.js": "x", "src/app.ts": "precious" }))
      writeFileSync(join(folder, name), content);
    await expectRefusal(folder, /its manifest.json is not that of a bundle .*other files in it \(index.js, /);
  });

  test("a manifest.json alone", async () => {
    const folder = scratch();
    writeFileSync(join(folder, "manifest.json"), '{"name":"My PWA"}');
    await expectRefusal(folder, /its manifest.json is not that of a bundle/);
  });

  test.each([
    ["a file", (path: string) => writeFileSync(path, "years")],
    ["a folder", (path: string) => mkdirSync(path)],
    ["a link", (path: string) => symlinkSync("/etc/hostname", path)],
    ["a pipe", (path: string) => execFileSync("mkfifo", [path])],
  ])("%s that somebody put into a bundle", async (_what, put) => {
    const { folder } = await built();
    put(join(folder, "mine"));
    await expectRefusal(folder, /has other files in it \(mine\)/);
  });

  test("a pipe and a folder in the place of files of the bundle", async () => {
    const { folder } = await built();
    for (const name of ["k.ir.json", "k.triton.py"]) unlinkSync(join(folder, name));
    execFileSync("mkfifo", [join(folder, "k.ir.json")]);
    mkdirSync(join(folder, "k.triton.py"));
    await expectRefusal(folder, /has other files in it \(k.ir.json, k.triton.py\)/);
  });
});

describe("a bundle that is damaged is replaced", () => {
  test.each(["k.ir.json", "index.js", "k.triton.py"])("in %s", async (name) => {
    const { folder } = await built();
    writeFileSync(join(folder, name), "X");
    await writeFolder(folder, bundleFiles("new"));
    expect(markOf(folder)).toBe("new");
  });

  test.each([
    ["that is cut off", () => "{"],
    ["that names another file", (text: string) => text.replace("k.ir.json", "j.ir.json")],
  ])("in its manifest, %s, by the same files", async (_what, spoil) => {
    const { parent, folder } = await built();
    const path = join(folder, "manifest.json");
    writeFileSync(path, spoil(readFileSync(path, "utf8")));
    await checkReplaceable(folder);
    await writeFolder(folder, bundleFiles("old"));
    expect(markOf(folder)).toBe("old");
    expect(readdirSync(parent)).toEqual(["out"]);
  });

  test("in its manifest, by others, only where the folder is TileScript's own, and then it is set aside", async () => {
    const { parent, folder } = await built();
    writeFileSync(join(folder, "manifest.json"), "{");
    await expect(writeFolder(folder, bundleFiles("new"))).rejects.toThrow(/its manifest.json is not that of a bundle/);
    await writeFolder(folder, bundleFiles("new"), { own: true });
    expect(markOf(folder)).toBe("new");
    const [aside] = readdirSync(parent).filter((name) => name.startsWith(".out.damaged-"));
    expect(readdirSync(join(parent, aside!))).toContain("k.ir.json");
  });

  test("of a version that did not name its references, but no index.js of somebody else", async () => {
    const { folder } = await built();
    const path = join(folder, "manifest.json");
    const { references: _, ...earlier } = JSON.parse(readFileSync(path, "utf8"));
    writeFileSync(path, JSON.stringify(earlier));
    await checkReplaceable(folder);
    writeFileSync(join(folder, "index.js"), "mine");
    const before = contents(folder);
    await expect(writeFolder(folder, bundleFiles("new"))).rejects.toThrow(/has other files in it \(index.js\)/);
    expect(contents(folder)).toEqual(before);
  });
});

describe("a link", () => {
  test("to a folder is written through", async () => {
    const parent = scratch();
    mkdirSync(join(parent, "real"));
    symlinkSync("real", join(parent, "out"));
    for (const mark of ["old", "new"]) await writeFolder(join(parent, "out"), bundleFiles(mark));
    expect(markOf(join(parent, "real"))).toBe("new");
    expect(readdirSync(parent, { withFileTypes: true }).map((entry) => [entry.name, entry.isSymbolicLink()])).toEqual([
      ["out", true],
      ["real", false],
    ]);
  });

  test.each([
    ["nowhere", "gone"],
    ["itself", "out"],
  ])("to %s is refused and stays", async (_what, to) => {
    const parent = scratch();
    symlinkSync(to, join(parent, "out"));
    await expect(writeFolder(join(parent, "out"), bundleFiles("new"))).rejects.toThrow(
      /it is a symbolic link that leads to no folder/,
    );
    expect(readdirSync(parent)).toEqual(["out"]);
  });
});

test.each([
  ["below a file", "file/x", /a part of the path is a file/],
  ["further below a file", "file/x/y", /a part of the path is a file/],
  ["with a name of 300 characters", "n".repeat(300), /a name in the path is too long/],
  ["that is a file", "file", /it is not a folder/],
])("a path %s is refused for what it is", async (_what, path, reason) => {
  const parent = scratch();
  writeFileSync(join(parent, "file"), "");
  await expect(writeFolder(join(parent, path), bundleFiles("new"))).rejects.toThrow(reason);
  expect(readdirSync(parent)).toEqual(["file"]);
});

test("the longest name that the disk takes is taken", async () => {
  const folder = join(scratch(), "n".repeat(255));
  await writeFolder(folder, bundleFiles("new"));
  expect(markOf(folder)).toBe("new");
});

test("concurrent builds into one folder leave one whole bundle", async () => {
  const { parent, folder } = await built();
  await Promise.all(Array.from({ length: 8 }, (_, index) => writeFolder(folder, bundleFiles(`${index}`))));
  expect(markOf(folder)).toMatch(/^\d$/);
  expect(readdirSync(parent)).toEqual(["out"]);
});

describe("what a killed build left beside the folder", () => {
  const dead = () => Number(execFileSync(process.execPath, ["-p", "process.pid"], { encoding: "utf8" }));

  test("is swept up by the next one", async () => {
    const { parent, folder } = await built();
    mkdirSync(join(parent, `.out.new-${dead()}-0123abcd`));
    mkdirSync(join(parent, ".out.new-mine"));
    renameSync(folder, join(parent, `.out.old-${dead()}-0123abcd`));
    await writeFolder(folder, bundleFiles("new"));
    expect(readdirSync(parent).sort()).toEqual([".out.new-mine", "out"]);
    expect(markOf(folder)).toBe("new");
  });
});

test("a bundle is dropped without what is not of it", async () => {
  const { parent, folder } = await built();
  writeFileSync(join(folder, "mine"), "years");
  dropBundle(folder);
  expect(readdirSync(folder)).toEqual(["mine"]);
  rmSync(join(folder, "mine"));
  await writeFolder(folder, bundleFiles("new"));
  dropBundle(folder);
  expect(existsSync(folder)).toBe(false);
  expect(readdirSync(parent)).toEqual([]);
});
