import { afterEach, expect, test } from "vitest";
import { check } from "../../../../compiler/check.js";
import { CpuDevice } from "../../../../runtime/device/cpu/index.js";
import { arrayText } from "../../../../runtime/device/cpu/traced.js";
import { folderOf, IMPORTS } from "../../../compiler/frontend/source.js";

const opened: CpuDevice[] = [];
afterEach(() => {
  for (const device of opened.splice(0)) device.close();
});

const SOURCE = `
const halves = (t: Tile<[8], "f32">) => {
  const low = t / 2;
  return [low, low * 3];
};
export const k = kernel(({ out, n, B }: { out: Ptr<"f32">; n: Int; B: Const<"B"> }) => {
  const at = programId(0) * B + arange(0, 8);
  const four = 4;
  let total = zeros([8], "f32");
  for (const i of range(0, n, 2)) total += to(at, "f32") * i;
  const [low, high] = halves(total);
  const masked = at > 10;
  const wide = to(at, "u64") - 1;
  const place = out + at;
  store(place, high + low,
    { mask: masked });
  atomicAdd(out, to(four, "f32"));
}, { builds: [{ constants: { B: 8 } }] });
`;

/** What is printed of a line of the source (its first one is empty, and line 1), in program (1, 0, 0) of two. */
async function traced(line: number, checked = false): Promise<string[]> {
  const lines: string[] = [];
  const device = await CpuDevice.open({
    threads: 2,
    store: null,
    checked,
    print: (text) => lines.push(text),
    trace: { file: "k.kernel.ts", line: line + 1, program: [1, 0, 0] },
  });
  opened.push(device);
  const { kernels, diagnostics } = check(["k.kernel.ts"], { project: folderOf({ "k.kernel.ts": IMPORTS + SOURCE }) });
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  const out = device.alloc(128);
  device.fill(out, 0);
  device.loadKernels(kernels).kernel("k").launch([2], { out, n: 4, B: 8 });
  await device.synchronize();
  return lines.map((text) =>
    text.replace(/ at k\.kernel\.ts:(\d+):\d+ in program \(1, 0, 0\)/, (_, at) => ` @${Number(at) - 1}`),
  );
}

test("a line that assigns: its variable, of the one program, each time it is assigned", async () => {
  expect(await traced(7)).toEqual(["at: i32[8] @7", "[ 8  9 10 11 12 13 14 15]"]);
  expect(await traced(9)).toEqual(["total: f32[8] @9", "[0 0 0 0 0 0 0 0]"]);
  expect(await traced(12)).toEqual(["masked: bool[8] @12", "[false false false  true  true  true  true  true]"]);
  expect(await traced(13)).toEqual(["wide: u64[8] @13", "[ 7  8  9 10 11 12 13 14]"]);
});

test("a loop's variable, what its body assigns on the same line, and all in turn", async () => {
  expect(await traced(10)).toEqual([
    ...["i: i32 @10", "0", "total: f32[8] @10", "[0 0 0 0 0 0 0 0]"],
    ...["i: i32 @10", "2", "total: f32[8] @10", "[16 18 20 22 24 26 28 30]"],
  ]);
});

test("what a function computes and returns, and what a tuple is taken apart into", async () => {
  expect(await traced(3)).toEqual(["low: f32[8] @3", "[ 8  9 10 11 12 13 14 15]"]);
  expect(await traced(4)).toEqual([
    ...["returned[0]: f32[8] @4", "[ 8  9 10 11 12 13 14 15]"],
    ...["returned[1]: f32[8] @4", "[24 27 30 33 36 39 42 45]"],
  ]);
  expect((await traced(11)).filter((_, at) => at % 2 === 0)).toEqual(["low: f32[8] @11", "high: f32[8] @11"]);
});

test("what is stored, in a checked run too; a pointer and a constant are nothing to see", async () => {
  const stored = ["value: f32[8] @15", "[32 36 40 44 48 52 56 60]"];
  expect(await traced(15)).toEqual(stored);
  expect(await traced(15, true)).toEqual(stored);
  expect(await traced(17)).toEqual(["value: f32 @17", "4"]);
  expect([...(await traced(14)), ...(await traced(8))]).toEqual([]);
});

const numbers = (count: number, of: (at: number) => number) => Array.from({ length: count }, (_, at) => of(at));

test("up to a thousand numbers are shown in rows of one width", () => {
  expect(
    arrayText(
      numbers(40, (at) => at * 25 - 100),
      [40],
      "i32",
    ),
  ).toBe(
    `[-100  -75  -50  -25    0   25   50   75  100  125  150  175  200  225  250  275  300  325  350
  375  400  425  450  475  500  525  550  575  600  625  650  675  700  725  750  775  800  825
  850  875]`,
  );
  expect(
    arrayText([1.5, -0.25, 100, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY], [2, 3], "f32"),
  ).toBe(
    `[[  1.50  -0.25 100.00]
 [   nan    inf   -inf]]`,
  );
  expect(arrayText([255, -1 & 255], [2], "u8")).toBe("[255 255]");
  expect(arrayText([], [0], "f32")).toBe("[]");
});

test("of more, each axis shows its first and last three; numbers far apart take powers of ten", () => {
  expect(
    arrayText(
      numbers(2048, (at) => at),
      [2, 16, 64],
      "f32",
    ).split("\n"),
  ).toEqual([
    "[[[   0    1    2 ...   61   62   63]",
    "  [  64   65   66 ...  125  126  127]",
    "  [ 128  129  130 ...  189  190  191]",
    "  ...",
    "  [ 832  833  834 ...  893  894  895]",
    "  [ 896  897  898 ...  957  958  959]",
    "  [ 960  961  962 ... 1021 1022 1023]]",
    " [[1024 1025 1026 ... 1085 1086 1087]",
    "  [1088 1089 1090 ... 1149 1150 1151]",
    "  [1152 1153 1154 ... 1213 1214 1215]",
    "  ...",
    "  [1856 1857 1858 ... 1917 1918 1919]",
    "  [1920 1921 1922 ... 1981 1982 1983]",
    "  [1984 1985 1986 ... 2045 2046 2047]]]",
  ]);
  expect(arrayText([1, 0, 1e-9, 12345678], [4], "f64")).toBe("[      1e+0          0       1e-9 1.23457e+7]");
});
