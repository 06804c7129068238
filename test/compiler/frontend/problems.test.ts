import { expect, test } from "vitest";
import { emitTriton } from "../../../compiler/backends/triton/emit/index.js";
import { attempt } from "../../../compiler/diagnostics/attempt.js";
import { CATALOGUE, type Diagnostic } from "../../../compiler/diagnostics/index.js";
import { inferTypes, specialize } from "../../../compiler/passes/index.js";
import { complaints, lowered, problems } from "./source.js";

const wrap = (statements: string): string =>
  `export const k = kernel(({ x, out, n, B }: { x: Ptr<"f32">; out: Ptr<"f32">; n: Int; B: Const<"B"> }) => { ${statements} });`;

/** A source that provokes each code, and what it says. */
const CASES: Readonly<Record<string, readonly [source: string, message: string | RegExp]>> = {
  "TS-K1001": [
    wrap(`const t: Tile<[16], "f32"> = zeros([32], "f32");`),
    /'Tile<\[32\], "f32">' is not assignable .* \(TS2322\)/,
  ],
  "TS-K1003": [wrap(`try { store(out, 1); } finally {}`), "try cannot be used in a kernel"],
  "TS-K1004": [wrap(`store(out, nothing);`), "cannot find nothing"],
  "TS-K1005": [
    `let step = 1; ${wrap(`store(out, step);`)}`,
    /step has no value known when the kernel is built: .* may change/,
  ],
  "TS-K1006": [wrap(`store(out, Math.sin(n));`), "Math.sin cannot be called in a kernel"],
  "TS-K1007": [wrap(`dot(zeros([16, 16], "f32"));`), "dot takes (a, b), got 1"],
  "TS-K1008": [wrap(`sum(load(x), n);`), "axis of sum must be an integer known when the kernel is built"],
  "TS-K1009": [wrap(`load(x, { masks: true });`), "load has no option masks"],
  "TS-K1010": [
    wrap(`const options = { mask: n > 0 }; load(x, options);`),
    "the options of load must be an object literal",
  ],
  "TS-K1011": [`const f = (v: number): number => f(v - 1); ${wrap(`f(n);`)}`, "f calls itself"],
  "TS-K1012": [
    wrap(`let a = n; const f = () => a + 1; a = 2; store(out, f());`),
    "this function reads a, which changes",
  ],
  "TS-K1013": [wrap(`const a = n; a = 3;`), "a is a const and cannot be assigned"],
  "TS-K1015": [wrap(`let a = 1; const b = (a = 2) + 1;`), "an assignment must be a statement of its own"],
  "TS-K1016": [wrap(`n + 1;`), "this expression has no effect"],
  "TS-K1017": [wrap(`for (const v of [n, 2]) store(out, v);`), "a loop in a kernel runs over range() or staticRange()"],
  "TS-K1018": [wrap(`for (const i of range(n)) { if (i > 3) return; }`), "a loop cannot be left with return"],
  "TS-K1019": [wrap(`return n;`), "k is a kernel and returns nothing"],
  "TS-K1020": [
    wrap(`const [a, ...rest] = maxWithIndex(zeros([16], "f32"), 0);`),
    "a rest element cannot be used when taking a value apart",
  ],
  "TS-K1021": [
    wrap(`const { size } = zeros([16], "f32");`),
    "size is no member of a tuple or object that a function returned",
  ],
  "TS-K1022": [`import { f } from "./gone.js"; ${wrap(`f(n); f(2);`)}`, "cannot find ./gone.js"],
  "TS-K1030": [`export const k = kernel((x: Ptr<"f32">) => {});`, "k must take an object of parameters"],
  "TS-K1031": [`export const k = kernel(({ x }: { x: number }) => {});`, "parameter x cannot have the type number"],
  "TS-K1032": [
    `export const k = kernel(({ BM }: { BM: Const<"BN"> }) => {});`,
    'parameter BM has the type Const<"BN">',
  ],
  "TS-K1033": [
    `export const k = kernel(<T extends DType | "x">({ x }: { x: Ptr<any> }) => {});`,
    "type parameter T is not limited to a list of dtypes",
  ],
  "TS-K1034": [
    `export const make = () => kernel(({ x }: { x: Ptr<"f32"> }) => {});`,
    "a kernel must be the value of a module-level const",
  ],
  "TS-K1040": [
    `const size = Date.now(); export const k = kernel(({ B }: { B: Const<"B"> }) => {}, { builds: [{ constants: { B: size } }] });`,
    "`size` is not known without running the file",
  ],
  "TS-K1041": [
    `export const k = kernel(({ x }: { x: Ptr<"f32"> }) => {}, { builds: [{ warps: 3 }] });`,
    "warps must be a power of two from 1 to 32",
  ],
  "TS-K1042": [
    `export const k = kernel(({ B, C }: { B: Const<"B">; C: Const<"C"> }) => {}, { builds: [{ constants: { B: 1 } as { B: 1; C: 2 } }] });`,
    "this build of k gives no value to C",
  ],
  "TS-K1043": [
    `export const k = kernel(<T extends "f16" | "f32">({ x }: { x: Ptr<T> }) => {}, { builds: [{ dtypes: { T: "i8" } }] });`,
    "this build of k must give T one of the dtypes f16, f32",
  ],
  "TS-K1044": [
    `const W = [1, 2]; W[0] = 9; ${wrap(`store(out, W[1]);`)}`,
    "W is changed here, and kernels read what it was made with",
  ],
  "TS-K1045": [
    `export const k = kernel(({ B }: { B: Const<"B"> }) => {}, { builds: [{ constants: { B: 1 } }, { constants: { B: 1 }, warps: 4 }] });`,
    "an earlier build of k is the same as this one",
  ],
  "TS-K1046": [wrap(`store(out, 9007199254740993);`), "9007199254740993 is 9007199254740992 as a number of JavaScript"],
  "TS-K1047": [wrap(`store(out, 1e400);`), "1e400 is beyond the largest number, about 1.8e308"],
  "TS-K1048": [`const W = [1, 2]; ${wrap(`store(out, W[2]);`)}`, "W has 2 elements, and none with this index"],
  "TS-K1051": [
    `const f = (v: number): number => v; ${wrap(`let g = f; store(out, g(n));`)}`,
    "f is a function, which is no value of a running kernel",
  ],
  "TS-K1052": [
    wrap(`store(out, reduce(zeros([16], "i32"), 0, (a, b) => a + b + n));`),
    "the function of reduce reads n, and gets nothing but its elements",
  ],
  "TS-K1150": [
    wrap(`const two = maxWithIndex(zeros([16], "f32"), 0); two[0] = 1;`),
    /^two is no list that this function/,
  ],
  "TS-K1151": [
    `const f = (list: Tile[]): Tile[] => { const own = [...list]; own[0]! += 1; return own; }; ${wrap("f([n, n]);")}`,
    "how many elements list has is not known here",
  ],
  "TS-K1053": [
    `export const k = kernel((p: { out: Ptr<"f32">; n?: Int }) => { if (p.n) store(p.out, p.n); });`,
    "p.n as a condition asks whether it is given, and whether it is 0",
  ],
  "TS-K1060": [
    `export const k = kernel(({ x, n }: { x: Ptr<"f32">; n: Int }) => {}, { builds: [{ specialize: [{ divisible: ["x"] }, { divisible: ["x", "n"] }] }] });`,
    "specialize[1] of k asks for all that specialize[0] asks for, so no launch reaches it",
  ],
  "TS-K1050": [
    wrap(`store(out, ${"(".repeat(300)}n${")".repeat(300)});`),
    /^statements and expressions stand at most 200 levels inside one another/,
  ],
};

test.each(Object.entries(CASES))("%s", (code, [source, message]) => {
  const found = lowered(source).diagnostics.filter((one) => one.code === code);
  expect(found.map((one) => one.message)).toEqual([
    typeof message === "string" ? message : expect.stringMatching(message),
  ]);
});

test("TS-K1002", () => {
  expect(problems({ "other.ts": "" })).toEqual(["1:1 TS-K1002 there is no file k.kernel.ts"]);
});

test("every code of the frontend is provoked here", () => {
  const codes = CATALOGUE.map(({ code }) => code).filter((code) => code.startsWith("TS-K1"));
  expect([...Object.keys(CASES), "TS-K1002", "TS-K1099"].sort()).toEqual(codes);
});

test("TS-K1099: a fault of the compiler itself has a place too, and what asked goes on", () => {
  const span = { file: "k.kernel.ts", line: 2, column: 3, endLine: 2, endColumn: 7 };
  const found: Diagnostic[] = [];
  const result = attempt(
    span,
    (problem) => found.push(problem),
    () => {
      throw new TypeError("kernel.body is not iterable");
    },
  );
  expect(result).toBeNull();
  expect(found).toMatchObject([
    { code: "TS-K1099", span, message: "the compiler failed here: kernel.body is not iterable" },
  ]);
});

test("all problems of a file are reported, in the order of the source, each once", () => {
  const source = `export const k = kernel(({ x, n }: { x: Ptr<"f32">; n: Int }) => {
  const v = Math.sin(load(x));
  for (let i = 0; i !== n; i += 2) store(x + i, v);
  store(x, v ** 2);
  store(x, missing);
});
export const other = kernel(<T extends "f16" | "f32">({ y }: { y: Ptr<T> }) => { y.toFixed(); switch (1) {} });`;
  expect(problems(source)).toEqual([
    "2:13 TS-K1006 Math.sin cannot be called in a kernel",
    "3:3 TS-K1003 a for loop with a counter cannot be used in a kernel",
    "4:12 TS-K1003 the operator ** cannot be used in a kernel",
    "5:12 TS-K1004 cannot find missing",
    "7:82 TS-K1006 .toFixed() cannot be called in a kernel",
    "7:95 TS-K1003 switch cannot be used in a kernel",
  ]);
});

test("a parameter that cannot be passed does not hide the problems of the body", () => {
  const source = `export const k = kernel(({ x, y }: { x: string; y: Ptr<"f32"> }) => { store(y, Math.sin(1 * x)); });
export const l = kernel(async ({ x }: { x: Ptr<"f32"> }) => {});`;
  expect(problems(source).filter((one) => !one.includes("TS-K1001"))).toEqual([
    "1:38 TS-K1031 parameter x cannot have the type string",
    "1:80 TS-K1006 Math.sin cannot be called in a kernel",
    "2:25 TS-K1030 a kernel is a plain function: not async, no generator",
  ]);
});

test("a name of the language that was not imported is known", () => {
  const found = lowered({
    "k.kernel.ts": `import { kernel } from "tilescript"; export const k = kernel(() => { debugBarrier(); });`,
  });
  expect(found.diagnostics.map(({ message, hint }) => [message, hint])).toEqual([
    ["cannot find debugBarrier", 'import it: import { debugBarrier } from "tilescript"'],
  ]);
});

test("a problem in an imported file is found once, where it is", () => {
  const found = problems({
    "k.kernel.ts": `import { kernel, store, type Ptr } from "tilescript"; import { f } from "./f.js";
export const a = kernel(({ x }: { x: Ptr<"f32"> }) => store(x, f(1.0))); export const b = kernel(({ x }: { x: Ptr<"f32"> }) => store(x, f(2.0)));`,
    "f.ts": `export const f = (v: number) => Math.exp(v);`,
  });
  expect(found).toEqual(["1:33 TS-K1006 Math.exp cannot be called in a kernel"]);
});

test("a file that tsc cannot parse has that problem only", () => {
  expect(problems(`export const k = kernel(({ x }: { x: Ptr<"f32"> }) => { store(x, ; Math.sin(x); });`)).toEqual([
    "1:66 TS-K1001 ')' expected (TS1005)",
  ]);
});

test("what belongs to Node in a program with kernels is left to the program's own check", () => {
  expect(
    problems({
      "k.kernel.ts": `import { readFileSync } from "node:fs"; import { Device } from "tilescript/runtime"; import { kernel, store, type Ptr } from "tilescript";
export const k = kernel(({ x }: { x: Ptr<"f32"> }) => store(x, 1.0)); console.log(process.argv, Device.open(), readFileSync);`,
    }),
  ).toEqual([]);
});

test("a constant that decides more than a size lists its values", () => {
  const axis = (type: string, options = "") =>
    lowered(`export const k = kernel(({ x, AXIS }: { x: Ptr<"f32">; AXIS: ${type} }) => {
      store(x + arange(0, 16), sum(zeros([16, 16], "f32"), AXIS));
    }${options});`);
  const said = ({ diagnostics }: ReturnType<typeof lowered>) =>
    diagnostics.map(({ message, hint }) => `${message} → ${hint}`);
  expect(said(axis('Const<"AXIS">'))).toEqual([
    'axis of sum must be an integer known when the kernel is built → list the values that it may have in its type: AXIS: Const<"AXIS", 0 | 1>',
  ]);
  expect(said(axis('Const<"AXIS", 0 | 1>'))).toEqual([]);
  const built = axis('Const<"AXIS">', ", { builds: [{ constants: { AXIS: 1 } }] }");
  expect(said(built)).toEqual([]);
  const { kernel } = inferTypes(built.drafts[0]!);
  expect(() => specialize(kernel, { constants: { AXIS: 0 } })).toThrow("k is made for AXIS = 1");
  expect(emitTriton(kernel).text).toContain("    if AXIS == 1:\n");
  const odd = axis('Const<"AXIS", "a" | "b">').diagnostics.map(({ code }) => code);
  expect(odd).toContain("TS-K1008");
  const mixed = "const axis = B === 1 ? n : 0; store(out + arange(0, 16), sum(zeros([16, 16], 'f32'), axis));";
  expect(complaints(mixed)[0]).toContain("axis of sum must be an integer");
  const many = axis(`Const<"AXIS", ${Array.from({ length: 257 }, (_, at) => at).join(" | ")}>`);
  expect(many.diagnostics.map(({ code }) => code)).toEqual(["TS-K1050"]);
  expect(complaints("let c = B; store(x, sum(zeros([16, 16], 'f32'), c));")[0]).toContain("write the number itself");
});

test("elements of a list are assigned where it is made, by an index that is known", () => {
  const list = "const acc = [zeros([16], 'f32'), zeros([16], 'f32')];";
  expect(complaints(`${list} acc[n]! += 1;`)).toEqual([
    "TS-K1008 the index of the list acc must be an integer known when the kernel is built → write the number itself",
  ]);
  expect(complaints(`${list} acc[0] = acc[1]!; store(out, acc[n]!);`)[0]).toContain("the index of a list must be");
  expect(complaints(`${list} for (const i of staticRange(3)) acc[i] = acc[i]! * 2;`)[0]).toBe(
    "TS-K1048 acc has 2 elements, and none with this index → indices go from 0 to 1",
  );
  const changes = "const f = (list: Tile[]) => { list[0] = list[1]!; };";
  expect(complaints(`${list} acc[0]! += 1; f(acc);`, changes)[0]).toContain(
    "TS-K1150 list is no list that this function",
  );
  expect(complaints("const two = maxWithIndex(zeros([16], 'f32'), 0); two[0] = 1;")[0]).toContain("TS-K1150 two is no");
  expect(complaints(`${list} acc[0]! += 1; const g = () => { acc[1] = acc[0]!; }; g();`)[0]).toContain("TS-K1013");
  const spread = "const f = (list: Tile[]) => { const own = [...list]; own[0]! += 1; return own; };";
  expect(complaints("f(maxWithIndex(zeros([16], 'f32'), 0));", spread)[0]).toContain(
    "TS-K1151 how many elements list has",
  );
  expect(complaints("const acc = Array.from({ length: n }, () => 0); acc[0] = 1;")[0]).toContain(
    "the length of a list",
  );
  const huge = "const acc = Array.from({ length: 1_000_000_000 }, () => 0); acc[0] = 1;";
  expect(complaints(huge)[0]).toContain("TS-K1050");
  expect(complaints("zeros([16], 'f32')[0] = 1;")[0]).toContain("TS-K1003 assigning to");
});

test("hints say what to write instead", () => {
  expect(complaints("for (let i = 0; i <= n; i += B) { store(out + i, 1.0); i++; }")).toEqual([
    "TS-K1003 a for loop with a counter cannot be used in a kernel → write for (const i of range(0, n + 1, B)) { … }",
  ]);
  expect(complaints("store(out, Math.max(n, 3)); out[0] = 1; store(out, x[0]!);")).toEqual([
    "TS-K1006 Math.max cannot be called in a kernel → use maximum(a, b) for two values, max(x, axis) for the largest of a tile",
    "TS-K1003 assigning to out[0] cannot be used in a kernel → store(pointer + index, value) writes memory; where(index === i, value, x) changes an element of a tile",
    "TS-K1003 indexing a tile cannot be used in a kernel → load(pointer + index) reads memory; sum(where(…)) picks an element",
  ]);
  expect(complaints("store(out, sum(zeros([B], 'f32'), 0, { keepDims: B > 8 }));")).toEqual([
    "TS-K1008 option keepDims of sum must be true or false known when the kernel is built → it decides the shape of the result: write true or false",
  ]);
  expect(
    complaints(
      "const f = (v: number) => ({ a: v, b: v }); const r = n > 0 ? { ...f(n), c: n } : { a: n, b: n, c: n }; const s = { ...x }; store(out, to(r.c, 'f32')); store(out, s);",
    ),
  ).toEqual([
    "TS-K1003 ...f(n) in an object cannot be used in a kernel → give it a name first: const part = …; { ...part }",
    "TS-K1003 ...x in an object cannot be used in a kernel → write every member: { x: a, y: b }",
  ]);
});

test.each([
  ["const C = { scale: 2 };", "C.scale", "C.scale = 3;"],
  ["const C = { scale: 2 };", "C.scale", "C.scale++;"],
  ["const C = { scale: 2 };", "C.scale", "delete C.scale;"],
  ["const C = { scale: 2 };", "C.scale", "Object.assign(C, { scale: 3 });"],
  ["const C = { inner: { scale: 2 } };", "C.inner.scale", "C.inner.scale = 3;"],
  ["const C = [1, 2];", "C[0]", "C.reverse();"],
  ["const C = [1, 2];", "C[0]", "const other = C; other.push(3);"],
  ["const C = [1, 2];", "C[0]", "for (const i of [0, 1]) C[i]! += 1;"],
])("%s read as %s is refused where it is changed: %s", (made, read, change) => {
  expect(complaints(`store(out, ${read});`, `${made} ${change}`)).toEqual([
    expect.stringMatching(/TS-K1044 C is changed here/),
  ]);
});

test.each([
  "namespace C { export const scale = 2; }",
  "const C = { scale: 2 }; const D = { ...C }; D.scale = 3;",
  "const C = { scale: 2 }; let D = C.scale; D += 1;",
  "const C = { scale: 2 }; export const f = (C: { scale: number }) => { C.scale = 3; };",
  "const C = { scale: 2 }; export const size = C.scale + [1].concat(2).length;",
])("what is not changed may be read: %s", (made) => {
  expect(complaints("store(out, C.scale);", made)).toEqual([]);
});

const PAIR = "const pair = (v: number): [number, number] => [v, v];";
const kernelOf = (parameters: string, statements: string): string =>
  `export const k = kernel((${parameters}) => { ${statements} });`;

test.each([
  [wrap("const list: number[] = []; list.push(n); store(out, list[0]!);"), ".push() cannot be called in a kernel"],
  [wrap("const name = `v$" + "{n}`; store(out, name.length);"), "a text with values in it cannot be used in a kernel"],
  [PAIR + wrap("const [a, ...rest] = pair(n); store(out, to(a + rest[0]!, 'f32'));"), /^a rest element cannot be used/],
  [
    kernelOf('{ x, n = x }: { x: Ptr<"f32">; n?: Ptr<"f32"> }', "store(n, 1.0);"),
    "this pattern cannot be used in a kernel",
  ],
  [kernelOf('{ x, B }: { x: Ptr<"f32">; B?: Const<"B"> }', "store(x + B, 1.0);"), /^parameter B cannot have the type/],
  [
    kernelOf('{ x, n = 5 }: { x: Ptr<"f32">; n: Int }', "store(x + n, 1.0);"),
    "this pattern cannot be used in a kernel",
  ],
  [kernelOf('{ x, ...rest }: { x: Ptr<"f32">; n: Int }', "store(x + rest.n, 1.0);"), /^this pattern cannot be used/],
  [`const f = (...xs: number[]): number => xs[0]! + 1; ${wrap("store(out + f(n, 2), 1.0);")}`, /^a rest parameter/],
  [
    "const f = (a: number, b: number): number => a + b; const two: [number, number] = [1, 2];" +
      wrap("store(out + f(...two), 1.0);"),
    /^a spread/,
  ],
  [
    'export const k = kernel(function ({ x }: { x: Ptr<"f32"> }) { store(this.out, load(x)); });',
    "this cannot be used in a kernel",
  ],
])("one mistake is one problem: %s", (source, message) => {
  const found = lowered(source).diagnostics;
  expect(found.map((one) => one.message)).toEqual([
    typeof message === "string" ? message : expect.stringMatching(message),
  ]);
});

test("a tsconfig.json that does not parse is told with its place, where an import leads nowhere", () => {
  const files = (from: string) => ({
    "tsconfig.json": `{
  "compilerOptions": { "paths": { "@lib/*": ["./lib/*" } }
}`,
    "lib/act.ts": "export const twice = (v: number): number => v * 2;",
    "k.kernel.ts": `import { kernel, store, type Ptr } from "tilescript"; import { twice } from "${from}";
export const k = kernel(({ x }: { x: Ptr<"f32"> }) => store(x, twice(1.0)));`,
  });
  const inConfig = (from: string) =>
    lowered(files(from))
      .diagnostics.filter(({ span }) => span.file === "tsconfig.json")
      .map(({ code, span }) => [code, span.line, span.column]);
  expect(inConfig("@gone/act.js")).toEqual([["TS-K1001", 2, 56]]);
  expect(inConfig("./lib/act.js")).toEqual([]);
});
