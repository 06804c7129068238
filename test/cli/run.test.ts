import { spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bin, root } from "../built-cli.js";
import { folderWith } from "./run-cli.js";

const KERNELS = `import { arange, type Const, kernel, load, type Ptr, store } from "tilescript";
export const BLOCK = 64;
export const twice = kernel(
  ({ x, B }: { x: Ptr<"f32">; B: Const<"B"> }) => store(x + arange(0, B), load(x + arange(0, B)) * 2),
  { builds: [{ constants: { B: BLOCK } }] },
);
`;

const MAIN = `import { Device, download, upload } from "tilescript/runtime";
import * as kernels from "./twice.kernel.js";
import { greeting } from "./greeting.js";

enum Step { One = 1 }

export async function main(args: readonly string[]): Promise<void> {
  using device = await Device.open();
  const { twice } = await device.load(kernels);
  const x = await upload(device, new Float32Array(kernels.BLOCK).fill(Number(args[0]) * Step.One));
  twice.launch([1], { x });
  console.log(greeting, device.kind, (await download(x, new Float32Array(1)))[0], process.argv.slice(2).join());
}
`;

const GREETING = 'export const greeting: string = "hello";\n';

function run(folder: string, ...args: string[]) {
  return spawnSync(process.execPath, [bin, "run", ...args], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1" },
  });
}

test("a script finds the package, its TypeScript modules, its kernels and their constants, and gets its arguments", () => {
  const folder = folderWith({ "main.ts": MAIN, "greeting.ts": GREETING, "twice.kernel.ts": KERNELS });
  const { stdout, stderr, status } = run(folder, "--device", "cpu", "main.ts", "21", "--json");
  expect(stderr).toBe("");
  expect([stdout, status]).toEqual(["hello cpu 42 21,--json\n", 0]);
});

test("what is odd in its kernels is told before it runs", () => {
  const odd = KERNELS.replace("=> store(", "=> { B + 1; store(").replace("* 2),", "* 2); },");
  const folder = folderWith({ "main.ts": MAIN, "greeting.ts": GREETING, "twice.kernel.ts": odd });
  const { stdout, stderr, status } = run(folder, "--device", "cpu", "main.ts", "21");
  expect(stderr).toMatch(/^twice\.kernel\.ts:4:53 {2}warning TS-K1016: this expression has no effect\n/);
  expect([stdout, status]).toEqual(["hello cpu 42 21\n", 0]);
});

test("built JavaScript runs with a built bundle", () => {
  const plain = MAIN.replace(/: (?:readonly string\[\]|Promise<void>)/g, "")
    .replace("enum Step { One = 1 }", "const Step = { One: 1 };")
    .replace("using device", "const device");
  const folder = folderWith({
    "main.mjs": plain,
    "greeting.js": GREETING.replace(": string", ""),
    "twice.kernel.ts": KERNELS,
    "twice.kernel.js": KERNELS.replace(/\{ x, B \}: \{.*?\} *\)/, "{ x, B })").replace(/type (?:Const|Ptr), /g, ""),
    "package.json": '{ "type": "module" }',
  });
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(root, join(folder, "node_modules/tilescript"));
  const built = spawnSync(process.execPath, [bin, "build", "twice.kernel.ts", "--arch", "none", "--out", "kernels"], {
    cwd: folder,
    encoding: "utf8",
  });
  expect(built.status).toBe(0);
  const { stdout, stderr, status } = run(folder, "--device", "cpu", "--bundle", "kernels", "main.mjs", "4");
  expect(stderr).toBe("");
  expect([stdout, status]).toEqual(["hello cpu 8 4\n", 0]);
});

test("a mistake in a kernel is shown before anything runs", () => {
  const folder = folderWith({
    "main.ts": MAIN,
    "greeting.ts": GREETING,
    "twice.kernel.ts": KERNELS.replace("* 2", "* two"),
  });
  const { stdout, stderr, status } = run(folder, "--device", "cpu", "main.ts", "1");
  expect([stdout, status]).toEqual(["", 1]);
  expect(stderr).toMatch(/^twice\.kernel\.ts:4:\d+ {2}error TS-K/);
});

test("an error of the script shows where in its TypeScript it is", () => {
  const folder = folderWith({
    "main.ts": `interface Empty {}\nconst value: Empty | undefined = undefined;\nexport function main(): void {\n  throw new Error(\`no \${value}\`);\n}\n`,
  });
  const { stderr, status } = run(folder, "--verbose", "main.ts");
  expect(status).toBe(1);
  expect(stderr).toContain("error: no undefined");
  expect(stderr).toMatch(/main\.ts:4:9/);
});
