import { execFile } from "node:child_process";
import { readdirSync, renameSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { writeFolder } from "../../../compiler/build/folder.js";
import { filesNamed } from "../../../compiler/bundle/index.js";
import { loadFrom, readBundle } from "../../../runtime/bundle/files.js";
import { BundleError } from "../../../runtime/device/errors.js";
import { root } from "../../built-cli.js";
import { bundleFiles } from "../../compiler/build/bundle-files.js";
import { temporaryFolder } from "../../temporary-folder.js";

const run = promisify(execFile);

const others = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Loads the whole bundle, with a pause in which others get to work, and says which one it was. */
const markOf = (folder: string): Promise<string> =>
  loadFrom(folder, async ({ manifest, read }) => {
    await others();
    for (const file of filesNamed(manifest)) read(file);
    return manifest.compiler.tilescript;
  });

/** A process that puts two bundles into a folder by turns. */
const WRITER = `
  const { writeFolder } = await import(process.env.FOLDER_MODULE);
  const bundles = JSON.parse(process.env.BUNDLES);
  for (let count = 0; count < 30; count++) await writeFolder(process.env.OUT, bundles[count % 2]);
`;

it("readers of a bundle that two others replace see one of theirs, whole, and the others do not fail", async () => {
  const parent = temporaryFolder("replaced");
  const folder = join(parent, "out");
  await writeFolder(folder, bundleFiles("first"));
  const writer = async (name: string) => {
    const BUNDLES = JSON.stringify([0, 1].map((index) => bundleFiles(`${name}${index}`, ["k", name])));
    const env = { ...process.env, OUT: folder, BUNDLES, FOLDER_MODULE: join(root, "dist/compiler/build/folder.js") };
    await run(process.execPath, ["--input-type=module", "-e", WRITER], { env });
  };
  const writers = Promise.all([writer("a"), writer("b")]);
  let isOver = false;
  const over = writers.finally(() => {
    isOver = true;
  });
  const seen = new Set<string>();
  while (!isOver) {
    seen.add(await markOf(folder));
    await others();
  }
  await over;
  expect(seen.size).toBeGreaterThan(2);
  expect(readdirSync(parent)).toEqual(["out"]);
});

it("a bundle that is replaced between its manifest and its files is read anew", async () => {
  const folder = join(temporaryFolder("replaced"), "out");
  await writeFolder(folder, bundleFiles("old"));
  const begun: string[] = [];
  const mark = await loadFrom(folder, async ({ manifest, read }) => {
    begun.push(manifest.compiler.tilescript);
    if (begun.length === 1) await writeFolder(folder, bundleFiles("new"));
    for (const file of filesNamed(manifest)) read(file);
    return manifest.compiler.tilescript;
  });
  expect([mark, begun]).toEqual(["new", ["old", "new"]]);
});

it("a bundle that is just not there, because it is being replaced, is waited for", async () => {
  const folder = join(temporaryFolder("replaced"), "out");
  await writeFolder(folder, bundleFiles("old"));
  const away = join(folder, "..", `.out.old-${process.pid}-0123abcd`);
  renameSync(folder, away);
  setTimeout(() => renameSync(away, folder), 20);
  expect(await markOf(folder)).toBe("old");
});

describe("a file of a bundle", () => {
  const spoilt = async (spoil: (path: string, folder: string) => unknown) => {
    const folder = join(temporaryFolder("spoilt"), "out");
    await writeFolder(folder, bundleFiles("one"));
    const path = join(folder, "k.ir.json");
    unlinkSync(path);
    await spoil(path, folder);
    return folder;
  };

  it.each<[string, (path: string) => unknown, string]>([
    ["a pipe", (path) => run("mkfifo", [path]), "it is not a regular file"],
    ["a link", (path) => symlinkSync("/dev/zero", path), "it is a symbolic link"],
    ["gone", () => undefined, "it cannot be read"],
    ["longer", (path) => writeFileSync(path, "x".repeat(100_000)), "it is not the file that was built"],
    ["shorter", (path) => writeFileSync(path, "x"), "it is not the file that was built"],
  ])("that is %s is refused, and nothing of what is there is told", async (_what, spoil, message) => {
    const failure = markOf(await spoilt(spoil));
    await expect(failure).rejects.toBeInstanceOf(BundleError);
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.not.toThrow(/[0-9a-f]{64}/);
  });

  it.each(["../k.ir.json", "/etc/hostname.ir.json", "a/b.ir.json", ".ir.json", "a\\b.ir.json", "hostname"])(
    "with the path %j is refused",
    async (path) => {
      const folder = join(temporaryFolder("paths"), "out");
      await writeFolder(folder, bundleFiles("one"));
      const { manifest } = await readBundle(folder);
      manifest.kernels[0]!.ir[0]!.file.path = path;
      writeFileSync(join(folder, "manifest.json"), JSON.stringify(manifest));
      await expect(readBundle(folder)).rejects.toThrow(/it is not a manifest: kernels\.0\.ir\.0\.file\.path/);
    },
  );
});

it("a folder that is not there is no bundle, at once", async () => {
  await expect(readBundle(join(temporaryFolder("none"), "x"))).rejects.toThrow("it is not a bundle: manifest.json");
});
