import { expect, it } from "vitest";
import { folderWith } from "./run-cli.js";
import { WarmCommand } from "./warm-cli.js";

const KERNEL = (from: string) => `import { arange, kernel, load, type Ptr, store } from "tilescript";
import { relu } from "${from}";
export const k = kernel(({ x, out }: { x: Ptr<"f32">; out: Ptr<"f32"> }) => {
  const at = arange(0, 16);
  store(out + at, relu(load(x + at)));
});
`;
const PROGRAM = (kernels: string, act: string) => `import { Device, download, upload } from "tilescript/runtime";
import * as kernels from "${kernels}";
import { relu } from "${act}";
const device = await Device.open({ prefer: "cpu" });
const { k } = await device.load(kernels);
const x = await upload(device, Float32Array.from({ length: 16 }, (_, i) => i));
const out = await upload(device, new Float32Array(16));
k.launch([1], { x, out });
console.log((await download(out, new Float32Array(16)))[3], relu(2));
device.close();
`;
const ACT = "export const relu = (v: number): number => v * 2;\n";

const PROJECTS = {
  "patterns, with comments": {
    "tsconfig.json":
      '{ // as people write it\n "compilerOptions": { "paths": { "@lib/*": ["./lib/*"], "@kernels": ["./k.kernel.ts"], }, } }',
    "lib/act.ts": ACT,
    "k.kernel.ts": KERNEL("@lib/act.js"),
    "main.ts": PROGRAM("@kernels", "@lib/act"),
  },
  "inherited, from another folder": {
    "base/tsconfig.json": '{ "compilerOptions": { "paths": { "~/*": ["../src/*", "../more/*"] } } }',
    "tsconfig.json": '{ "extends": "./base/tsconfig.json" }',
    "more/act/index.ts": ACT,
    "src/deep/k.kernel.ts": KERNEL("~/act"),
    "main.ts": PROGRAM("~/deep/k.kernel.js", "~/act/index.js"),
  },
  "but for the package's own names": {
    "tsconfig.json":
      '{ "compilerOptions": { "paths": { "tilescript": ["./mine.ts"], "tilescript/*": ["./mine.ts"], "k": ["./k.kernel.ts"] } } }',
    "mine.ts": 'throw new Error("this is another module");\n',
    "act.ts": ACT,
    "k.kernel.ts": KERNEL("./act.js"),
    "main.ts": PROGRAM("k", "./act.js"),
  },
};

const command = new WarmCommand();

it.each(Object.entries(PROJECTS))("check and run follow the paths of tsconfig.json: %s", async (_name, files) => {
  const cwd = folderWith(files);
  expect((await command.run(cwd, ["check", "."])).stdout).toMatch(/^✓ 1 kernel/);
  const { stdout, stderr } = await command.run(cwd, ["run", "-d", "cpu", "main.ts"]);
  expect([stdout, stderr]).toEqual(["6 4\n", ""]);
});
