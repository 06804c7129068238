import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bin, root } from "../built-cli.js";
import { folderWith } from "./run-cli.js";
import { type Ran, WarmCommand } from "./warm-cli.js";

function alone(folder: string, args: readonly string[]) {
  const { stdout, stderr, status } = spawnSync(process.execPath, [bin, "run", ...args], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1" },
  });
  return { stdout, stderr, status };
}

const command = new WarmCommand();
const run = (folder: string, args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Ran> =>
  command.run(folder, ["run", ...args], env);

const examples = readdirSync(join(root, "examples"))
  .filter((name) => name.endsWith(".kernel.ts"))
  .map((name) => name.replace(".kernel.ts", ""));

// Some of arc-sine's numbers have no arc sine, so it makes NaN where it is right.
test.each(examples.filter((name) => name !== "arc-sine"))(
  "%s is clean with its programs shuffled: no race, no read of nothing, no NaN out of numbers",
  async (name) => {
    const { stdout, stderr, status } = await run(root, ["--nan", "--order", "11", `examples/${name}.ts`]);
    expect([stderr, status]).toEqual(["", 0]);
    expect(stdout).toMatch(/: right, largest error/);
  },
);

test("arc-sine is clean, and --nan names the number without an arc sine", async () => {
  const clean = await run(root, ["--checked", "--order", "11", "examples/arc-sine.ts"]);
  expect(clean).toMatchObject({ stderr: "", status: 0 });
  expect((await run(root, ["--nan", "examples/arc-sine.ts"])).stderr).toMatch(
    /asin at examples\/arc-sine\.kernel\.ts:8:23 makes a NaN/,
  );
});

const KERNELS = `import { arange, kernel, load, type Ptr, programId, store, sum } from "tilescript";
/** Forgets to give each program a place of its own. */
export const total = kernel(({ x, out }: { x: Ptr<"f32">; out: Ptr<"f32"> }) => {
  const at = programId(0) * 64 + arange(0, 64);
  const part = sum(load(x + at) / load(x + at));
  store(out, part);
});
`;

const MAIN = `import { Device, upload } from "tilescript/runtime";
import * as kernels from "./total.kernel.js";
using device = await Device.open();
const { total } = await device.load(kernels);
const x = process.argv[2] === "written" ? await upload(device, new Float32Array(128).fill(Number(process.argv[3]))) : device.alloc(512);
const out = device.alloc(4);
total.launch([2], { x, out });
await device.synchronize();
console.log("done", device.kind);
`;

const wrong = () => folderWith({ "main.ts": MAIN, "total.kernel.ts": KERNELS });

test("a finding ends the run with exit code 1, its place, and the way out", () => {
  const folder = wrong();
  expect(alone(folder, ["--device", "cpu", "main.ts"])).toEqual({ stdout: "done cpu\n", stderr: "", status: 0 });
  const unwritten = alone(folder, ["--checked", "main.ts"]);
  expect(unwritten.status).toBe(1);
  expect(unwritten.stderr).toMatch(
    /total: load from `x` at total\.kernel\.ts:5:20 reads byte 0 \(element 0 of 128\) in program \(0, 0, 0\), which nothing has written/,
  );
  expect(unwritten.stderr).toContain("Write, fill or copy to the buffer before the launch");
  const race = alone(folder, ["--checked", "main.ts", "written", "1"]);
  expect(race.stderr).toMatch(
    /store to `out` at total\.kernel\.ts:6:3 writes byte 0 .* program \(1, 0, 0\), which program \(0, 0, 0\)/,
  );
  expect(race.status).toBe(1);
});

test("NaN is looked for where it is asked for, and a seed alone checks too, in that order", async () => {
  const nan = await run(wrong(), ["--nan", "main.ts", "written", "0"]);
  expect(nan.stderr).toMatch(/div at total\.kernel\.ts:5:20 makes a NaN/);
  expect((await run(wrong(), ["--checked", "main.ts", "written", "0"])).stderr).toMatch(/store to `out`/);
  const orders: string[] = [];
  for (const seed of ["0", "1", "2", "3"])
    orders.push((await run(wrong(), ["--order", seed, "main.ts", "written", "1"])).stderr);
  expect(orders.some((text) => /program \(0, 0, 0\), which program \(1, 0, 0\)/.test(text))).toBe(true);
  expect(orders.some((text) => /program \(1, 0, 0\), which program \(0, 0, 0\)/.test(text))).toBe(true);
});

test("what cannot be asked for is refused", async () => {
  const folder = wrong();
  expect((await run(folder, ["--checked", "--device", "cuda", "main.ts"])).stderr).toContain(
    "only the CPU executor checks and traces launches",
  );
  expect((await run(folder, ["--order", "-1", "main.ts"])).status).toBe(2);
  const odd = await run(folder, ["--device", "cpu", "main.ts"], { TILESCRIPT_CHECKED: "everything" });
  expect(odd.stderr).toContain('TILESCRIPT_CHECKED is "everything": it is memory or nan, or not set');
});
