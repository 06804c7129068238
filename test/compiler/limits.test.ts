import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { check } from "../../compiler/check.js";
import { createFrontend } from "../../compiler/frontend/index.js";
import { Budget, LIMITS, type Limit } from "../../compiler/ir/index.js";
import { specialize } from "../../compiler/passes/index.js";
import { folderOf, IMPORTS } from "./frontend/source.js";

const again = (text: string, times: number): string => text.repeat(times);
const listed = (count: number, one: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => one(index)).join(" ");

interface Around {
  readonly before?: string;
  readonly params?: string;
  readonly builds?: string;
}

/** A kernel whose statements begin on line 4; IMPORTS are line 1. */
const kernel = (body: string, { before = "", params = "", builds = "{ constants: { N: 64 } }" }: Around = {}): string =>
  `${IMPORTS}${before}
export const k = kernel(({ out, n, N }: { out: Ptr<"f32">; n: Int; N: Const<"N">${params} }) => {
${body}
}, { builds: [${builds}] });`;

const frontend = createFrontend();

/** Problems as `line:column code message`. */
function problems(source: string): readonly string[] {
  const project = folderOf({ "k.kernel.ts": source });
  const { diagnostics } = check([join(project, "k.kernel.ts")], { project, frontend });
  return diagnostics.map(({ span, code, message }) => `${span.line}:${span.column} ${code} ${message}`);
}

const store = "store(out, 1.0);";

/** Sources that grow, the largest that is fine, and where the next one is refused. */
const SOURCES: readonly (readonly [
  Limit,
  what: string,
  source: (size: number) => string,
  most: number,
  place: RegExp,
])[] = [
  [
    "characters",
    "a file",
    (size) => kernel(store) + again(" ", size - kernel(store).length),
    LIMITS.characters,
    /^1:1 /,
  ],
  [
    "nesting",
    "parentheses",
    (size) => kernel(`store(out, ${again("(", size)}1.0${again(")", size)});`),
    LIMITS.nesting - 10,
    /^4:\d+ /,
  ],
  ["nesting", "additions", (size) => kernel(`store(out, 1.0${again("+1.0", size)});`), LIMITS.nesting - 10, /^4:12 /],
  [
    "nesting",
    "negations",
    (size) => kernel(`if (${again("!", size)}(n > 1)) ${store}`),
    LIMITS.nesting - 11,
    /^4:\d+ /,
  ],
  [
    "nesting",
    "blocks",
    (size) => kernel(again("if (n > 1) {", size) + store + again("}", size)),
    LIMITS.nesting / 2 - 5,
    /^4:\d+ /,
  ],
  [
    "nesting",
    "else if",
    (size) => kernel(again(`if (n > 1) ${store} else `, size) + store),
    LIMITS.nesting - 11,
    /^4:\d+ /,
  ],
  [
    "nesting",
    "calls",
    (size) =>
      kernel("f0(out);", {
        before: listed(
          size,
          (index) =>
            `function f${index}(p: Ptr<"f32">): void { ${index + 1 < size ? `f${index + 1}(p)` : "store(p, 1.0)"}; }`,
        ),
      }),
    LIMITS.nesting / 2 - 2,
    /^2:\d+ /,
  ],
  [
    "nesting",
    "constants",
    (size) =>
      kernel(`store(out, c${size});`, {
        before: `const c0 = 1.5; ${listed(size, (index) => `const c${index + 1} = c${index} + 1;`)}`,
      }),
    LIMITS.nesting / 2 - 1,
    /^2:\d+ /,
  ],
  [
    "parameters",
    "a kernel",
    (size) => kernel(store, { params: listed(size - 3, (index) => `; p${index}: Int`) }),
    LIMITS.parameters,
    /^3:\d+ /,
  ],
  [
    "builds",
    "a kernel",
    (size) => kernel(store, { builds: `...[${again("1,", size)}].map((_, N) => ({ constants: { N } }))` }),
    LIMITS.builds,
    /^5:4 /,
  ],
  [
    "elements",
    "a list",
    (size) =>
      kernel(store, {
        builds: `...[${again("1,", size - 1)} 2].filter((N) => N > 1).map((N) => ({ constants: { N } }))`,
      }),
    LIMITS.elements,
    /^5:\d+ /,
  ],
  [
    "elements",
    "a text",
    (size) => kernel(`staticAssert(N > 0, "${again("x", size)}"); ${store}`),
    LIMITS.elements,
    /^4:\d+ /,
  ],
  [
    "terms",
    "a size",
    (size) =>
      kernel(`store(out + arange(0, ${again("minimum(", size)}N${listed(size, (index) => `, ${index + 64})`)}), 1.0);`),
    LIMITS.terms / 2 - 1,
    /^4:\d+ /,
  ],
  [
    "operations",
    "turns of a loop",
    (size) => kernel(`for (const i of staticRange(0, ${size})) store(out + arange(i * 64, i * 64 + 64), 1.0);`),
    LIMITS.operations / 5 - 1,
    /^4:\d+ /,
  ],
];

test.each(SOURCES)("%s: %s", (limit, _what, source, most, place) => {
  expect(problems(source(most))).toEqual([]);
  const beyond = problems(source(most + 1));
  expect(beyond).toHaveLength(1);
  expect(beyond[0]).toMatch(place);
  expect(beyond[0]).toContain(` TS-K1050 `);
  expect(beyond[0]).toContain(` at most ${LIMITS[limit]} `);
});

test.each([
  ["steps", "lists of lists", store, "5:"],
  ["choices", "many type parameters", store, "7:"],
] as const)("%s: %s", (limit, _what, body, line) => {
  const many = "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]";
  const builds = {
    steps: `...${again(`${many}.flatMap((_) => `, 6)}${many}${again(")", 6)}.map((N) => ({ constants: { N } }))`,
    choices: "{ constants: { N: 64 } }",
  }[limit];
  const dtypes = '"f16" | "bf16" | "f32" | "f64" | "i8" | "u8" | "i16" | "i32" | "u32" | "i64"';
  const generic = `
export const g = kernel(<A extends ${dtypes}, B extends ${dtypes}, C extends ${dtypes}>({ a, b, c }: { a: Ptr<A>; b: Ptr<B>; c: Ptr<C> }) => {
  store(a, load(a));
});`;
  const found = problems(kernel(body, { builds }) + (limit === "choices" ? `\n${generic}` : ""));
  expect(found[0]).toContain(` at most ${LIMITS[limit]} `);
  expect(found[0]!.startsWith(line)).toBe(true);
});

test("a long chain of else if is told from what is nested", () => {
  const source = kernel(`${listed(220, (index) => `if (n === ${index}) store(out, ${index}.0); else`)} ${store}`);
  const project = folderOf({ "k.kernel.ts": source });
  const { diagnostics } = check([join(project, "k.kernel.ts")], { project, frontend });
  expect(diagnostics).toMatchObject([{ code: "TS-K1050", hint: expect.stringMatching(/^each else if stands inside/) }]);
});

test("tiles have at most as many elements as Triton takes, also where they come from stretching", () => {
  const { tile } = LIMITS;
  expect(problems(kernel(`store(out + arange(0, N * ${tile / 64}), 1.0);`))).toEqual([]);
  expect(problems(kernel(`store(out + arange(0, N * ${tile / 32}), 1.0);`))).toEqual([
    `4:13 TS-K1050 a tile has at most ${tile} elements, got ${2 * tile}`,
  ]);
  expect(problems(kernel("store(out + (col(arange(0, 2048)) + row(arange(0, 1024))), 1.0);"))).toEqual([
    `4:14 TS-K1050 a tile has at most ${tile} elements, got ${2 * tile}`,
  ]);
});

test.each([
  ['store(out + arange(0, 16), full([16], -Infinity, "i64"));', "4:39 TS-K2022 -Infinity does not fit i64"],
  ['store(out + arange(0, 16), full([16], NaN, "i32"));', "4:39 TS-K2022 NaN does not fit i32"],
  ['store(out + arange(0, 16), full([16], 2.5, "i32"));', "4:39 TS-K2022 2.5 does not fit i32"],
  ["for (const i of range(0, N * 100000000)) store(out + i, 1.0);", "4:26 TS-K2022 6400000000 does not fit i32"],
  ["for (const i of range(0, n, N - 64)) store(out + i, 1.0);", "4:29 TS-K2056"],
  ["for (const i of staticRange(64, 0, N - 64)) store(out + arange(i, i + 1), 1.0);", "4:36 TS-K2056"],
  ["store(out + (floorDiv(64, 0) & 3), 1.0);", "4:14 TS-K2061"],
  ["store(out + floorDiv(n, 0), 1.0);", "4:13 TS-K2061"],
  ["store(out + (n % (N - 64)), 1.0);", "4:14 TS-K2061"],
  ["store(out + cdiv(N, 0), 1.0);", "4:13 TS-K2061"],
  ["store(out, 1 << 5000000000);", "4:12 TS-K2062"],
])("%s is refused at its place", (body, want) => {
  expect(problems(kernel(body))[0]).toContain(want);
});

test.each([
  "for (const i of range(4294967296, N)) store(out + i, 1.0);",
  "for (const i of range(0, 4294967296)) store(out + i, 1.0);",
  'for (const i of range(0, to(n, "i64"))) store(out + i, 1.0);',
  'for (const i of range(N, to(n, "u32"))) store(out + i, 1.0);',
])("%s is fine", (body) => {
  expect(problems(kernel(body))).toEqual([]);
});

test("what all builds of a kernel take together is limited", () => {
  const { kernels } = check([join(folderOf({ "k.kernel.ts": kernel(store) }), "k.kernel.ts")], { frontend });
  const left = (most: number) => {
    const work = new Budget("work");
    work.spend(LIMITS.work - most);
    return () => specialize(kernels[0]!, { constants: { N: 64 } }, work);
  };
  // A call, a pointer and a number.
  expect(left(3)).not.toThrow();
  expect(left(2)).toThrow(`k.kernel.ts:4:1 TS-K1050: a kernel has at most ${LIMITS.work} operations in all its builds`);
});

test("docs/limits.md names every limit with its number", () => {
  const text = readFileSync(new URL("../../docs/limits.md", import.meta.url), "utf8");
  const rows = [...text.matchAll(/^\| .* \| ([\d,]+) \|/gm)].map(([, most]) => Number(most!.replaceAll(",", "")));
  expect(rows).toEqual(Object.values(LIMITS));
});
