import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { build } from "../../../compiler/build/index.js";
import { temporaryFolder } from "../../temporary-folder.js";

const FILES = {
  "package.json": "{}",
  "half.ts": `/** A function in another file. */
export function half(v: number): number {
  return v * 0.5;
}
`,
  "scale.kernel.ts": `import { arange, type Const, kernel, load, type Ptr, programId, store } from "tilescript";
import { half } from "./half.js";

export const scale = kernel(
  ({ x, B }: { x: Ptr<"f32">; B: Const<"B"> }) => {
    const at = programId(0) * B + arange(0, B);
    const row = load(x + at);
    store(x + at, half(row));
  },
  { builds: [{ constants: { B: 256 } }] },
);
`,
  "total.kernel.ts": `import { atomicAdd, type Int, kernel, load, type Ptr, range } from "tilescript";

export const total = kernel(({ x, out, n }: { x: Ptr<"i32">; out: Ptr<"i32">; n: Int }) => {
  let sum = 0;
  for (const i of range(n)) {
    const one = load(x + i);
    if (one > 3) sum += one;
  }
  atomicAdd(out, sum);
});
`,
};

test("with line info, PTX and cubins name the lines of TypeScript, of functions in other files too", async () => {
  const project = temporaryFolder("line-info");
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(project, name), text);
  const files = ["scale.kernel.ts", "total.kernel.ts"].map((name) => join(project, name));
  const built = async (lineInfo: boolean) => {
    const { folder, manifest } = await build({ files, project, arch: [90], out: join(project, "bundle"), lineInfo });
    const read = (kernel: string, kind: "ptx" | "cubin") => {
      const [variant] = manifest.kernels.find(({ name }) => name === kernel)!.variants;
      return readFileSync(join(folder, variant![kind]!.path), "latin1");
    };
    return { read, manifest };
  };
  const plain = await built(false);
  expect(plain.read("scale", "ptx")).not.toMatch(/\.loc|\.file/);
  const { read } = await built(true);
  const places = (kernel: string) => {
    const ptx = read(kernel, "ptx");
    const named = new Map([...ptx.matchAll(/\.file\s+(\d+) "([^"]+)"/g)].map(([, number, name]) => [number!, name!]));
    const found = [...ptx.matchAll(/\.loc\s+(\d+) (\d+) \d+/g)].map(([, file, line]) => `${named.get(file!)}:${line}`);
    return new Set(found.filter((place) => !place.endsWith(":0")));
  };
  expect([...places("scale")].sort()).toEqual(
    expect.arrayContaining(["half.ts:3", "scale.kernel.ts:6", "scale.kernel.ts:7", "scale.kernel.ts:8"]),
  );
  expect([...places("total")].sort()).toEqual(expect.arrayContaining(["total.kernel.ts:6", "total.kernel.ts:9"]));
  for (const place of [...places("scale"), ...places("total")])
    expect(place).toMatch(/^(?:half|(?:scale|total)\.kernel)\.ts:/);
  expect(read("scale", "cubin")).toContain("scale.kernel.ts");
  // It is asked for each time: a build without it is the plain one again, byte for byte.
  expect((await built(false)).manifest).toEqual(plain.manifest);
}, 240_000);
