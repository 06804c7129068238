import { join } from "node:path";
import { expect, test } from "vitest";
import { cli, folderWith } from "./run-cli.js";

const THREE_MISTAKES = `import { arange, kernel, load, type Ptr, store } from "tilescript";
export const wrong = kernel(({ x }: { x: Ptr<"f32"> }) => {
  const at = arange(0, 100);
  const more = Math.sin(load(x));
  store(x, undefinedName);
});
`;
const RIGHT = `import { kernel, load, type Ptr, store } from "tilescript";
export const twice = kernel(({ x }: { x: Ptr<"f32"> }) => store(x, load(x) * 2));
`;

test("every mistake of a file is shown with its place", async () => {
  const folder = folderWith({ "wrong.kernel.ts": THREE_MISTAKES });
  const { code, stdout } = await cli("check", folder);
  expect(code).toBe(1);
  expect(stdout.match(/wrong\.kernel\.ts:\d+:\d+ {2}error TS-K\d{4}:/g)).toHaveLength(3);
  expect(stdout).toContain("3 errors");
});

test("what is written in the language itself is there once the compiler is built", async () => {
  const text = `import { arange, kernel, type Ptr, rand, store } from "tilescript";
export const noise = kernel(({ x }: { x: Ptr<"f32"> }) => store(x + arange(0, 64), rand(7, arange(0, 64))));
`;
  expect(await cli("check", folderWith({ "noise.kernel.ts": text }))).toMatchObject({ code: 0 });
});

test("--json is a list that programs can read", async () => {
  const folder = folderWith({ "wrong.kernel.ts": THREE_MISTAKES });
  const { code, stdout } = await cli("check", "--json", join(folder, "wrong.kernel.ts"));
  expect(code).toBe(1);
  const found = JSON.parse(stdout) as { file: string; line: number; column: number; code: string; message: string }[];
  expect(found.map(({ line }) => line)).toEqual([3, 4, 5]);
  expect(found[0]).toMatchObject({
    file: expect.stringContaining("wrong.kernel.ts"),
    column: 14,
    code: expect.stringMatching(/^TS-K\d{4}$/),
  });
  expect(JSON.parse((await cli("check", "--json", folderWith({ "right.kernel.ts": RIGHT }))).stdout)).toEqual([]);
});

test("a file that is no TypeScript is told so", async () => {
  expect(await cli("check", "/etc/passwd")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("/etc/passwd is not a TypeScript file"),
  });
});

test("what is right is counted, and a folder stands for its kernel files", async () => {
  const folder = folderWith({
    "a.kernel.ts": RIGHT,
    "b.kernel.ts": RIGHT.replace("twice", "again"),
    "other.ts": "nonsense",
  });
  expect(await cli("check", folder)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^✓ 2 kernels in 2 files \([\d.]+ m?s\)\n$/),
  });
});
