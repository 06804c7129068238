import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { check } from "../../compiler/check.js";
import { diagnosticsToJson, renderDiagnostics, sourceReader } from "../../compiler/diagnostics/index.js";
import { serializeKernel } from "../../compiler/ir/index.js";
import { storedKernel } from "../../compiler/passes/index.js";
import { processorTime } from "../processor-time.js";
import { folderOf } from "./frontend/source.js";

const KERNEL = `import { arange, dot, kernel, load, type Ptr, store, sum, zeros } from "tilescript";

export const three = kernel(({ x, out }: { x: Ptr<"f16">; out: Ptr<"f32"> }) => {
  const tile = load(x + arange(0, 64));
  const a = zeros([64, 32], "f16");
  const z = a * 2;
  store(out, Math.tanh(tile));
  store(out + arange(0, 32), sum(dot(a, z), 0));
  store(out, nowhere);
});
`;

const PRODUCT = fileURLToPath(new URL("../..", import.meta.url));
const kernelsIn = (...folders: string[]) =>
  folders.flatMap((folder) =>
    readdirSync(`${PRODUCT}/${folder}`, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".kernel.ts"))
      .map((name) => `${folder}/${name}`),
  );

describe("check", () => {
  test("a kernel with three mistakes reports all three, from every stage, with their places", () => {
    const project = folderOf({ "three.kernel.ts": KERNEL });
    const { diagnostics, kernels, sources } = check(["three.kernel.ts"], { project });
    expect(kernels).toHaveLength(1);
    expect(sources).toEqual([`${project}/three.kernel.ts`]);
    expect(`\n${renderDiagnostics(diagnostics, { color: false, readSource: sourceReader(project) })}\n`).toBe(`
three.kernel.ts:7:14  error TS-K1006: Math.tanh cannot be called in a kernel
    7 |   store(out, Math.tanh(tile));
      |              ^^^^^^^^^
   hint: use tanh(x)

three.kernel.ts:8:34  error TS-K2003: dot needs equal inner sizes, got Tile<[64, 32], f16> and Tile<[64, 32], f16>
    8 |   store(out + arange(0, 32), sum(dot(a, z), 0));
      |                                  ^^^^^^^^^
   note: a has shape [64, 32] because of line 5:  const a = zeros([64, 32], "f16");
   note: z has shape [64, 32] because of line 6:  const z = a * 2;
   hint: did you mean dot(a, trans(z))?

three.kernel.ts:9:14  error TS-K1004: cannot find nowhere
    9 |   store(out, nowhere);
      |              ^^^^^^^
   hint: declare it, or import it from where it is

3 errors
`);
  });

  test("what tsc and the compiler both see is told once, in the compiler's words", () => {
    const source = KERNEL.replace("const z = a * 2", "const z = a")
      .replace("Math.tanh(tile)", "1")
      .replace("nowhere", "2");
    const project = folderOf({ "k.kernel.ts": source });
    expect(check(["k.kernel.ts"], { project }).diagnostics.map(({ code }) => code)).toEqual(["TS-K2003"]);
  });

  test("a type of the language that is not imported is named with its import, once", () => {
    const source = `import { kernel, type Ptr, store } from "tilescript";
export const k = kernel(({ x, B }: { x: Ptr<"f32">; B: Const<"B"> }) => store(x, B), { builds: [{ constants: { B: 64 } }] });
`;
    const project = folderOf({ "k.kernel.ts": source });
    expect(check(["k.kernel.ts"], { project }).diagnostics).toMatchObject([
      { code: "TS-K1004", message: "cannot find Const", hint: 'import it: import { type Const } from "tilescript"' },
    ]);
  });

  test("what is wrong inside of the language's own library is told where the author calls it", () => {
    const source = `import { arange, kernel, load, type Ptr, rand, store } from "tilescript";
const dropped = (x: number, at: number) => x * rand(3, at);
export const k = kernel(({ x, n }: { x: Ptr<"f32">; n: Ptr<"i32"> }) => {
  const at = arange(0, 64);
  store(x + at, rand(1, at, load(n)));
  store(x + at, dropped(1.0, load(x + at) + at));
});
`;
    const project = folderOf({ "k.kernel.ts": source });
    const { diagnostics } = check(["k.kernel.ts"], { project });
    expect(`\n${renderDiagnostics(diagnostics, { color: false, readSource: sourceReader(project) })}\n`).toBe(`
k.kernel.ts:2:48  error TS-K2009: in rand: >>> works on integers, got Tile<[64], f32>
    2 | const dropped = (x: number, at: number) => x * rand(3, at);
      |                                                ^^^^^^^^^^^
   note: in dropped, called here:  store(x + at, dropped(1.0, load(x + at) + at));
   hint: convert first: to(x, "i32")

k.kernel.ts:5:17  error TS-K2031: in rand: stop of a staticRange must be known when compiling, got i32
    5 |   store(x + at, rand(1, at, load(n)));
      |                 ^^^^^^^^^^^^^^^^^^^^
   hint: use range, or a Const parameter

2 errors
`);
  });

  test("what only the constants of a kernel's own builds show is found too", () => {
    const source = `import { arange, type Const, kernel, type Ptr, store } from "tilescript";
export const k = kernel(({ x, B }: { x: Ptr<"f32">; B: Const<"B"> }) => store(x + arange(0, B), 1), {
  builds: [{ constants: { B: 64 } }, { constants: { B: 60 } }],
});
`;
    const project = folderOf({ "k.kernel.ts": source });
    expect(check(["k.kernel.ts"], { project }).diagnostics).toMatchObject([
      { code: "TS-K2016", notes: [{ message: "in the build with B = 60" }] },
    ]);
    expect(check(["k.kernel.ts"], { project, builds: false }).diagnostics).toEqual([]);
  });

  test.each(["", ", { builds: [] }"])(
    "a kernel that nothing can be made of is one, as when it is built%s",
    (builds) => {
      const source = `import { type Const, kernel, type Ptr, store } from "tilescript";
export const k = kernel(({ x, B }: { x: Ptr<"f32">; B: Const<"B"> }) => store(x + B, 1)${builds});
`;
      const project = folderOf({ "k.kernel.ts": source });
      expect(check(["k.kernel.ts"], { project }).diagnostics).toMatchObject([{ code: "TS-K3001", severity: "error" }]);
      expect(check(["k.kernel.ts"], { project, builds: false }).diagnostics).toEqual([]);
    },
  );

  // Those of the runtime are checked as their bundle is made, before any test.
  test("all kernels of the examples are fine, and checking them again takes less than half the time", () => {
    const files = kernelsIn("examples");
    expect(files.length).toBeGreaterThan(5);
    const secondsOfCheck = () => {
      const seconds = processorTime();
      expect(check(files, { project: PRODUCT }).diagnostics).toEqual([]);
      return seconds();
    };
    const first = secondsOfCheck();
    expect(secondsOfCheck()).toBeLessThan(first / 2);
  });

  test("every kernel of the repository is legal before it is specialized, as a bundle stores and reads it", () => {
    const files = kernelsIn("test/cases", "examples", "runtime/kernels");
    const { kernels } = check(files, { project: PRODUCT, builds: false });
    expect(kernels.length).toBeGreaterThan(80);
    for (const kernel of kernels) expect(storedKernel(serializeKernel(kernel), kernel).name).toBe(kernel.name);
  });
});

test("staticPrint says what is known in each build, as a note with its place", () => {
  const project = folderOf({
    "k.kernel.ts": `import { arange, type Const, col, kernel, load, type Ptr, staticPrint, staticRange } from "tilescript";
export const k = kernel(
  ({ x, N, MODE }: { x: Ptr<"f16">; N: Const<"N">; MODE: Const<"MODE", string> }) => {
    staticPrint("N is", N * 2, MODE, load(x + col(arange(0, N))), x);
    if (N > 32) staticPrint();
    for (const i of staticRange(2)) staticPrint("turn", i);
  },
  { builds: [{ constants: { N: 16, MODE: "a" } }, { constants: { N: 64, MODE: "ünï" } }] },
);
`,
  });
  const { diagnostics } = check(["k.kernel.ts"], { project });
  expect(
    diagnostics.map(({ severity, message, span, notes }) => [severity, message, span.line, notes[0]?.message]),
  ).toEqual([
    ["note", "N is 32 a Tile<[16, 1], f16> Ptr<f16>", 4, "in the build with N = 16, MODE = a"],
    ["note", "N is 128 ünï Tile<[64, 1], f16> Ptr<f16>", 4, "in the build with N = 64, MODE = ünï"],
    ["note", "", 5, "in the build with N = 64, MODE = ünï"],
    ["note", "turn 0", 6, "in the build with N = 16, MODE = a"],
    ["note", "turn 1", 6, "in the build with N = 16, MODE = a"],
    ["note", "turn 0", 6, "in the build with N = 64, MODE = ünï"],
    ["note", "turn 1", 6, "in the build with N = 64, MODE = ünï"],
  ]);
  expect(diagnosticsToJson(diagnostics)[0]).toMatchObject({
    severity: "note",
    code: "TS-K2080",
    file: "k.kernel.ts",
    line: 4,
    column: 5,
  });
  const text = renderDiagnostics(diagnostics, { color: false, readSource: sourceReader(project) });
  expect(text).toMatch(/^k.kernel.ts:4:5 {2}note TS-K2080: N is 32 a/);
  expect(text.split("\n").at(-1)).toBe("7 notes");
});
