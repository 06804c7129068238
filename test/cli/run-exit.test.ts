import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { bin } from "../built-cli.js";
import { folderWith } from "./run-cli.js";
import { WarmCommand } from "./warm-cli.js";

const folder = folderWith({
  "code.ts": "process.exitCode = 3;\n",
  "main.ts": "export const main = () => { process.exitCode = 1; };\n",
  "later.ts": "setTimeout(() => { process.exitCode = 4; }, 50);\n",
  "exit.ts": "process.exit(5);\n",
  "throws.ts": "process.exitCode = 3; throw new Error('no');\n",
  "rejects.ts": "Promise.reject(new Error('no')); setTimeout(() => {}, 5000);\n",
  "listens.ts": "process.on('unhandledRejection', () => { process.exitCode = 6; }); Promise.reject(new Error('no'));\n",
  "signal.ts": "setInterval(() => {}, 1000); console.log('up');\n",
  "handles.ts":
    "process.on('SIGINT', () => setTimeout(() => process.exit(7), 50)); setInterval(() => {}, 1000); console.log('up');\n",
});
spawnSync("mkfifo", [join(folder, "pipe.ts"), join(folder, "pipe.kernel.ts")]);

const env = { ...process.env, NO_COLOR: "1" };
const tilescript = (...args: string[]) =>
  spawnSync(process.execPath, [bin, ...args], { cwd: folder, encoding: "utf8", timeout: 60_000, env });

it.each([
  ["code.ts", 3],
  ["main.ts", 1],
  ["later.ts", 4],
  ["exit.ts", 5],
  ["throws.ts", 1],
  ["rejects.ts", 1],
  ["listens.ts", 6],
])("a program's exit code is its own: %s", (script, code) => {
  expect(tilescript("run", script).status).toBe(code);
});

it.each([
  ["signal.ts", null, "SIGINT"],
  ["handles.ts", 7, null],
])("signals are the program's own: %s", async (script, code, signal) => {
  const child = spawn(process.execPath, [bin, "run", script], { cwd: folder, env });
  await new Promise((resolve) => child.stdout.once("data", resolve));
  child.kill("SIGINT");
  expect(await new Promise((resolve) => child.on("close", (...ended) => resolve(ended)))).toEqual([code, signal]);
});

const command = new WarmCommand();

it.each([
  [["run", "/"], "/ is a folder"],
  [["run", "nowhere.ts"], "nowhere.ts does not exist"],
  [["run", "pipe.ts"], "pipe.ts is no regular file"],
  [["check", "pipe.kernel.ts"], "pipe.kernel.ts: it is a pipe, not a file"],
  [["print", "pipe.kernel.ts"], "pipe.kernel.ts is no regular file"],
])("what is no file is told so: %s", async (args, message) => {
  const { status, stderr } = await command.run(folder, args);
  expect(stderr).toContain(`error: ${message}\nhint: `);
  expect(status).toBe(1);
});
