import { spawnSync } from "node:child_process";
import { pathToFileURL } from "node:url";
import { expect, it } from "vitest";
import { root } from "../../../built-cli.js";
import { folderWith } from "../../../cli/run-cli.js";

const program = `import(${JSON.stringify(pathToFileURL(`${root}dist/runtime/index.js`).href)}).then(async ({ Device, upload, download }) => {
  const device = await Device.open();
  const x = await upload(device, Float32Array.of(42));
  console.log((await download(x, new Float32Array(1)))[0]);
  device.close();
});`;

const folder = folderWith({
  "main.cjs": program,
  "once.cjs": "if (!require('node:worker_threads').isMainThread) throw new Error('loaded again');",
});

const CPU = { ...process.env, TILESCRIPT_DEVICE: "cpu" };

it.each([
  ["--input-type=module", "-e", program],
  ["-e", program],
  ["-p", `${program} 1`],
  ["--require", "./once.cjs", "main.cjs"],
  ["--inspect=0", "main.cjs"],
  ["--cpu-prof", "main.cjs"],
  ["--experimental-vm-modules", "main.cjs"],
])("the CPU executor's threads run whatever node was started with: %s %s", (...args) => {
  const { stdout, status } = spawnSync(process.execPath, args, {
    cwd: folder,
    encoding: "utf8",
    timeout: 60_000,
    env: CPU,
  });
  expect([stdout.split("\n").includes("42"), status]).toEqual([true, 0]);
});

it("NODE_OPTIONS are for the program, not for its threads", () => {
  const env = { ...CPU, NODE_OPTIONS: "--require ./once.cjs" };
  const { stdout, status } = spawnSync(process.execPath, ["main.cjs"], { cwd: folder, encoding: "utf8", env });
  expect([stdout, status]).toEqual(["42\n", 0]);
});
