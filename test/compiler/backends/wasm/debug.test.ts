/** What kernels print and assert on the CPU executor. */

import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { check } from "../../../../compiler/check.js";
import type { Kernel } from "../../../../compiler/ir/index.js";
import { upload } from "../../../../runtime/device/arrays.js";
import { CpuDevice } from "../../../../runtime/device/cpu/index.js";
import { LaunchError } from "../../../../runtime/device/errors.js";
import { folderOf, IMPORTS } from "../../frontend/source.js";

const lines: string[] = [];
let device: CpuDevice;
beforeAll(async () => {
  device = await CpuDevice.open({ threads: 3, store: null, print: (line) => lines.push(line) });
});
afterAll(() => device.close());
beforeEach(() => {
  lines.length = 0;
});

function kernelsOf(source: string): readonly Kernel[] {
  const { kernels, diagnostics } = check(["k.kernel.ts"], { project: folderOf({ "k.kernel.ts": IMPORTS + source }) });
  expect(diagnostics.filter(({ severity }) => severity !== "note")).toEqual([]);
  return kernels;
}

const kernelOf = (parameters: string, body: string) =>
  device
    .loadKernels(
      kernelsOf(
        `export const k = kernel(({ ${parameters.replace(/: [^;]+/g, "").replaceAll(";", ",")} }: { ${parameters} }) => { ${body} });`,
      ),
    )
    .kernel("k");

test("a tile, with the program, the index and the text before it", async () => {
  const kernel = kernelOf(`x: Ptr<"f32">`, `devicePrint("half", load(x + arange(0, 4)) / 2, programId(0));`);
  const x = await upload(device, Float32Array.from([1, -2.5, 1 / 3, 2 ** 70]));
  kernel.launch([2], { x });
  await device.synchronize();
  const of = (pid: number) => [
    `pid (${pid}, 0, 0) idx (0) half: (operand 0) 0.500000`,
    `pid (${pid}, 0, 0) idx (1) half: (operand 0) -1.250000`,
    `pid (${pid}, 0, 0) idx (2) half: (operand 0) 0.166667`,
    `pid (${pid}, 0, 0) idx (3) half: (operand 0) 590295810358705651712.000000`,
    `pid (${pid}, 0, 0) idx () half: (operand 1) ${pid}`,
  ];
  expect(lines).toEqual([...of(0), ...of(1)]);
});

test("programs print in the order of the grid, whichever worker is faster, and launches in theirs", async () => {
  const kernel = kernelOf(
    "n: Int",
    `let turns = 0;
    const p = programId(0) + programId(1) * 64;
    for (const i of range(0, (p % 7) * 3000)) turns += i;
    devicePrint("first", turns * 0 + p + n);
    devicePrint("second", p);`,
  );
  for (const n of [0, 1000]) kernel.launch([64, 3], { n });
  await device.synchronize();
  const of = (n: number) =>
    Array.from({ length: 192 }, (_, p) => [
      `pid (${p % 64}, ${Math.floor(p / 64)}, 0) idx () first: ${p + n}`,
      `pid (${p % 64}, ${Math.floor(p / 64)}, 0) idx () second: ${p}`,
    ]).flat();
  expect(lines).toEqual([...of(0), ...of(1000)]);
});

test.each([
  [`devicePrint("")`, "pid (0, 0, 0)"],
  [`devicePrint("hi")`, "pid (0, 0, 0)hi"],
  [`devicePrint("here 100%")`, "pid (0, 0, 0) here 100%"],
  [`devicePrint("", 7)`, "pid (0, 0, 0) idx (): 7"],
  [`devicePrint("x: ", 7.5)`, "pid (0, 0, 0) idx () x: 7.500000"],
  [`devicePrint("x", n > 0)`, "pid (0, 0, 0) idx () x: 1"],
  [`devicePrint("x", to(-1, "i8"), { hex: true })`, "pid (0, 0, 0) idx () x: 0xffffffff"],
  [`devicePrint("x", to(200, "u8"), { hex: true })`, "pid (0, 0, 0) idx () x: 0xc8"],
  [`devicePrint("x", n, { hex: true })`, "pid (0, 0, 0) idx () x: 0x00000005"],
  [`devicePrint("x", to(-2, "i64"), { hex: true })`, "pid (0, 0, 0) idx () x: 0xfffffffffffffffe"],
  [`devicePrint("x", to(9007199254740993n, "i64"))`, "pid (0, 0, 0) idx () x: 9007199254740993"],
  [`devicePrint("x", to(18446744073709551614n, "u64"))`, "pid (0, 0, 0) idx () x: 18446744073709551614"],
  [`devicePrint("x", to(18446744073709551614n, "u64"), { hex: true })`, "pid (0, 0, 0) idx () x: 0xfffffffffffffffe"],
  [`devicePrint("x", to(4294967295, "u32"))`, "pid (0, 0, 0) idx () x: 4294967295"],
  [`devicePrint("x", 0.0078125)`, "pid (0, 0, 0) idx () x: 0.007812"],
  [`devicePrint("x", 0.0234375)`, "pid (0, 0, 0) idx () x: 0.023438"],
  [`devicePrint("x", -0.0)`, "pid (0, 0, 0) idx () x: -0.000000"],
  [`devicePrint("x", -1.5, { hex: true })`, "pid (0, 0, 0) idx () x: -0x1.8p+0"],
  [`devicePrint("x", to(0.1, "f16"), { hex: true })`, "pid (0, 0, 0) idx () x: 0x1.998p-4"],
  [`devicePrint("x", 0.0, { hex: true })`, "pid (0, 0, 0) idx () x: 0x0p+0"],
  [`devicePrint("x", to(n, "f32") / 0.0)`, "pid (0, 0, 0) idx () x: inf"],
  [`devicePrint("x", sum(maxConstancy(floorDiv(arange(0, 64), 16), 16)))`, "pid (0, 0, 0) idx () x: 96"],
  [`devicePrint("x", NaN)`, "pid (0, 0, 0) idx () x: nan"],
])("%s", async (statement, line) => {
  kernelOf("n: Int", `${statement};`).launch([1], { n: 5 });
  await device.synchronize();
  expect(lines).toEqual([line]);
});

test("indices are as wide as the largest, and elements come in row-major order", async () => {
  kernelOf(
    "n: Int",
    `devicePrint("x", col(arange(0, 16)) * 100 + row(arange(0, 2)) + zeros([1, 16, 2], "i32"));`,
  ).launch([1], {
    n: 0,
  });
  await device.synchronize();
  expect(lines).toHaveLength(32);
  expect(lines.slice(18, 22)).toEqual([
    "pid (0, 0, 0) idx (0,  9, 0) x: 900",
    "pid (0, 0, 0) idx (0,  9, 1) x: 901",
    "pid (0, 0, 0) idx (0, 10, 0) x: 1000",
    "pid (0, 0, 0) idx (0, 10, 1) x: 1001",
  ]);
});

test("what is printed is the value at that point, in loops, branches and functions", async () => {
  const source = `
function shown(v: Tile): Tile { devicePrint("in f", v); return v + 1; }
export const k = kernel(({ x, n }: { x: Ptr<"i32">; n: Int }) => {
  let v = load(x);
  const before = load(x);
  store(x, 70);
  for (const i of range(0, n)) if (i % 2 === 0) v = shown(v + i);
  n > 100 && devicePrint("never");
  devicePrint("before, after", before, load(x), v);
  shown(sum(load(x + arange(0, 2)), 0));
});`;
  const x = await upload(device, Int32Array.from([5, 6]));
  device.loadKernels(kernelsOf(source)).kernel("k").launch([1], { x, n: 3 });
  await device.synchronize();
  expect(lines.map((line) => line.slice("pid (0, 0, 0) idx () ".length))).toEqual([
    "in f: 5",
    "in f: 8",
    "before, after: (operand 0) 5",
    "before, after: (operand 1) 70",
    "before, after: (operand 2) 9",
    "in f: 76",
  ]);
});

test("lines go to standard output where nobody takes them", async () => {
  const own = await CpuDevice.open({ threads: 1, store: null });
  const kernel = own
    .loadKernels(kernelsOf(`export const k = kernel(({ n }: { n: Int }) => { devicePrint("n", n); });`))
    .kernel("k");
  const written: string[] = [];
  const { write } = process.stdout;
  process.stdout.write = ((text: string) => written.push(text) > 0) as typeof write;
  try {
    kernel.launch([1], { n: 3 });
    await own.synchronize();
  } finally {
    process.stdout.write = write;
    own.close();
  }
  expect(written).toEqual(["pid (0, 0, 0) idx () n: 3\n"]);
});

test("an assertion that does not hold ends the launch with its place, the program and what it says", async () => {
  const kernel = kernelOf(
    `x: Ptr<"i32">; n: Int`,
    `const i = col(arange(0, 2)) * 4 + row(arange(0, 4));
    devicePrint("program", programId(0));
    deviceAssert(load(x + i) < n, "x is below n", { mask: i < 7 });`,
  );
  const x = await upload(device, Int32Array.from([1, 2, 3, 4, 5, 6, 7, 100]));
  kernel.launch([3], { x, n: 8 });
  await device.synchronize();
  expect(lines).toHaveLength(3);
  kernel.launch([1], { x, n: 6 });
  const error = await device.synchronize().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(LaunchError);
  expect((error as LaunchError).message).toMatch(
    /^k: expected the deviceAssert at k\.kernel\.ts:4:5 to hold \(x is below n\), got false for element \(1, 1\) in program \(0, 0, 0\)$/,
  );
  expect(lines).toHaveLength(4);
});

test("a mask of one dimension is for the columns, and a scalar condition may stand alone", async () => {
  const kernel = kernelOf(
    "n: Int; m: Int",
    `deviceAssert(n > 0, "n is positive");
    deviceAssert(zeros([4, 8], "i32") > 0, "never", { mask: arange(0, 8) >= m });
    deviceAssert(col(arange(0, 4)) < 4, "rows", { mask: row(arange(0, 8)) > 100 });`,
  );
  kernel.launch([1], { n: 1, m: 8 });
  await device.synchronize();
  kernel.launch([1, 2], { n: 0, m: 8 });
  await expect(device.synchronize()).rejects.toThrow(/n is positive\), got false in program \(0, [01], 0\)/);
  kernel.launch([1], { n: 1, m: 5 });
  await expect(device.synchronize()).rejects.toThrow("never), got false for element (0, 5)");
});

test.each([
  [`devicePrint("x", x)`, /TS-K2082: devicePrint takes numbers and booleans, got Ptr<f32>/],
  [`devicePrint("x", "text")`, /TS-K2082: .* got Const<string>/],
  [`devicePrint("naïve", n)`, /TS-K2081: devicePrint takes a text of ASCII, got "naïve"/],
  [`devicePrint(n > 0 ? "a" : "b", n)`, /TS-K1008: text of devicePrint must be a text known when the kernel is built/],
  [`devicePrint("x", n, { hex: n > 9 })`, /TS-K2017: hex of devicePrint/],
  [`deviceAssert(n, "n")`, /TS-K2010: the condition of deviceAssert needs booleans, got i32/],
  [`deviceAssert(n > 0, "n", { mask: to(1, "i32") })`, /TS-K2010: the mask of deviceAssert needs booleans/],
  [`deviceAssert(arange(0, 8) > 0, "n", { mask: arange(0, 4) > 0 })`, /TS-K2002: .*\[8\].*\[4\]/],
  [`maxConstancy(n, 16)`, /TS-K2019: maxConstancy needs a tile, got i32/],
  [`atomicStore(x, 1, { sem: "acquire" })`, /TS-K2015: atomicStore has no sem "acquire"/],
  [`atomicPoll(x, 1)`, /TS-K20\d\d: atomicPoll .*f32/],
  [`staticPrint(atomicAdd(x, 1))`, /TS-K2083: staticPrint prints as the kernel is built, and this would run/],
])("%s is refused", (statement, message) => {
  const source = `${IMPORTS}export const k = kernel(({ x, n }: { x: Ptr<"f32">; n: Int }) => { ${statement}; });`;
  const { diagnostics } = check(["k.kernel.ts"], { project: folderOf({ "k.kernel.ts": source }) });
  expect(diagnostics.map(({ code, message }) => `${code}: ${message}`).join("\n")).toMatch(message);
});
