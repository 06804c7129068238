/** What a checked device finds, and what it has nothing to say about. Kernels that are right run on it in test/cli/run-checked.test.ts. */

import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { compileForCpu } from "../../../../compiler/backends/wasm/index.js";
import { check } from "../../../../compiler/check.js";
import { specialize } from "../../../../compiler/passes/index.js";
import { download, upload } from "../../../../runtime/device/arrays.js";
import { type CheckedOptions, CpuDevice } from "../../../../runtime/device/cpu/index.js";
import type { Arguments, Grid } from "../../../../runtime/device/device.js";
import { openDevice } from "../../../../runtime/device/open.js";
import { folderOf, IMPORTS } from "../../../compiler/frontend/source.js";

const lines: string[] = [];
const devices: CpuDevice[] = [];
async function open(checked: boolean | CheckedOptions): Promise<CpuDevice> {
  const device = await CpuDevice.open({ threads: 2, store: null, checked, print: (line) => lines.push(line) });
  devices.push(device);
  return device;
}

let device: CpuDevice;
beforeAll(async () => {
  device = await open(true);
});
afterAll(() => {
  for (const one of devices) one.close();
});

/** A kernel of these parameters and statements; the first statement is on line 3. */
function kernelOf(parameters: string, body: string, build = "", on = device) {
  const names = parameters.replace(/: [^;]+/g, "").replaceAll(";", ",");
  const declared = `export const k = kernel(({ ${names} }: { ${parameters} }) => {\n${body}\n}, { builds: [{ ${build} }] });`;
  const { kernels, diagnostics } = check(["k.kernel.ts"], {
    project: folderOf({ "k.kernel.ts": IMPORTS + declared }),
  });
  expect(diagnostics).toEqual([]);
  return on.loadKernels(kernels).kernel("k");
}

/** What a launch ends with: its check and its problem, or "clean". */
async function found(kernel: ReturnType<typeof kernelOf>, grid: Grid, args: Arguments, on = device): Promise<string> {
  try {
    kernel.launch(grid, args);
    await on.synchronize();
    return "clean";
  } catch (error) {
    const { code, problem } = error as { code: string; problem: string };
    return `${code}: ${problem}`;
  }
}

const floats = (...values: number[]) => upload(device, Float32Array.from(values));
const words = (...values: number[]) => upload(device, Int32Array.from(values));

const COPY = `const at = programId(0) * 4 + arange(0, 4);
store(out + at, load(x + at));`;
const XO = `x: Ptr<"f32">; out: Ptr<"f32">`;

test("memory that nothing has written is named by its byte, the line and the program", async () => {
  const [x, out] = [device.alloc(32), device.alloc(32)];
  await device.write(x, new Float32Array(6));
  expect(await found(kernelOf(XO, COPY), [2], { x, out })).toBe(
    "uninitialised-read: k: load from `x` at k.kernel.ts:4:17 reads byte 24 (element 6 of 8) in program (1, 0, 0), which nothing has written since it was allocated",
  );
  device.fill(x, 0);
  expect(await found(kernelOf(XO, COPY), [2], { x, out })).toBe("clean");
  expect(await found(kernelOf(XO, COPY), [2], { x: out, out: x })).toBe("clean");
});

test("a copy of what is not written is not written, what a kernel wrote is, and masked lanes read nothing", async () => {
  const [x, copy, out] = [device.alloc(16), await floats(1, 2, 3, 4), device.alloc(16)];
  device.copy(copy, x, 16);
  expect(await found(kernelOf(XO, COPY), [1], { x: copy, out })).toMatch(/^uninitialised-read: .* byte 0 /);
  const some = kernelOf(XO, "const at = arange(0, 4);\nstore(out + at, load(x + at, { mask: at < 2, other: 0 }));");
  await device.write(x, new Float32Array(2));
  expect(await found(some, [1], { x, out })).toBe("clean");
  const bytes = kernelOf(
    `x: Ptr<"u8">; out: Ptr<"u8">`,
    "const at = arange(0, 4);\nstore(out + at, load(x + at + 5));",
  );
  expect(await found(bytes, [1], { x, out })).toMatch(/^uninitialised-read: .* byte 8 \(element 8 of 16\)/);
});

test("memory that is freed and allocated again holds nothing, and so does what a buffer grew by", async () => {
  const out = device.alloc(16);
  (await floats(1, 2, 3, 4)).free();
  expect(await found(kernelOf(XO, COPY), [1], { x: device.alloc(16), out })).toMatch(/^uninitialised-read/);
  const growing = device.reserve(1024);
  growing.grow(256);
  device.fill(growing, 0);
  growing.grow(512);
  expect(await found(kernelOf(XO, COPY), [16], { x: growing, out: device.alloc(256) })).toBe("clean");
  expect(await found(kernelOf(XO, COPY), [17], { x: growing, out: device.alloc(512) })).toMatch(/byte 256/);
});

test("an atomic op reads what it changes, an exchange only where its result is used", async () => {
  const body = (op: string) => `const old = ${op};\nstore(out, 1);`;
  const parameters = `x: Ptr<"i32">; out: Ptr<"i32">`;
  const args = () => ({ x: device.alloc(16), out: device.alloc(16) });
  expect(await found(kernelOf(parameters, "atomicAdd(x, 1);"), [1], args())).toMatch(/atomicAdd on `x` .* byte 0 /);
  expect(await found(kernelOf(parameters, "atomicExchange(x, 1);"), [1], args())).toBe("clean");
  expect(await found(kernelOf(parameters, body("atomicLoad(x)")), [1], args())).toMatch(/atomicLoad on `x`/);
});

test("two programs that write a byte race, whichever value they write; neighbours do not", async () => {
  const out = device.alloc(64);
  const same = kernelOf(`out: Ptr<"f32">`, "store(out + arange(0, 4), 1);");
  expect(await found(same, [2], { out })).toBe(
    "race: k: store to `out` at k.kernel.ts:3:1 writes byte 0 (element 0 of 16) in program (1, 0, 0), which program (0, 0, 0) has written at k.kernel.ts:3:1; nothing orders the two",
  );
  const bytes = kernelOf(`out: Ptr<"u8">; step: Int`, "store(out + programId(0) * step, 1);");
  expect(await found(bytes, [8], { out, step: 1 })).toBe("clean");
  expect(await found(bytes, [8], { out, step: 0 })).toMatch(/^race: .* byte 0 /);
  // A byte of a word that another program has written.
  const mixed = kernelOf(
    `out: Ptr<"f32">; low: Ptr<"u8">`,
    "if (programId(1) === 0) store(out, 1);\nelse store(low + 3, 1);",
  );
  expect(await found(mixed, [1, 2], { out, low: out })).toMatch(/program \(0, 1, 0\), which program \(0, 0, 0\)/);
});

test("a program that reads what another writes races in any order, and is found behind other readers", async () => {
  const shift = kernelOf(XO, "const at = programId(0);\nstore(out + at, load(x + at + 1));");
  const x = await floats(1, 2, 3, 4, 5);
  expect(await found(shift, [4], { x, out: x })).toMatch(/^race: k: store to `out` at k.kernel.ts:4:1 writes byte 4/);
  const late = kernelOf(XO, "store(out + 4 + programId(0), load(x));\nif (programId(0) === 2) store(x, 1);");
  expect(await found(late, [3], { x, out: device.alloc(64) })).toMatch(
    /\(2, 0, 0\), which program \(1, 0, 0\) has read at k.kernel.ts:3:31/,
  );
});

test("the launches of a queue do not race with each other", async () => {
  const x = await floats(1, 2, 3, 4);
  const kernel = kernelOf(XO, COPY);
  for (let turn = 0; turn < 3; turn++) expect(await found(kernel, [1], { x, out: x })).toBe("clean");
});

const SUM = (load: string, lock: string, open: string) => `while (atomicCas(lock, 0, 1${lock}) === 1) {}
store(total, ${load} + 1);
atomicExchange(lock, 0${open});`;
const LOCKED = `total: Ptr<"f32">; lock: Ptr<"i32">`;

test("a lock orders programs where it is acquired and released", async () => {
  const args = async () => ({ total: await floats(0), lock: await words(0) });
  expect(await found(kernelOf(LOCKED, SUM("load(total)", "", "")), [9], await args())).toBe("clean");
  const loose = SUM("load(total)", "", `, { sem: "relaxed" }`);
  expect(await found(kernelOf(LOCKED, loose), [9], await args())).toMatch(/^race: k: load from `total`/);
  expect(await found(kernelOf(LOCKED, "store(total, load(total) + 1);"), [9], await args())).toMatch(/^race/);
});

test("atomic ops do not race with each other, but with what is not atomic they do", async () => {
  const counter = await words(0);
  const counts = kernelOf(`c: Ptr<"i32">`, `atomicAdd(c, 1, { sem: "relaxed" });`);
  expect(await found(counts, [50], { c: counter })).toBe("clean");
  const looks = kernelOf(
    `c: Ptr<"i32">; out: Ptr<"i32">`,
    `atomicAdd(c, 1, { sem: "relaxed" });\nstore(out + programId(0), load(c));`,
  );
  expect(await found(looks, [50], { c: counter, out: device.alloc(200) })).toMatch(
    /^race: k: atomicAdd on `c` at k.kernel.ts:3:1 .* has read at k.kernel.ts:4:27/,
  );
});

test("a program that waits for a later one is told of and does not hang", async () => {
  const flags = await words(0, 0, 0);
  const kernel = kernelOf(
    `f: Ptr<"i32">`,
    `atomicExchange(f + programId(0), 1);\nwhile (atomicAdd(f + programId(0) + 1, 0) === 0) {}`,
  );
  expect(await found(kernel, [2], { f: flags })).toMatch(/^waits: k: atomicAdd on `f` at k.kernel.ts:4:8 .* byte 4 /);
  const reads = kernelOf(`f: Ptr<"i32">`, "while (load(f + programId(0) + 1, { volatile: true }) === 0) {}");
  expect(await found(reads, [1], { f: await words(0, 0) })).toMatch(
    /^waits: k: load from `f` at k.kernel.ts:3:8 .* byte 4 /,
  );
  const polls = (options: string) => kernelOf(`f: Ptr<"i32">`, `if (!atomicPoll(f, 1${options})) store(f + 1, 7);`);
  expect(await found(polls(""), [1], { f: await words(0, 0) })).toMatch(/^waits: k: atomicPoll on `f`/);
  const late = await words(0, 0);
  expect(await found(polls(", { timeoutNs: 30000000 }"), [1], { f: late })).toBe("clean");
  expect([...(await download(late, new Int32Array(2)))]).toEqual([0, 7]);
});

test("a cooperative launch runs its programs at once, and reads of what is not written are found in it", async () => {
  const meet = `f: Ptr<"i32">; out: Ptr<"i32">`;
  const body =
    "atomicAdd(f, 1);\nwhile (atomicAdd(f, 0) < numPrograms(0)) {}\nstore(out + programId(0), atomicAdd(f, 0));";
  const out = device.alloc(8);
  const kernel = kernelOf(meet, body, "cooperative: true");
  expect(await found(kernel, [2], { f: await words(0), out })).toBe("clean");
  expect([...(await download(out, new Int32Array(2)))]).toEqual([2, 2]);
  expect(await found(kernel, [2], { f: device.alloc(4), out })).toMatch(/^uninitialised-read/);
});

test("the order of programs follows from the seed, and is every program once", async () => {
  const orderOf = async (order?: number): Promise<string> => {
    const on = await open(order === undefined ? true : { order });
    lines.length = 0;
    kernelOf(`x: Ptr<"i32">`, `devicePrint("at");`, "", on).launch([3, 4], { x: on.alloc(4) });
    await on.synchronize();
    return lines
      .map((line) =>
        line
          .match(/\((\d), (\d)/)!
          .slice(1)
          .join(""),
      )
      .join(" ");
  };
  const plain = await orderOf();
  const [first, again, other] = [await orderOf(7), await orderOf(7), await orderOf(8)];
  expect(plain.split(" ").slice(0, 4)).toEqual(["00", "10", "20", "01"]);
  expect(first).toBe(again);
  expect(new Set([plain, first, other]).size).toBe(3);
  expect(first.split(" ").sort()).toEqual(plain.split(" ").sort());
});

test("with nan the op is named that makes the first NaN or infinity; data that has them is not at fault", async () => {
  const on = await open({ nan: true });
  const x = async (...values: number[]) => upload(on, Float32Array.from(values));
  const out = on.alloc(64);
  const logs = kernelOf(
    XO,
    "const t = load(x + arange(0, 4));\nconst y = log(t) * 2;\nstore(out + arange(0, 4), y);",
    "",
    on,
  );
  expect(await found(logs, [1], { x: await x(1, 2, 0, 4), out }, on)).toBe(
    "not-finite: k: log at k.kernel.ts:4:11 makes a NaN or an infinity of operands that are numbers, element (2), in program (0, 0, 0)",
  );
  expect(await found(logs, [1], { x: await x(1, 2, Number.NaN, Number.POSITIVE_INFINITY), out }, on)).toBe("clean");
  const mean = kernelOf(
    `${XO}; n: Int`,
    'const s = sum(load(x + arange(0, 4)), 0);\nfor (const i of range(0, 2)) store(out + i, s / to(n, "f32"));',
    "",
    on,
  );
  expect(await found(mean, [1], { x: await x(1, 2, 3, 4), out, n: 4 }, on)).toBe("clean");
  expect(await found(mean, [1], { x: await x(1, 2, 3, 4), out, n: 0 }, on)).toMatch(
    /^not-finite: k: div at k.kernel.ts:4/,
  );
  expect(await found(mean, [1], { x: await x(3e38, 3e38, 0, 0), out, n: 4 }, on)).toMatch(
    /^not-finite: k: sum at k.kernel.ts:3/,
  );
  const half = kernelOf(XO, `store(out + arange(0, 4), to(to(load(x + arange(0, 4)), "f16"), "f32"));`, "", on);
  expect(await found(half, [1], { x: await x(1, 70000, 0, 0), out }, on)).toMatch(
    /^not-finite: k: cast .* element \(1\)/,
  );
  const tiles = kernelOf(
    XO,
    "const at = col(arange(0, 16)) * 16 + row(arange(0, 16));\nconst t = load(x + at);\nstore(out + arange(0, 16), sum(dot(t, trans(t)), 0));",
    "",
    on,
  );
  expect(await found(tiles, [1], { x: await upload(on, new Float32Array(256).fill(1)), out }, on)).toBe("clean");
  expect(await found(tiles, [1], { x: await upload(on, new Float32Array(256).fill(1e20)), out }, on)).toMatch(
    /^not-finite: k: dot .* element \(0, 0\)/,
  );
});

test("what a GPU would refuse is refused: arguments that break what is required, and tensors no descriptor can name", async () => {
  const required = kernelOf(
    `x: Ptr<"f32">; n: Int`,
    "store(x + arange(0, 4), 1, { mask: arange(0, 4) < n });",
    `alignment: "required"`,
  );
  const x = await upload(device, new Float32Array(64));
  expect(await found(required, [1], { x, n: 16 })).toBe("clean");
  expect(await found(required, [1], { x, n: 3 })).toBe("launch: k, parameter n: expected a multiple of 16, got 3");
  expect(await found(required, [1], { x: x.view(4, 64), n: 16 })).toMatch(
    /^launch: k, parameter x: expected a multiple of 16/,
  );
  const loads = kernelOf(
    `d: Descriptor<"f32", [8, 8]>; out: Ptr<"f32">`,
    "store(out + col(arange(0, 8)) * 8 + row(arange(0, 8)), loadTensorDescriptor(d, [0, 0]));",
  );
  const out = device.alloc(256);
  const tensor = (buffer: typeof x, stride: number) => ({ buffer, shape: [4, 8], strides: [stride, 1] });
  expect(await found(loads, [1], { d: tensor(x, 8), out })).toBe("clean");
  expect(await found(loads, [1], { d: tensor(x, 9), out })).toMatch(/expected strides that are multiples of 16 bytes/);
  expect(await found(loads, [1], { d: tensor(x.view(4), 8), out })).toMatch(/expected a tensor at a multiple of 16/);
  const made = kernelOf(
    `x: Ptr<"f32">; out: Ptr<"f32">; s: Int`,
    "const d = makeTensorDescriptor(x, [4, 8], [s, 1], [4, 8]);\nstore(out + col(arange(0, 4)) * 8 + row(arange(0, 8)), loadTensorDescriptor(d, [0, 0]));",
  );
  expect(await found(made, [1], { x, out, s: 8 })).toBe("clean");
  expect(await found(made, [1], { x, out, s: 9 })).toMatch(/^tensor-map: .* stride of 36 bytes along axis 0/);
  expect(await found(made, [1], { x: x.view(4), out, s: 8 })).toMatch(/^tensor-map: .* a base at address/);
});

test("a device that does not check runs all of this, and asking a GPU to check is refused", async () => {
  const plain = await open(false);
  const kernel = kernelOf(`out: Ptr<"f32">`, "store(out + arange(0, 4), load(out + arange(0, 4)) + 1);", "", plain);
  expect(await found(kernel, [2], { out: plain.alloc(16) }, plain)).toBe("clean");
  await expect(openDevice({ prefer: "cuda", checked: true })).rejects.toThrow(
    "only the CPU executor checks and traces",
  );
  vi.stubEnv("TILESCRIPT_ORDER", "3");
  await expect(openDevice({ prefer: "cuda" })).rejects.toThrow("only the CPU executor checks and traces");
  vi.unstubAllEnvs();
  await expect(open({ order: -1 })).rejects.toThrow("order is -1: the order of programs is a whole number from 0");
});

test("a kernel that is not checked tells the host of nothing", () => {
  const source = `export const k = kernel(({ x }: { x: Ptr<"f32"> }) => { store(x + arange(0, 64), load(x + arange(0, 64)) + 1); });`;
  const { kernels } = check(["k.kernel.ts"], { project: folderOf({ "k.kernel.ts": IMPORTS + source }) });
  const kernel = specialize(kernels[0]!, { constants: {} });
  const tells = (memory: boolean): boolean =>
    Buffer.from(compileForCpu(kernel, { checks: { memory } }).wasm).includes("touch");
  expect([tells(false), tells(true)]).toEqual([false, true]);
});
