import { describe, expect, it } from "vitest";
import { emitTriton } from "../../../compiler/backends/triton/emit/index.js";
import { check } from "../../../compiler/check.js";
import { dimName } from "../../../compiler/ir/index.js";
import { inferTypes, specialize, verify } from "../../../compiler/passes/index.js";
import { expectGolden } from "../../golden.js";
import * as d from "../ir/draft.js";
import { SAMPLES } from "../ir/samples.js";

const golden = (name: string): URL => new URL(`golden/${name}.triton.py`, import.meta.url);
const FILES = ["test/compiler/emit/everything.kernel.ts", "test/compiler/emit/control.kernel.ts"];
const N = dimName("N");

/** The statements of a small kernel's Python. */
function pythonOf(body: Parameters<typeof d.kernel>[2], more: Parameters<typeof d.kernel>[3] = {}): string[] {
  const params = [
    d.ptr("p", "f32"),
    d.ptr("h", "f16"),
    d.scalarParam("n", "i32"),
    d.scalarParam("m", "i32"),
    d.scalarParam("s", "f32"),
    d.constParam("N"),
  ];
  const { kernel, diagnostics } = inferTypes(d.kernel("k", params, body, more));
  expect(diagnostics).toEqual([]);
  const { text } = emitTriton(verify(kernel, "inferTypes"));
  return text
    .slice(text.lastIndexOf("def k("))
    .trimEnd()
    .split("\n")
    .slice(1)
    .map((line) => line.slice(4));
}

const value = (expr: Parameters<typeof d.declare>[1]): string =>
  pythonOf([d.declare("r", expr)])[0]!.replace("r = ", "");

describe("the Triton of whole kernels", () => {
  it.each(Object.entries(SAMPLES))("%s", (name, make) => {
    expectGolden(golden(name), emitTriton(inferTypes(make()).kernel).text);
  });

  it("everything of the language, from TypeScript", () => {
    const { kernels, diagnostics } = check(FILES);
    expect(diagnostics).toEqual([]);
    for (const kernel of kernels) {
      expectGolden(golden(kernel.name), emitTriton(verify(kernel, "check")).text);
      for (const build of kernel.builds) expect(specialize(kernel, build).constants).toEqual(build.constants);
    }
    expect(kernels.map(({ name }) => name)).toEqual(["controlFlow", "atomics", "descriptors", "loops"]);
  });
});

describe("each line of the Python knows the line it comes from", () => {
  it("in the kernel, in its functions, and not in what is the same everywhere", () => {
    const { text, lines } = emitTriton(inferTypes(SAMPLES.flashAttention!()).kernel);
    const python = text.trimEnd().split("\n");
    expect(lines).toHaveLength(python.length);
    const from = (start: string): number | undefined =>
      lines[python.findIndex((line) => line.trimStart().startsWith(start))]?.line;
    expect(from("import triton")).toBeUndefined();
    expect(from("def rescale")).toBe(20);
    expect(from("next = ")).toBe(20);
    expect(from("kt = ")).toBe(5);
    expect(python.every((line, index) => line.trim() === "" || !line.startsWith("    ") || lines[index] !== null)).toBe(
      true,
    );
  });
});

describe("parentheses stand where Python needs them", () => {
  it.each([
    ["n - (m - n)", d.sub("n", d.sub("m", "n"))],
    ["n - m - n", d.sub("n", "m", "n")],
    ["n * (m + 1)", d.mul("n", d.add("m", 1))],
    ["n * m + 1", d.add(d.mul("n", "m"), 1)],
    ["-(n + m)", d.unary("neg", d.add("n", "m"))],
    ["-n * m", d.mul(d.unary("neg", "n"), "m")],
    ["n // (m // 2)", d.op("floorDiv", { a: "n", b: d.op("floorDiv", { a: "m", b: 2 }) })],
    ["(n & 3) == m", d.op("eq", { a: d.op("bitAnd", { a: "n", b: 3 }), b: "m" })],
    ["n & (m + 1)", d.op("bitAnd", { a: "n", b: d.add("m", 1) })],
    ["(n < m) & (m < 3)", d.and(d.lt("n", "m"), d.lt("m", 3))],
    ["~(n < m)", d.unary("not", d.lt("n", "m"))],
    ["(n < m) == (m < n)", d.op("eq", { a: d.lt("n", "m"), b: d.lt("m", "n") })],
    ["(n if n < m else m) + 1", d.add(d.op("select", { condition: d.lt("n", "m"), a: "n", b: "m" }), 1)],
    [
      "n if n < m else m if m < 9 else tl.full([], 9, tl.int32)",
      d.op("select", {
        condition: d.lt("n", "m"),
        a: "n",
        b: d.op("select", { condition: d.lt("m", 9), a: "m", b: 9 }),
      }),
    ],
    ["(s + 1.0).to(tl.float16)", d.op("cast", { x: d.add("s", 1) }, { dtype: "f16" })],
    ["(tl.arange(0, N) + n)[:, None]", d.col(d.add(d.arange(0, N), "n"))],
    ["p + n + m", d.add("p", "n", "m")],
    ["p + (n + m)", d.add("p", d.add("n", "m"))],
    ["p - n", d.sub("p", "n")],
    ["p - (n + m)", d.sub("p", d.add("n", "m"))],
  ])("%s", (text, expr) => expect(value(expr)).toBe(text));
});

describe("numbers", () => {
  it.each([
    ["0.1", d.float(0.1)],
    ["1.0", d.float(1)],
    ["1e+30", d.float(1e30)],
    ["5e-324", d.float(5e-324)],
    ['float("inf")', d.float(Infinity)],
    ['float("-inf")', d.float(-Infinity)],
    ['float("nan")', d.float(Number.NaN)],
  ])("%s is written so that it is read back as the same double", (text, number) => {
    expect(value(d.add("s", number))).toBe(`s + ${text}`);
  });

  it("take the dtype they meet, and get one where they meet nothing", () => {
    const wide: Parameters<typeof d.declare>[2] = { kind: "tile", dtype: "i64", shape: [], pointer: false };
    expect(pythonOf([d.declare("a", 1, wide), d.assign("a", d.add("a", 1))])).toEqual([
      "a = tl.full([], 1, tl.int64)",
      "a += 1",
    ]);
    expect(pythonOf([d.declare("a", 1), d.assign("a", d.add("a", 1))])).toEqual(["a = 1", "a += 1"]);
    expect(pythonOf([d.declare("a", d.float(1)), d.assign("a", d.mul("a", 2))])).toEqual(["a = 1.0", "a *= 2.0"]);
    expect(pythonOf([d.declare("a", "N"), d.assign("a", d.add("a", 1))])).toEqual([
      "a = tl.full([], N, tl.int32)",
      "a += 1",
    ]);
    expect(value(d.op("cast", { x: "N" }, { dtype: "f32" }))).toBe("tl.full([], N, tl.float32)");
    expect(value(d.op("select", { condition: d.lt("n", 1), a: d.load("h"), b: 1 }))).toBe(
      "tl.load(h) if n < 1 else tl.full([], 1.0, tl.float16)",
    );
  });

  it("stay Python's where they are constants", () => {
    expect(pythonOf([d.declare("a", d.mul("N", 2)), d.declare("t", d.zeros([dimName("a")], "f32"))])).toEqual([
      "a: tl.constexpr = N * 2",
      "t = tl.zeros([N * 2], dtype=tl.float32)",
    ]);
    expect(pythonOf([d.declare("a", d.op("cdiv", { a: "N", b: 3 }))])).toEqual(["a: tl.constexpr = ceiling_div(N, 3)"]);
    expect(pythonOf([d.declare("a", d.and(d.lt("N", 9), d.unary("not", d.lt("N", 2))))])).toEqual([
      "a: tl.constexpr = N < 9 and not N < 2",
    ]);
  });
});

describe("names", () => {
  it("that Python or the module needs get another", () => {
    const names = ["lambda", "tl", "range", "k", "ceil_div", "x$y", "größe"];
    const lines = pythonOf(names.map((name) => d.declare(name, d.add("n", 1))));
    const given = lines.map((line) => line.replace(" = n + 1", ""));
    expect(given).toEqual(["lambda_", "tl_", "range_", "k_", "ceil_div_", "x_y", "gruf6udfe"]);
  });

  it("of functions with one text are one function", () => {
    const half = d.fn("half", ["x"], [d.give(d.mul("x", d.float(0.5)))]);
    const body = [d.declare("a", d.call("half", "s")), d.declare("b", d.call("half", d.zeros([N], "f32")))];
    expect(pythonOf(body, { functions: [half] })).toEqual(["a = half(s)", "b = half(tl.zeros([N], dtype=tl.float32))"]);
  });

  it("of sizes reach functions as constants", () => {
    const ones = d.fn("ones", ["x"], [d.give(d.add("x", d.op("full", { value: 1 }, { shape: [N], dtype: "f32" })))]);
    const { kernel } = inferTypes(
      d.kernel("k", [d.constParam("N")], [d.declare("a", d.call("ones", d.zeros([N], "f32")))], { functions: [ones] }),
    );
    const { text } = emitTriton(kernel);
    expect(text).toContain("def ones(x, N: tl.constexpr):\n    return x + tl.full([N], 1.0, tl.float32)");
    expect(text).toContain("a = ones(tl.zeros([N], dtype=tl.float32), N)");
  });

  it("of a function's own do not stand for the kernel's constants", () => {
    const twice = d.fn("twice", ["x", "N"], [d.give(d.add("x", d.zeros([dimName("N")], "f32")))]);
    const { kernel, diagnostics } = inferTypes(
      d.kernel(
        "k",
        [d.constParam("N"), d.constParam("M")],
        [d.declare("a", d.call("twice", d.zeros([dimName("M")], "f32"), "M"))],
        { functions: [twice] },
      ),
    );
    expect(diagnostics).toEqual([]);
    expect(emitTriton(kernel).text).toContain(
      "def twice(x, N_of_twice: tl.constexpr, M: tl.constexpr):\n    return x + tl.zeros([M], dtype=tl.float32)",
    );
  });
});
