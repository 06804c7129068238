/**
 * What a newcomer has to touch (CONTRIBUTING.md, "to add → touch"), tried in a copy of the sources: what is taken out of so many files is gone
 * without a trace, and putting it back into these, and no others, makes it whole.
 */

import { cpSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, vi } from "vitest";
import { temporaryFolder } from "./temporary-folder.js";

type Checker = typeof import("../compiler/check.js");
type Errors = typeof import("../compiler/diagnostics/index.js");
type Emitter = typeof import("../compiler/backends/triton/emit/index.js");
type Cpu = typeof import("../runtime/device/cpu/index.js");
type Cli = typeof import("../cli/main.js");
type Ops = typeof import("../compiler/ops/index.js");
type Ir = typeof import("../compiler/ir/index.js");

const root = fileURLToPath(new URL("../", import.meta.url));
const FOLDERS = ["dsl", "compiler", "runtime", "chart", "eval", "bench", "cli"];

/** A copy of the product's sources, with these files changed. */
function copyWith(changes: Readonly<Record<string, (text: string) => string>>) {
  const folder = temporaryFolder("errands");
  for (const name of FOLDERS) cpSync(join(root, name), join(folder, name), { recursive: true });
  for (const name of ["package.json", "tsconfig.json"]) cpSync(join(root, name), join(folder, name));
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  for (const [name, change] of Object.entries(changes)) {
    const before = readFileSync(join(folder, name), "utf8");
    const after = change(before);
    expect(after, name).not.toBe(before);
    writeFileSync(join(folder, name), after);
  }
  return {
    load: <T>(module: string): Promise<T> => import(join(folder, module)) as Promise<T>,
    /** A new file in it. */
    write(name: string, text: string): string {
      const path = join(folder, name);
      writeFileSync(path, text);
      return path;
    },
  };
}

/** Product files whose code, comments apart, has this word. */
function naming(word: RegExp): string[] {
  const files = FOLDERS.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => /\.(?:ts|mjs|py)$/.test(name))
      .map((name) => `${folder}/${name}`),
  );
  return files
    .sort()
    .filter((file) => word.test(readFileSync(join(root, file), "utf8").replace(/^\s*(?:\/\/|\/?\*).*$/gm, "")));
}

const kernelOf = (dtype: string, value: string) => `import * as ts from "tilescript";
export const k = ts.kernel(({ x, out }: { x: ts.Ptr<"${dtype}">; out: ts.Ptr<"${dtype}"> }) => {
  const at = ts.arange(0, 4);
  const v = ts.load(x + at);
  ts.store(out + at, ${value});
});
`;

/** What the copy's check says of a kernel, what Triton gets, and what its CPU executor makes of these values. */
async function tried({ load, write }: ReturnType<typeof copyWith>, kernel: string, values: Float32Array | Uint16Array) {
  const { check } = await load<Checker>("compiler/check.ts");
  const { kernels, diagnostics } = check([write("k.kernel.ts", kernel)]);
  const said = diagnostics.map(({ message }) => message).join("\n");
  if (said) return { said };
  const { emitTriton } = await load<Emitter>("compiler/backends/triton/emit/index.ts");
  const { CpuDevice } = await load<Cpu>("runtime/device/cpu/index.ts");
  const device = await CpuDevice.open({ threads: 1, store: null });
  const [x, out] = [device.alloc(values.byteLength), device.alloc(values.byteLength)];
  await device.write(x, values);
  device.loadKernels(kernels).kernel("k").launch([1], { x, out });
  const got = values.slice();
  await device.read(out, got);
  await device.close();
  return { said, triton: emitTriton(kernels[0]!).text, got: [...got] };
}

const LOG1P = kernelOf("f32", "ts.log1p(v)");
const U16 = kernelOf("u16", "v * 3 + 40000");

const OP = {
  "compiler/ops/functions.ts": (text: string) => text.replace(/\blog1p /, ""),
  "dsl/ops/libdevice.ts": (text: string) => text.replace(/\/\*\*[^/]*\*\/\nexport function log1p<.*\n.*\n}\n/, ""),
};
const DTYPE = {
  "compiler/ir/dtype.ts": (text: string) => text.replace(/^ {2}u16: .*\n/m, ""),
  "dsl/dtypes.ts": (text: string) => text.replace(/^ {2}u16: .*\n/m, ""),
};

/** An op that is no function of real numbers, as a newcomer writes it. */
const HARDSWISH = {
  "compiler/ops/functions.ts": (text: string) =>
    text
      .replace(
        "export const FUNCTIONS: readonly Op[] = [",
        `$&
  real({
    name: "hardswish",
    cost: 6,
    python: (_, x) => infix(infix(x, "*", call("tl.clamp", [infix(x, "+", py("3.0"), LEVEL.sum), py("0.0"), py("6.0")]), LEVEL.product), "/", py("6.0"), LEVEL.product),
    meaning: (x) => p.div(p.mul(x, p.minimum(p.maximum(p.add(x, 3), 0), 6)), 6),
  }),
  elementwise({
    name: "absdiff",
    operands: ["a", "b"],
    rule: arithmetic,
    emit: ([a, b]) => infix(call("tl.maximum", [a!, b!]), "-", call("tl.minimum", [a!, b!]), LEVEL.sum),
    meaning: (a, b) => p.sub(p.maximum(a, b), p.minimum(a, b)),
  }),`,
      )
      .replace("method, type Py, prefix }", "method, type Py, prefix, py }"),
  "dsl/ops/arithmetic.ts": (text: string) => `${text}
/** x · min(max(x + 3, 0), 6) / 6. */
export function hardswish(x: number): number {
  return outsideKernel("hardswish", x);
}

/** How far apart they are. */
export function absdiff(a: number, b: number): number {
  return outsideKernel("absdiff", a, b);
}
`,
};

describe("an op of two files, a dtype of two files", () => {
  it("are unknown without them, and nothing else is missing", async () => {
    const copy = copyWith({ ...OP, ...DTYPE });
    expect((await tried(copy, LOG1P, Float32Array.of(1))).said).toMatch(/ts has no member log1p/);
    expect((await tried(copy, U16, Uint16Array.of(1))).said).toMatch(/u16/);
    const { got } = await tried(copy, kernelOf("f32", "ts.exp(v)"), Float32Array.of(0, 1, 2, 3));
    expect(got).toEqual([0, 1, 2, 3].map((one) => Math.fround(Math.exp(one))));
  });

  it("are checked, compiled and run with them", async () => {
    const copy = copyWith({});
    const xs = [1e-6, 0.5, 1, 100].map(Math.fround);
    const op = await tried(copy, LOG1P, Float32Array.from(xs));
    expect(op).toMatchObject({ said: "", got: xs.map((x) => Math.fround(Math.log1p(x))) });
    expect(op.triton).toContain("libdevice.log1p(");
    const dtype = await tried(copy, U16, Uint16Array.of(1, 7, 30000, 65535));
    expect(dtype).toMatchObject({ said: "", got: [40003, 40021, 64464, 39997] });
  });

  it("run one element at a time and four, and are folded, from what their objects say they mean", async () => {
    const copy = copyWith(HARDSWISH);
    const xs = [-4, -1, 0.3, 5].map(Math.fround);
    const meant = xs.map((x) => Math.fround(Math.fround(x * Math.fround(Math.min(Math.max(x + 3, 0), 6))) / 6));
    const real = await tried(copy, kernelOf("f32", "ts.hardswish(v)"), Float32Array.from(xs));
    expect(real).toMatchObject({ said: "", got: meant });
    expect(real.triton).toContain("v * tl.clamp(v + 3.0, 0.0, 6.0) / 6.0");
    const scalars = 'ts.full([4], ts.hardswish(ts.load(x + 3)), "f32")';
    expect((await tried(copy, kernelOf("f32", scalars), Float32Array.from(xs))).got).toEqual(xs.map(() => meant[3]));
    const whole = await tried(copy, kernelOf("u16", "ts.absdiff(v, 300)"), Uint16Array.of(0, 299, 301, 65535));
    expect(whole).toMatchObject({ said: "", got: [300, 1, 1, 65235] });
    const [{ OPS, scalarValue }, { scalar }] = await Promise.all([
      copy.load<Ops>("compiler/ops/index.ts"),
      copy.load<Ir>("compiler/ir/index.ts"),
    ]);
    const span = { file: "", line: 1, column: 1, length: 1 };
    const literal = (value: number) => ({ kind: "literal", value, type: scalar("i8"), span }) as const;
    const args = { a: literal(-100), b: literal(100) };
    const node = { kind: "op", op: "absdiff", args, attrs: {}, type: scalar("i8"), span } as const;
    const folded = OPS.get("absdiff")!.evaluate!({ a: scalarValue(-100), b: scalarValue(100) }, node as never);
    expect(folded).toEqual(scalarValue(200 - 256));
  });

  it("are named in no other file, but where Math's functions are answered", () => {
    expect(naming(/(?<!Math\.)\blog1p\b/)).toEqual(
      [...Object.keys(OP), "compiler/frontend/expressions/advice.ts"].sort(),
    );
    const kernels = /^(?:dsl|compiler|runtime\/device)\//;
    expect(naming(/\bu16\b/).filter((file) => kernels.test(file))).toEqual(Object.keys(DTYPE).sort());
  });
});

it("a diagnostic is its entry in the catalogue: it has a code that explain knows", async () => {
  const { load } = copyWith({
    "compiler/diagnostics/catalogue/build.ts": (text) =>
      `${text}\nexport const noErrand = problem({ code: "TS-K3999", about: "Nobody runs it.", message: () => "no errand" });\n`,
  });
  const { CATALOGUE } = await load<Errors>("compiler/diagnostics/index.ts");
  expect(CATALOGUE.find(({ code }) => code === "TS-K3999")).toMatchObject({ about: "Nobody runs it." });
});

it("a command is one file", async () => {
  const { load, write } = copyWith({});
  write(
    "cli/commands/greet.ts",
    `import { command } from "../command.js";
export default command({
  name: "greet", usage: "", summary: "Say hello.", about: "Says hello.", options: [], examples: [],
  run: async () => { console.log("hello"); return 0; },
});
`,
  );
  const { main } = await load<Cli>("cli/main.ts");
  const said = vi.spyOn(console, "log").mockImplementation(() => undefined);
  const before = process.exitCode;
  await main(["greet"]);
  expect([said.mock.calls, process.exitCode ?? 0]).toEqual([[["hello"]], 0]);
  process.exitCode = before;
  said.mockRestore();
});
