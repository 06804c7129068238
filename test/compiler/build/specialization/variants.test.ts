import fc from "fast-check";
import { expect, test } from "vitest";
import { DEFAULT_BUILD } from "../../../../compiler/build/plan.js";
import { promisesText, variantsOf } from "../../../../compiler/build/variants.js";
import { type Build, hides, type Kernel, type Promises } from "../../../../compiler/ir/index.js";
import { inferTypes } from "../../../../compiler/passes/index.js";
import { draft } from "../../frontend/source.js";

const typed = (source: string): Kernel => {
  const { kernel, diagnostics } = inferTypes(draft(source));
  expect(diagnostics).toEqual([]);
  return kernel;
};

const variants = (source: string, changes: Partial<Build> = {}): string[] => {
  const kernel = typed(source);
  return variantsOf(kernel, { ...DEFAULT_BUILD, ...changes }).map(promisesText);
};

const kernelOf = (params: string, body: string): string =>
  `export const k = kernel(({ ${params.replaceAll(/: [^;]+;/g, ",")} }: { ${params} }) => { ${body} });`;

test("a bound of the mask matters, and when it is ragged nothing else is lost", () => {
  const source = kernelOf(
    `x: Ptr<"f32">; out: Ptr<"f32">; n: Int;`,
    `const i = programId(0) * 64 + arange(0, 64); store(out + i, load(x + i, { mask: i < n }), { mask: i < n });`,
  );
  expect(variants(source)).toEqual(["x, out, n multiples of 16", "x, out multiples of 16", "any arguments"]);
});

test("what only bounds rows, loops or the grid is not asked for, nor pointers of single elements", () => {
  const source = kernelOf(
    `x: Ptr<"f32">; out: Ptr<"f32">; count: Ptr<"i32">; rows: Int; columns: Int; turns: Int;`,
    `const r = (floorDiv(programId(0), cdiv(columns, 64)) % 4) * 16 + arange(0, 16);
     const c = arange(0, 64);
     for (const turn of range(0, turns)) {
       const at = col(r + turn) * columns + row(c);
       store(out + at, load(x + at, { mask: col(r) < rows && row(c) < columns, other: 0 }), { mask: col(r) < rows });
     }
     store(count, load(count) + 1);`,
  );
  expect(variants(source)).toEqual(["x, out, columns multiples of 16", "x, out multiples of 16", "any arguments"]);
});

test("of two sizes that do not meet each may be ragged alone", () => {
  const source = kernelOf(
    `a: Ptr<"bf16">; b: Ptr<"bf16">; M: Int; N: Int; K: Int;`,
    `const m = arange(0, 16); const k = arange(0, 32); const n = arange(0, 64);
     const x = load(a + col(m) * K + row(k), { mask: col(m) < M && row(k) < K, other: 0 });
     store(b + col(k) * N + row(n), load(b + col(k) * N + row(n)), { mask: row(n) < N });
     store(a + col(m) * K + row(k), x);`,
  );
  expect(variants(source)).toEqual([
    "a, b, N, K multiples of 16",
    "a, b, K multiples of 16",
    "a, b, N multiples of 16",
    "a, b multiples of 16",
    "any arguments",
  ]);
});

const STRIDED = kernelOf(
  `x: Ptr<"f16">; y: Ptr<"f16">; n: Int; xr: Int; xc: I64; ys: Int;`,
  `const r = arange(0, 16); const c = arange(0, 64);
   const transposed = trans(col(r) * xr + to(row(c), "i64") * xc);
   store(y + c * ys, sum(trans(load(x + transposed, { mask: col(c) < n, other: 0 })), 0));`,
);

test("an innermost stride is worth a variant in which it is 1, through conversions and transpositions", () => {
  expect(variants(STRIDED)).toEqual([
    "xc = ys = 1; x, y, n, xr multiples of 16",
    "xc = ys = 1; x, y multiples of 16",
    "x, y, n, xr multiples of 16",
    "any arguments",
  ]);
});

test("what functions and their results do with parameters counts", () => {
  const source = `const at = (i: Tile<[64], "i32">, s: Scalar<"i32">): Tile<[64], "i32"> => i * s;
${kernelOf(`x: Ptr<"f32">; s: Int;`, `store(x + at(arange(0, 64), s), zeros([64], "f32"));`)}`;
  expect(variants(source)).toEqual(["s = 1; x a multiple of 16", "x a multiple of 16", "any arguments"]);
});

test("a row stride beside neighbours that follow each other is no candidate for 1", () => {
  const source = kernelOf(
    `x: Ptr<"f32">; stride: Int;`,
    `const at = col(arange(0, 4)) * stride + row(arange(0, 64)); store(x + at, load(x + at) * 2);`,
  );
  expect(variants(source)[0]).toBe("x, stride multiples of 16");
});

test("what the author lists is what is asked for; strides outside the list may still be 1", () => {
  expect(variants(STRIDED, { divisible: ["y", "n", "ys"] })).toEqual([
    "xc = 1; y, n, ys multiples of 16",
    "xc = 1; y a multiple of 16",
    "y, n, ys multiples of 16",
    "any arguments",
  ]);
  expect(variants(STRIDED, { alignment: "required" })).toEqual(["x, y, n, xr, xc, ys multiples of 16"]);
});

test("a launch reaches every variant, and the first that it may take promises most", () => {
  const sources = [
    STRIDED,
    kernelOf(
      `a: Ptr<"bf16">; b: Ptr<"bf16">; c: Ptr<"f32">; K: Int; N: Int; s: Int;`,
      `const k = arange(0, 32);
       store(c + k * s, to(load(a + k, { mask: k < K, other: 0 }) + load(b + k, { mask: k < N, other: 0 }), "f32"));`,
    ),
  ];
  const all = sources.map((source) => {
    const kernel = typed(source);
    return { kernel, variants: variantsOf(kernel, DEFAULT_BUILD) };
  });
  const keeps = ({ divisible, one }: Promises, args: Readonly<Record<string, number>>): boolean =>
    divisible.every((name) => args[name]! % 16 === 0) && one.every((name) => args[name] === 1);
  for (const { kernel, variants } of all) {
    expect(variants.length).toBeLessThanOrEqual(5);
    const taken = new Set<number>();
    const names = kernel.params.map(({ name }) => name);
    const args = fc.record(Object.fromEntries(names.map((name) => [name, fc.constantFrom(1, 7, 16, 48)])));
    fc.assert(
      fc.property(args, (given) => {
        const fitting = variants.filter((variant) => keeps(variant, given));
        taken.add(variants.indexOf(fitting[0]!));
        expect(fitting.every((other) => hides(other, fitting[0]!))).toBe(true);
      }),
      { numRuns: 3000 },
    );
    expect(taken.size).toBe(variants.length);
  }
});
