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
