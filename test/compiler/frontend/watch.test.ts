import { statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createFrontend } from "../../../compiler/frontend/index.js";
import { folderOf, write } from "./source.js";

const KERNEL = `import { kernel, store, type Ptr } from "tilescript"; import { f } from "./f.js";
export const k = kernel(({ x }: { x: Ptr<"f32"> }) => store(x, f(1.0)));`;

test("a frontend that is kept sees files change, appear and go", () => {
  const frontend = createFrontend();
  const root = folderOf({ "k.kernel.ts": KERNEL });
  const codes = () =>
    frontend.lower(["k.kernel.ts"], { root }).diagnostics.map(({ span, code }) => `${span.file} ${code}`);
  expect(codes()).toEqual(["k.kernel.ts TS-K1022"]);
  write(root, { "f.ts": "export const f = (v: number) => v + 1;" });
  expect(codes()).toEqual([]);
  write(root, { "f.ts": "export const f = (v: number) => Math.sin(v);" });
  expect(codes()).toEqual(["f.ts TS-K1006"]);
  write(root, { "k.kernel.ts": KERNEL.replace("f(1.0)", "1.0") });
  expect(codes()).toEqual([]);
});

test("a file with other text of the same length and time is another file", () => {
  const frontend = createFrontend();
  const root = folderOf({ "k.kernel.ts": KERNEL.replace("f(1.0)", "one() ") });
  const file = join(root, "k.kernel.ts");
  const { atime, mtime } = statSync(file);
  const messages = () =>
    frontend
      .lower(["k.kernel.ts"], { root })
      .diagnostics.map(({ message }) => message)
      .join();
  expect(messages()).toContain("one");
  writeFileSync(file, KERNEL.replace("f(1.0)", "two() "));
  utimesSync(file, atime, mtime);
  expect(messages()).toContain("two");
});

test("the sources that were read are listed, imported ones too", () => {
  const frontend = createFrontend();
  const root = folderOf({ "k.kernel.ts": KERNEL, "f.ts": "export const f = (v: number) => v;", "other.ts": "" });
  const { sources } = frontend.lower(["k.kernel.ts"], { root });
  expect(sources.map((path) => path.slice(root.length + 1)).sort()).toEqual(["f.ts", "k.kernel.ts"]);
});

const twoFiles = {
  "k.kernel.ts": KERNEL,
  "f.ts": "export const f = (v: number) => v;",
  "other.kernel.ts": KERNEL.replace("f(1.0)", "W[0]!").replace("{ f } from", "{ W } from").replace("./f.js", "./w.js"),
  "w.ts": "export const W = [1.0, 2.0];",
};

/** Lowers both kernel files, and says after each change of a file whose results are the very same objects as before. */
function following(files: Readonly<Record<string, string>>) {
  const frontend = createFrontend();
  const root = folderOf(files);
  const names = ["k.kernel.ts", "other.kernel.ts", ...Object.keys(files).filter((name) => name.startsWith("host"))];
  const lower = () => frontend.lower(names, { root });
  let last = lower();
  return (change: Readonly<Record<string, string>>) => {
    write(root, change);
    const now = lower();
    const kept = names.filter((_, index) => now.files[index] === last.files[index]);
    last = now;
    return { kept, codes: now.diagnostics.map(({ span, code }) => `${span.file} ${code}`) };
  };
}

test("only files that changed, or import one that did, are lowered again", () => {
  const after = following(twoFiles);
  expect(after({})).toEqual({ kept: ["k.kernel.ts", "other.kernel.ts"], codes: [] });
  expect(after({ "other.kernel.ts": `${twoFiles["other.kernel.ts"]}\n` })).toEqual({
    kept: ["k.kernel.ts"],
    codes: [],
  });
  expect(after({ "f.ts": "export const f = (v: number) => Math.sin(v);" })).toEqual({
    kept: ["other.kernel.ts"],
    codes: ["f.ts TS-K1006"],
  });
  expect(after({ "w.ts": "export const W = [1.0, 'a'];" }).kept).toEqual(["k.kernel.ts"]);
});

test("a file that changes a constant of another one counts for whoever reads the constant", () => {
  const after = following({ ...twoFiles, "host.ts": 'import { W } from "./w.js"; export const first = W[0];' });
  expect(after({ "host.ts": 'import { W } from "./w.js"; W[0] = 9;' })).toEqual({
    kept: ["k.kernel.ts"],
    codes: ["host.ts TS-K1044"],
  });
  expect(after({ "host.ts": 'import { W } from "./w.js"; export const first = W[0];' })).toEqual({
    kept: ["k.kernel.ts"],
    codes: [],
  });
});

test("a file that declares for all others counts for all", () => {
  const after = following({ ...twoFiles, "host.ts": "export {};" });
  expect(after({ "host.ts": "declare global { const anything: number } export {};" }).kept).toEqual([]);
  expect(after({ "host.ts": "declare global { const anything: string } export {};" }).kept).toEqual([]);
  expect(after({ "host.ts": "export {}; " }).kept).toEqual([]);
  expect(after({ "host.ts": "export {};" }).kept).toEqual(["k.kernel.ts", "other.kernel.ts"]);
});
