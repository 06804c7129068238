import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { bin, root } from "../built-cli.js";
import { folderWith } from "./run-cli.js";
import { WarmCommand } from "./warm-cli.js";

const KERNEL = `import { arange, type Const, kernel, programId, type Ptr, store } from "tilescript";
export const oob = kernel(({ x, B }: { x: Ptr<"f32">; B: Const<"B"> }) => {
  store(x + programId(0) * B + arange(0, B), 1);
}, { builds: [{ constants: { B: 64 } }] });
`;

const script = (opening: string): string => `import { Device, upload } from "tilescript/runtime";
import * as kernels from "./oob.kernel.js";
${opening} device = await Device.open({ prefer: "cpu" });
const { oob } = await device.load(kernels);
oob.launch([2], { x: await upload(device, new Float32Array(100)), B: 64 });
`;

const folder = folderWith({
  "oob.kernel.ts": KERNEL,
  "const.ts": script("const"),
  "using.ts": script("using"),
  "broken.ts": 'const y: = 3;\nconsole.log("ran", y);\n',
  "empty.kernel.ts": "export const nothing = 1;\n",
});
mkdirSync(join(folder, "node_modules"));
symlinkSync(root, join(folder, "node_modules/tilescript"));
afterAll(() => rmSync(folder, { recursive: true }));

const tilescript = (...args: string[]) =>
  spawnSync(process.execPath, [bin, ...args], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1" },
  });

it.each(["const", "using"])("a launch that nobody waits for still fails the program (%s device)", (opening) => {
  const { status, stderr } = tilescript("run", `${opening}.ts`);
  expect(stderr).toMatch(/oob\.kernel\.ts:3:3 reaches element 127 of 100 in program \(1, 0, 0\)/);
  expect(status).toBe(1);
});

const command = new WarmCommand();

it.each([
  ["check", "empty.kernel.ts"],
  ["build", "empty.kernel.ts", "--arch", "none", "--out", "out"],
])("no kernels is no success: %s", async (...args) => {
  const { status, stderr } = await command.run(folder, args);
  expect(stderr).toMatch(/there are no kernels in .*empty\.kernel\.ts/);
  expect(status).toBe(1);
});

it("a host program that does not parse is told so with its place, and does not run", async () => {
  const { status, stdout, stderr } = await command.run(folder, ["run", "broken.ts"]);
  expect(stderr).toMatch(/broken\.ts:1:10: Type expected/);
  expect(stdout).toBe("");
  expect(status).toBe(1);
});
