import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { TunedFile } from "../../compiler/build/tuned/index.js";
import { bin } from "../built-cli.js";
import { cli, folderWith } from "./run-cli.js";
import { WarmCommand } from "./warm-cli.js";

/** A program does its work again and again, the more often the smaller its tile: the second build is the faster one, however busy the machine is. */
const KERNELS = `import { arange, cdiv, type Const, type Int, kernel, load, type Ptr, programId, range, store } from "tilescript";
export const twice = kernel(
  (p: { x: Ptr<"f32">; out: Ptr<"f32">; n: Int; B: Const<"B"> }) => {
    const at = programId(0) * p.B + arange(0, p.B);
    const x = load(p.x + at, { mask: at < p.n, other: 0 });
    for (const turn of range(0, cdiv(1024, p.B))) store(p.out + at, x * 2 + turn * 0, { mask: at < p.n });
  },
  { tune: ["B"], builds: [{ constants: { B: 16 } }, { constants: { B: 256 } }] },
);
`;

const TUNING = `import { cdiv, normal, tuning, zeroed } from "tilescript/runtime";
import * as kernels from "./twice.kernel.js";
export const twice = tuning(kernels.twice, {
  shapes: [{ n: 50_000 }],
  launch: ({ n }, { B }) => ({ grid: [cdiv(n, B)], args: { x: normal("f32", n), out: zeroed("f32", n), n } }),
});
`;

const MAIN = `import { cdiv, Device, download, upload } from "tilescript/runtime";
import * as kernels from "./twice.kernel.js";
export async function main() {
  const device = await Device.open();
  const { twice } = await device.load(kernels);
  const n = 90_000;
  const x = await upload(device, new Float32Array(n).fill(21));
  const launch = twice.prepare(({ B }) => [cdiv(n, B)], { x, out: x, n });
  launch.run();
  console.log(launch.build.constants, (await download(x, new Float32Array(n))).every((one) => one === 42));
  device.close();
}
`;

const FILES = { "twice.kernel.ts": KERNELS, "twice.tune.ts": TUNING, "main.ts": MAIN };

const RUN = ["run", "--device", "cpu", "main.ts"];
const TUNE = ["tune", "--device", "cpu", "twice.kernel.ts#twice"];

/** A process for each command line. */
const alone = (folder: string, args: readonly string[]) => {
  const { stdout, stderr, status } = spawnSync(process.execPath, [bin, ...args], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1" },
  });
  return { stdout, stderr, status };
};

/** Who measures and who launches share files and no memory. */
const [measuring, launching] = [new WarmCommand(), new WarmCommand()];
const tune = (folder: string, ...args: string[]) => measuring.run(folder, [...TUNE, ...args]);
const main = (folder: string) => launching.run(folder, RUN);
const tuned = (folder: string) => JSON.parse(readFileSync(join(folder, "twice.tuned.json"), "utf8")) as TunedFile;

afterEach(() => vi.unstubAllEnvs());

describe("tilescript tune", () => {
  it("measures, writes the winners beside the kernel, and launches take them", () => {
    const folder = folderWith(FILES);
    expect(alone(folder, RUN).stdout).toBe("{ B: 16 } true\n");
    const { stdout, stderr, status } = alone(folder, TUNE);
    expect([stderr, status]).toEqual(["", 0]);
    expect(stdout).toMatch(/^twice on CPU executor .*: medians, caches flushed before each run\n\nn = 50000\n/);
    expect(stdout).toMatch(/\n {2}B=256 .*1\.00 ×.*\n {2}B=16 /);
    expect(stdout).toMatch(/\ntwice\.tuned\.json: 1 shape;/);
    expect(tuned(folder).kernels.twice!.measured).toMatchObject([
      {
        arch: 0,
        shape: { n: 50_000 },
        sizes: { n: 50_000 },
        builds: [{ constants: { B: 256 } }, { constants: { B: 16 } }],
      },
    ]);
    const { stdout: after, stderr: said } = alone(folder, RUN);
    expect([said, after]).toEqual(["", "{ B: 256 } true\n"]);
  });

  it("adds shapes to those that are there, as JSON if it is wanted", async () => {
    const folder = folderWith(FILES);
    await tune(folder);
    const { stdout, status } = await tune(folder, "--json", "--shapes", "n=512", "n=64k");
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ kernel: "twice", arch: 0, file: "twice.tuned.json", ended: "measured" },
      shapes: [{ shape: { n: 512 }, builds: [{ ratio: 1 }, {}] }, { shape: { n: 65536 } }],
    });
    expect(tuned(folder).kernels.twice!.measured.map(({ shape }) => shape.n)).toEqual([50_000, 512, 65536]);
  });

  it("measures shapes that leave a parameter out by the builds for that, and launches take them so", async () => {
    const folder = folderWith({
      "twice.kernel.ts": KERNELS.replace("n: Int;", 'n: Int; bias?: Ptr<"f32">;')
        .replace("    for", "    if (p.bias) x += load(p.bias + at, { mask: at < p.n, other: 0 });\n    for")
        .replace("const x =", "let x ="),
      "twice.tune.ts": TUNING.replace("{ n: 50_000 }", "{ n: 50_000, BIAS: 0 }, { n: 50_000, BIAS: 1 }")
        .replace("({ n },", "({ n, BIAS },")
        .replace("n), n }", 'n), n, ...(BIAS === 1 && { bias: normal("f32", n) }) }'),
      "main.ts": MAIN.replace("launch.run();", 'launch.run();\n  launch.set("bias", x);'),
    });
    expect(await tune(folder)).toMatchObject({ stderr: "", status: 0 });
    expect(tuned(folder).kernels.twice!.measured).toMatchObject(
      [false, true].map((bias) => ({
        ...{ shape: { n: 50_000, BIAS: Number(bias) }, sizes: { n: 50_000 } },
        builds: [{ constants: { B: 256, bias } }, { constants: { B: 16, bias } }],
      })),
    );
    expect(await main(folder)).toMatchObject({ stderr: "", stdout: "{ bias: true, B: 256 } true\n" });
  });

  it("measures anew what has changed; until then it is said and not used", async () => {
    const folder = folderWith(FILES);
    await tune(folder);
    writeFileSync(join(folder, "twice.kernel.ts"), `// A comment is no change.\n${KERNELS}`);
    expect(await main(folder)).toMatchObject({ stderr: "", stdout: "{ B: 256 } true\n" });
    writeFileSync(join(folder, "twice.kernel.ts"), KERNELS.replace("* 2", "* 2 + 1 - 1"));
    const stale = await main(folder);
    expect(stale.stderr).toMatch(
      /^twice\.kernel\.ts:2:22 {2}warning TS-K3012: twice has changed since twice\.tuned\.json was measured, which is not used\n/,
    );
    expect(stale.stdout).toBe("{ B: 16 } true\n");
    expect((await tune(folder)).stderr).toContain(
      "twice has changed since it was measured before: those measurements are dropped",
    );
    expect(await main(folder)).toMatchObject({ stderr: "", stdout: "{ B: 256 } true\n" });
  });

  it("keeps the measurements of a kernel that is given one more build, and says where the winner is gone", async () => {
    const folder = folderWith(FILES);
    await tune(folder);
    writeFileSync(
      join(folder, "twice.kernel.ts"),
      KERNELS.replace("B: 256 } }", "B: 256 } }, { constants: { B: 64 } }"),
    );
    expect(await main(folder)).toMatchObject({ stderr: "", stdout: "{ B: 256 } true\n" });
    writeFileSync(join(folder, "twice.kernel.ts"), KERNELS.replace("B: 256 }", "B: 32 }"));
    const { stdout, stderr } = await main(folder);
    expect(stdout).toBe("{ B: 16 } true\n");
    expect(stderr).toContain(
      "TS-K3013: of 1 shape in twice.tuned.json the fastest build is none of twice's builds any more",
    );
  });

  it.each([
    [
      '{\n  "version": 1,\n  "kernels": {,}\n}',
      /^twice\.tuned\.json:3:1 {2}error TS-K3011: these measurements cannot be read: it is not JSON/,
    ],
    ["[]", /TS-K3011: these measurements cannot be read: it has no version, and this one reads 1/],
    ['{"version": 2, "kernels": {}}', /it has version 2, and this one reads 1/],
    [
      '{"version": 1, "kernels": {"twice": {"fingerprint": "x", "measured": []}}}',
      /kernels\.twice\.fingerprint: it is no SHA-256/,
    ],
  ])("refuses a damaged file: %s", async (text, message) => {
    const folder = folderWith({ ...FILES, "twice.tuned.json": text });
    expect(await main(folder)).toMatchObject({ status: 1, stdout: "", stderr: expect.stringMatching(message) });
    expect(await tune(folder)).toMatchObject({ status: 1, stdout: "" });
    expect(readFileSync(join(folder, "twice.tuned.json"), "utf8")).toBe(text);
  });

  it("puts the winners into a bundle that it measures, beside its own", async () => {
    const folder = folderWith(FILES);
    await cli("build", join(folder, "twice.kernel.ts"), "--arch", "none", "--out", join(folder, "made"));
    expect(await tune(folder, "--bundle", "made")).toMatchObject({ status: 0, stderr: "" });
    const { stdout } = await launching.run(folder, ["run", "--device", "cpu", "--bundle", "made", "main.ts"]);
    expect(stdout).toBe("{ B: 256 } true\n");
  });

  it("keeps what it has at Ctrl-C", async () => {
    // A million elements take a while each run.
    const slow = {
      ...FILES,
      "twice.tune.ts": TUNING.replace("50_000 }", "1000 }, { n: 1_000_000 }, { n: 1_000_001 }"),
    };
    const folder = folderWith(slow);
    await tune(folder, "--budget", "1", "--shapes", "n=64");
    const child = spawn(process.execPath, [bin, "tune", "--device", "cpu", "twice.kernel.ts"], { cwd: folder });
    const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
    setTimeout(() => child.kill("SIGINT"), 4000);
    expect(await ended).toBe(130);
    const shapes = tuned(folder).kernels.twice!.measured.map(({ shape }) => shape.n);
    expect(shapes[0]).toBe(64);
    expect(shapes).not.toContain(1_000_001);
  });

  it.each([
    [
      ["twice.kernel.ts#twise"],
      1,
      /twice\.kernel\.ts has no kernel twise\nhint: Did you mean twice\.kernel\.ts#twice\?/,
    ],
    [["nowhere.kernel.ts"], 1, /nowhere\.kernel\.ts does not exist/],
    [["main.ts"], 1, /main\.ts is no file of kernels: its name does not end in \.kernel\.ts/],
    [
      ["alone.kernel.ts#twice"],
      1,
      /there is no alone\.tune\.ts, which says how to launch twice of alone\.kernel\.ts.*\nhint: Write one: import/,
    ],
    [["single.kernel.ts"], 1, /single has one build, so there is nothing to choose/],
    // It has two, and each launch may take one of them.
    [["partial.kernel.ts"], 1, /partial has one build, so there is nothing to choose/],
    [["twice.kernel.ts", "--shapes", "m=1"], 1, /--shapes: a shape has no m\nhint: .*consists of n\./],
    [["twice.kernel.ts", "--shapes", "n=0"], 1, /--shapes: n=0 is no size\nhint: Give a whole number of at least 1/],
    [["twice.kernel.ts", "--shapes", "n=many"], 1, /--shapes: n=many is no size/],
    [
      ["two.kernel.ts", "--shapes", "rows=8"],
      1,
      /--shapes: rows=8 lacks columns, T\nhint: Write rows=8,columns=64,T=f16\./,
    ],
    [["two.kernel.ts", "--shapes", "rows=8,colums=8,T=f16"], 1, /a shape has no colums\nhint: Did you mean columns\?/],
    [["two.kernel.ts", "--shapes", "rows=8,columns=8,T=half"], 1, /--shapes: T is a dtype, and half is none/],
    [["twice.kernel.ts", "--shapes", "1024"], 2, /"1024" is no size; a shape is NAME=SIZE/],
    [["twice.kernel.ts", "--shapes", "n=1,n=2"], 2, /n is given twice/],
    [["twice.kernel.ts", "--budget", "0"], 2, /at least 1/],
    [[], 2, /missing required argument 'file#kernel'/],
  ] as const)("%j is refused", async (args, code, message) => {
    const lone = KERNELS;
    const single = KERNELS.replace("twice", "single").replace(", { constants: { B: 256 } }", "");
    const partial = single.replace("single", "partial").replace("n: Int;", "n?: Int;").replaceAll("p.n", "(p.n ?? 1)");
    const two = KERNELS.replace("twice", "two");
    const ofTwo = `import { normal, tuning } from "tilescript/runtime";
import * as kernels from "./two.kernel.js";
export const two = tuning(kernels.two, {
  shapes: [{ rows: 1, columns: 64, T: "f16" }],
  launch: ({ rows }) => ({ grid: [1], args: { x: normal("f32", rows), out: normal("f32", rows), n: rows } }),
});
`;
    const folder = folderWith({
      ...FILES,
      ...{ "alone.kernel.ts": lone, "single.kernel.ts": single, "two.kernel.ts": two, "two.tune.ts": ofTwo },
      "single.tune.ts": TUNING.replaceAll("twice", "single"),
      ...{ "partial.kernel.ts": partial, "partial.tune.ts": TUNING.replaceAll("twice", "partial") },
    });
    const { status, stdout, stderr } = await measuring.run(folder, ["tune", "--device", "cpu", ...args]);
    expect([status, stdout]).toEqual([code, ""]);
    expect(stderr).toMatch(message);
  });

  it("says without a GPU that the defaults hold", async () => {
    vi.stubEnv("TILESCRIPT_NATIVE", "/nowhere/tilescript.node");
    vi.stubEnv("TILESCRIPT_DEVICE", "");
    const folder = folderWith(FILES);
    expect(await cli("tune", join(folder, "twice.kernel.ts"))).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringMatching(
        /error: there is no GPU to measure on: .+\nhint: The defaults hold: launches take the first build\./,
      ),
    });
    expect(existsSync(join(folder, "twice.tuned.json"))).toBe(false);
  });

  it("alone runs the program beside a kernel: check and build do not", async () => {
    const folder = folderWith({ ...FILES, "twice.tune.ts": `${TUNING}throw new Error("it ran");\n` });
    for (const args of [
      ["check", "."],
      ["build", ".", "--arch", "none", "--out", "made"],
    ])
      expect((await launching.run(folder, args)).status).toBe(0);
    expect((await main(folder)).status).toBe(0);
    expect(await tune(folder)).toMatchObject({ status: 1, stderr: expect.stringContaining("it ran") });
  });
});
