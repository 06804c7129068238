import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { BuildError } from "../../../compiler/build/error.js";
import { writeFolder } from "../../../compiler/build/folder.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { bundleFiles, markOf } from "./bundle-files.js";

/** Every function of node:fs is counted while it is called from outside; the one whose turn it is fails. */
const disk = vi.hoisted(() => ({ failAt: Number.POSITIVE_INFINITY, code: "", calls: [] as string[], inside: 0 }));

vi.mock("node:fs", async (original) => {
  const real = await original<typeof import("node:fs")>();
  const watched = (name: string, call: (...args: unknown[]) => unknown) =>
    Object.assign((...args: unknown[]): unknown => {
      // What writeFileSync, rmSync and others call in turn is theirs.
      if (disk.inside === 0) {
        disk.calls.push(name);
        if (disk.calls.length === disk.failAt)
          throw Object.assign(new Error(`${disk.code}: failed for the test, ${name}`), { code: disk.code });
      }
      disk.inside++;
      try {
        return call(...args);
      } finally {
        disk.inside--;
      }
    }, call);
  const functions = Object.entries(real).filter(
    ([name, member]) => typeof member === "function" && /^[a-z]/.test(name),
  );
  const wrapped = functions.map(([name, member]) => [name, watched(name, member as (...args: unknown[]) => unknown)]);
  const all = { ...real, ...Object.fromEntries(wrapped) };
  return { ...all, default: all };
});

const reset = (failAt: number, code = ""): void => {
  disk.calls.length = 0;
  Object.assign(disk, { failAt, code });
};

const NEVER = Number.POSITIVE_INFINITY;

/** Writes a new bundle over an old one with the n-th operation failing. */
async function withFault(failAt: number, code: string) {
  const parent = temporaryFolder("faults");
  const folder = join(parent, "out");
  reset(NEVER);
  await writeFolder(folder, bundleFiles("old"));
  reset(failAt, code);
  const error = await writeFolder(folder, bundleFiles("new")).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  const calls = [...disk.calls];
  reset(NEVER);
  return { folder, parent, error, calls };
}

const WORDS: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EIO: "EIO: failed for the test",
  EACCES: "permission denied",
  EMFILE: "too many files are open",
};

test("every operation is seen", async () => {
  const { calls, error } = await withFault(NEVER, "");
  expect(error).toBeUndefined();
  // Five files, each opened, written, synced and closed; the folder and its parent synced.
  const count = (name: string) => calls.filter((call) => call === name).length;
  expect([count("writeFileSync"), count("fsyncSync"), count("renameSync")]).toEqual([5, 7, 2]);
});

test.each(Object.keys(WORDS))(
  "with any one operation ending in %s, the bundle is the old or the new one",
  async (code) => {
    const outcomes = new Set<string>();
    for (let failAt = 1; ; failAt++) {
      const { folder, parent, error, calls } = await withFault(failAt, code);
      if (calls.length < failAt) break;
      const at = `${calls[failAt - 1]}, operation ${failAt}`;
      const mark = markOf(folder);
      outcomes.add(mark);
      if (error === undefined) expect(mark, at).toBe("new");
      else {
        expect(error, at).toBeInstanceOf(BuildError);
        expect(mark, at).toBe("old");
        expect((error as Error).message, at).toContain(WORDS[code]);
      }
      // What could not be removed has been replaced, and is nobody's bundle.
      const beside = readdirSync(parent).filter((name) => name !== "out");
      expect(beside.length === 0 || (mark === "new" && /^\.out\.old-/.test(beside[0]!)), `${at}: ${beside}`).toBe(true);
      await writeFolder(folder, bundleFiles("next"));
      expect(markOf(folder), at).toBe("next");
    }
    expect([...outcomes].sort()).toEqual(["new", "old"]);
  },
);
