import { describe, expect, test } from "vitest";
import { draft, lowered } from "./source.js";

const builds = (source: string) => draft(source).builds;

describe("parameters", () => {
  test("keep the order of the object's type, whatever the pattern takes", () => {
    const { params } = draft(
      `export const k = kernel(({ n: count }: { x: Ptr<"bf16">; n: Int; s: Scalar<"f16">; wide: I64; u: U32; on: Bool; B: Const<"B">;
MODE: Const<"MODE", "a" | "b">; ON: Const<"ON", boolean>; EPS: Const<"EPS", F32>; d: Descriptor<"i8", [Const<"B">, 64], "nan"> }) => { assume(count > 0); });`,
    );
    expect(params.map(({ span, ...param }) => param)).toEqual([
      { kind: "pointer", name: "x", dtype: "bf16" },
      { kind: "scalar", name: "n", dtype: "i32" },
      { kind: "scalar", name: "s", dtype: "f16" },
      { kind: "scalar", name: "wide", dtype: "i64" },
      { kind: "scalar", name: "u", dtype: "u32" },
      { kind: "scalar", name: "on", dtype: "bool" },
      { kind: "const", name: "B", of: "int" },
      { kind: "const", name: "MODE", of: "string" },
      { kind: "const", name: "ON", of: "bool" },
      { kind: "const", name: "EPS", of: "float" },
      { kind: "descriptor", name: "d", dtype: "i8", block: [{ op: "name", args: ["B"] }, 64], padding: "nan" },
    ]);
    expect(params[1]!.span).toMatchObject({ file: "k.kernel.ts", line: 2, column: 58, endColumn: 65 });
  });

  test("come from aliases, interfaces and intersections too, and may stay one object", () => {
    const { params, body } = draft(
      `type In<D extends DType> = { x: Ptr<D> }; interface Sizes { n: Int; B: Const<"B"> }
export const k = kernel((p: In<"f32"> & Sizes) => { const { x: from } = p; store(from + p.n, sum(zeros([p.B], "f32"))); });`,
    );
    expect(params.map(({ name }) => name)).toEqual(["x", "n", "B"]);
    expect(JSON.stringify(body)).toContain('"shape":[{"op":"name","args":["B"]}]');
  });
});

describe("kernels", () => {
  test("carry their name, comment, file and place; every kernel of the file counts", () => {
    const { drafts } = lowered(
      `/** Doubles. */\nexport const first = kernel(({ x }: { x: Ptr<"f32"> }) => {});\nconst second = kernel(({ x }: { x: Ptr<"f32"> }) => {});
const body = ({ x }: { x: Ptr<"f32"> }) => { store(x, 1); }; export const third = kernel(body); export { second as renamed };`,
    );
    expect(drafts.map(({ name, doc, file, span }) => [name, doc, file, span.line])).toEqual([
      ["first", "Doubles.", "k.kernel.ts", 3],
      ["second", "", "k.kernel.ts", 4],
      ["third", "", "k.kernel.ts", 5],
    ]);
  });

  test("generic over dtype: one draft for each choice, with the builds that name it", () => {
    const { drafts, diagnostics } = lowered(
      `export const k = kernel(<T extends "f32" | "f16", U extends "i8">({ x, y }: { x: Ptr<T>; y: Ptr<U> }) => {
  const z: Scalar<T> = sum(zeros([16], dtypeOf(x)), 0) as Scalar<T>; store(x, z);
}, { builds: [{ dtypes: { T: "f32", U: "i8" }, warps: 8 }, { dtypes: { T: "f16", U: "i8" } }] });`,
    );
    expect(diagnostics).toEqual([]);
    expect(
      drafts.map(({ dtypes, builds, params }) => [dtypes, builds.length, "dtype" in params[0]! && params[0].dtype]),
    ).toEqual([
      [{ T: "f16", U: "i8" }, 1, "f16"],
      [{ T: "f32", U: "i8" }, 1, "f32"],
    ]);
    expect(JSON.stringify(drafts[0]!.body)).toContain('"dtype":"f16"');
  });
});

describe("builds", () => {
  test.each([
    ["[64, 128].map(build)", [64, 128]],
    ["Array.from({ length: 3 }, (_, i) => build(64 << i))", [64, 128, 256]],
    ["Array.from(Object.values(NAMED), build)", [32, 96]],
    ["Object.entries(NAMED).map(([, B]) => build(B))", [32, 96]],
    ['Object.keys(NAMED).map((name) => build(NAMED[name as "small"]))', [32, 96]],
  ])("are known where they are %s", (made, want) => {
    const all = builds(
      `const NAMED = { small: 32, large: 96 }; function build(B: number) { return { constants: { B } }; }
export const k = kernel(({ x, B }: { x: Ptr<"f32">; B: Const<"B"> }) => {}, { builds: ${made} });`,
    );
    expect(all.map(({ constants }) => constants.B)).toEqual(want);
  });

  test("a kernel that leaves nothing open is built once; one with constants must say", () => {
    expect(builds(`export const k = kernel(({ x }: { x: Ptr<"f32"> }) => {});`)).toEqual([
      { constants: {}, dtypes: {}, warps: 4, stages: 3, ctas: 1, pdl: false, fpFusion: true, alignment: "checked" },
    ]);
    expect(builds(`export const k = kernel(({ B }: { B: Const<"B"> }) => {});`)).toEqual([]);
  });

  test("are computed without running the file: spreads, constants, arithmetic, map, flatMap, filter and functions", () => {
    const all = builds(
      `const base = { warps: 2 ** 3, pdl: true } as const; const SIZES = [16, 32, 64] as const; const stages = (b: number) => b > 16 ? 2 : 1;
export const k = kernel(({ x, B, ON }: { x: Ptr<"f32">; B: Const<"B">; ON: Const<"ON", boolean> }) => {}, {
  builds: SIZES.filter((B) => B < 64).flatMap((B) => [true, false].map((ON, index) => ({ ...base, constants: { B: B * 2, ON }, stages: stages(B) + index, divisible: ["x"] as const }))),
});`,
    );
    expect(
      all.map(({ constants, warps, stages, pdl, divisible }) => [
        constants.B,
        constants.ON,
        warps,
        stages,
        pdl,
        divisible,
      ]),
    ).toEqual([
      [32, true, 8, 1, true, ["x"]],
      [32, false, 8, 2, true, ["x"]],
      [64, true, 8, 2, true, ["x"]],
      [64, false, 8, 3, true, ["x"]],
    ]);
  });
});

describe("specialize", () => {
  const source = (fields: string): string =>
    `export const k = kernel(({ x, n, s, f, B }: { x: Ptr<"f32">; n: Int; s: I64; f: F32; B: Const<"B"> }) => {}, { builds: [{ constants: { B: 1 }, ${fields} }] });`;

  test("names what each variant takes for granted, in the order of the parameters", () => {
    expect(
      builds(source(`specialize: [{ divisible: ["n", "x"], one: ["s"] }, { one: ["s", "n"] }, {}]`)),
    ).toMatchObject([
      {
        specialize: [
          { divisible: ["x", "n"], one: ["s"] },
          { divisible: [], one: ["n", "s"] },
          { divisible: [], one: [] },
        ],
      },
    ]);
  });

  test('"pointers" names all pointers, in divisible too, unless a parameter is called so', () => {
    const two = (more: string, fields: string) =>
      builds(
        `export const k = kernel(({ a, n, b${more ? ", pointers" : ""} }: { a: Ptr<"f32">; n: Int; b: Ptr<"i8">${more} }) => {}, { builds: [{ ${fields} }] });`,
      );
    expect(two("", `divisible: ["n", "pointers", "b"]`)).toMatchObject([{ divisible: ["a", "b", "n"] }]);
    expect(two("", `specialize: [{ divisible: ["pointers"], one: ["n"] }]`)).toMatchObject([
      { specialize: [{ divisible: ["a", "b"], one: ["n"] }] },
    ]);
    expect(two("; pointers: I64", `divisible: ["pointers"]`)).toMatchObject([{ divisible: ["pointers"] }]);
  });

  test("of a build replaces divisible of the defaults, and the other way round", () => {
    const [first, second] = builds(
      `export const k = kernel(({ x, n, B }: { x: Ptr<"f32">; n: Int; B: Const<"B"> }) => {}, {
  defaults: { divisible: ["x"] }, builds: [{ constants: { B: 1 }, specialize: [{ one: ["n"] }] }, { constants: { B: 2 } }] });`,
    );
    expect([first!.divisible, second!.divisible]).toEqual([undefined, ["x"]]);
    expect([first!.specialize, second!.specialize]).toEqual([[{ divisible: [], one: ["n"] }], undefined]);
  });

  test.each([
    [`specialize: []`, "specialize must be a list of 1 to 8 variants"],
    [`specialize: [{ one: ["f"] }]`, "specialize[0].one must be a list of integers among the parameters (n, s)"],
    [`specialize: [{ one: ["x"] }]`, "specialize[0].one must be a list of integers among the parameters (n, s)"],
    [
      `specialize: [{}, { divisible: ["B"] }]`,
      "specialize[1].divisible must be a list of pointers and integers among the parameters (x, n, s)",
    ],
    [
      `specialize: [{ divisible: ["n"], one: ["n"] }]`,
      "specialize[0].one must be a list without n, which is in divisible",
    ],
    [`specialize: [{ ones: ["n"] } as {}]`, "specialize[0] must be an object with divisible, one or both"],
    [
      `divisible: ["y"]`,
      'divisible must be a list of pointers, descriptors and integers among the parameters (x, n, s); "pointers" names all pointers',
    ],
    [
      `divisible: ["x"], specialize: [{}]`,
      "divisible must be in each variant of specialize, beside which there is no other",
    ],
    [
      `specialize: [{ one: ["s"] }, { divisible: ["x"] }, { divisible: ["n", "x"] }]`,
      "specialize[2] of k asks for all that specialize[1] asks for, so no launch reaches it",
    ],
  ])("%s is refused at the build", (fields, message) => {
    const [problem] = lowered(source(fields)).diagnostics;
    expect(problem!.message).toBe(message);
    expect(problem!.span).toMatchObject({ line: 2, column: expect.any(Number) });
  });
});

describe("builds that a launch chooses by speed", () => {
  const source = (options: string) =>
    `export const k = kernel(({ x, B, C }: { x: Ptr<"f32">; B: Const<"B">; C: Const<"C"> }) => {}, { ${options} });`;
  const constants = { B: 1, C: 2 };

  test("may have the same constants, if anything else differs", () => {
    const text = JSON.stringify(constants);
    expect(
      builds(
        source(`builds: [{ constants: ${text} }, { constants: ${text}, warps: 8 }, { constants: ${text}, stages: 4 }]`),
      ),
    ).toMatchObject([
      { constants, warps: 4, stages: 3 },
      { constants, warps: 8 },
      { constants, stages: 4 },
    ]);
  });

  test("may leave constants to tuning, in the order of the parameters", () => {
    expect(draft(source(`tune: ["C", "B"], builds: [{ constants: { B: 1, C: 2 } }]`)).tune).toEqual(["B", "C"]);
  });

  test("leave nothing else to it", () => {
    const { diagnostics } = lowered(source(`tune: ["x" as "B"], builds: [{ constants: { B: 1, C: 2 } }]`));
    expect(diagnostics.map(({ message }) => message)).toEqual(["tune must be a list of Const parameters (B, C)"]);
    const { diagnostics: typed } = lowered(source(`tune: ["D"], builds: [{ constants: { B: 1, C: 2 } }]`));
    expect(typed.map(({ code }) => code)).toContain("TS-K1041");
  });
});

test("each choice of a constant that decides an option declares its own variables, and reads none of another choice's", () => {
  const { body } = draft(`export const k = kernel((p: { a: Ptr<"f32">; A: Const<"A", "ca" | "cg"> }) => {
  let acc = zeros([16], "f32");
  for (const k of range(0, 64, 16)) acc = acc + load(p.a + k + arange(0, 16), { cache: p.A });
  store(p.a + arange(0, 16), acc);
}, { builds: [{ constants: { A: "ca" } }, { constants: { A: "cg" } }] });`);
  const declarations = JSON.stringify(body).match(/"kind":"assign","name":"acc\w*","value":\{"kind":"\w+"/g)!;
  expect(declarations.filter((one) => one.endsWith('"ref"'))).toEqual([]);
});
