import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { bin } from "../built-cli.js";
import { folderWith } from "./run-cli.js";
import { WarmCommand } from "./warm-cli.js";

const KERNEL = (name: string) => `import { arange, kernel, load, type Ptr, programId, store } from "tilescript";
export const ${name} = kernel(({ x }: { x: Ptr<"f32"> }) => {
  const at = programId(0) * 4 + arange(0, 4);

  store(x + at, load(x + at) / 4);
});
`;

const MAIN = `import { Device, upload } from "tilescript/runtime";
import * as first from "./first.kernel.js";
import * as second from "./second.kernel.js";
using device = await Device.open();
const [{ one }, { two }] = [await device.load(first), await device.load(second)];
const x = await upload(device, Float32Array.from([1, 2, 3, 4, 5, 6, 7, 8]));
one.launch([2], { x });
two.launch([2], { x });
await device.synchronize();
console.log(device.kind);
`;

const folder = folderWith({
  "main.ts": MAIN,
  "first.kernel.ts": KERNEL("one"),
  "second.kernel.ts": KERNEL("two"),
});

function run(...args: string[]) {
  const { stdout, stderr, status } = spawnSync(process.execPath, [bin, "run", ...args, "main.ts"], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1" },
  });
  return { stdout, stderr, status };
}

const command = new WarmCommand();
/** What ends before the program is loaded. */
const refused = (...args: string[]) => command.run(folder, ["run", ...args, "main.ts"]);

test("the values of a line are printed, of program 0 or of the one that is named", () => {
  expect(run("--trace", "second.kernel.ts:5")).toEqual({
    stdout: "value: f32[4] at second.kernel.ts:5:3 in program (0, 0, 0)\n[0.0625 0.1250 0.1875 0.2500]\ncpu\n",
    stderr: "",
    status: 0,
  });
  const other = run("--trace", "first.kernel.ts:3", "--program", "1", "--checked");
  expect(other.stdout).toBe("at: i32[4] at first.kernel.ts:3:9 in program (1, 0, 0)\n[4 5 6 7]\ncpu\n");
});

test("a line of several files, without a value, or of no file is answered with what there is", async () => {
  expect(await refused("--trace", "3")).toMatchObject({
    stderr: "error: line 3 may be of first.kernel.ts or second.kernel.ts\nhint: Say which: --trace FILE:3.\n",
    status: 1,
  });
  expect((await refused("--trace", "first.kernel.ts:4")).stderr).toBe(
    "error: nothing is given a value on line 4 of first.kernel.ts\nhint: Lines where a statement begins that assigns, stores or returns numbers: 3, 5.\n",
  );
  expect((await refused("--trace", "third.kernel.ts:4")).stderr).toContain(
    "Files with something to trace: first.kernel.ts, second.kernel.ts",
  );
});

test("a program that does not run, and options that say nothing, are told of", async () => {
  expect(run("--trace", "first.kernel.ts:3", "--program", "2,0")).toMatchObject({
    stdout: "cpu\n",
    stderr: "nothing was traced: program (2, 0, 0) of no launch came to line 3\n",
  });
  expect((await refused("--program", "2")).stderr).toContain("there is no --trace");
  expect((await refused("--trace", "first")).status).toBe(2);
  expect((await refused("--trace", "3", "--program", "a")).status).toBe(2);
});
