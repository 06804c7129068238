import { describe, expect, test } from "vitest";
import { body, complaints, printed } from "./source.js";

describe("device functions", () => {
  test("a function becomes a device function once, before its callers", () => {
    expect(
      body(
        `store(out, twice(s) + outer(s));`,
        `function outer(v: number) { return twice(v) * 2; } const twice = (v: number): number => { if (v > 1.0) return v; return v + v; };`,
      ),
    ).toMatchInlineSnapshot(`
      "
      function twice(v: unknown): unknown {
        if gt(v, 1.0) {
          return v
        }
        return add(v, v)
      }

      function outer(v: unknown): unknown {
        return mul(@twice(v), 2)
      }

      store(out, add(@twice(s), @outer(s)))
      "
    `);
  });
  test("tuples and objects are returned and taken apart", () => {
    expect(
      body(
        `const [a, , c] = three(n); const { lo, hi: high } = bounds(n); const r = bounds(a); let p = n, q = n; [p, q] = [q, p]; ({ hi: p } = bounds(c));
store(i, lo + high + r.hi + three(n)[1] + p + q);`,
        `const three = (v: number) => [v, v + 1, v + 2] as const; function bounds(v: number) { return { lo: v, hi: v + 1 }; }`,
      ),
    ).toMatchInlineSnapshot(`
      "
      function three(v: unknown): unknown {
        return [v, add(v, 1), add(v, 2)]
      }

      function bounds(v: unknown): unknown {
        return [add(v, 1), v]
      }

      let [a, _, c] = @three(n)
      let [high, lo] = @bounds(n)
      let r = @bounds(a)
      let p = n
      let q = n
      [p, q] = [q, p]
      [p, _] = @bounds(c)
      store(i, add(add(add(add(add(lo, high), r[0]), @three(n)[1]), p), q))
      "
    `);
  });
  test("parameters may be patterns and have defaults", () => {
    expect(
      body(
        `const r = bag(n); store(out, f({ a: n, b: s }, [1, 2]) + f(r, [3, 4], 5));`,
        `function bag(v: number) { return { b: v, a: v }; }
function f({ b, a }: { a: number; b: number }, [u, v]: readonly [number, number], w = 7) { return a - b + u * v + w; }`,
      ),
    ).toMatchInlineSnapshot(`
      "
      function bag(v: unknown): unknown {
        return [v, v]
      }

      function f(b: unknown, a: unknown, u: unknown, v: unknown, w: unknown): unknown {
        return add(add(sub(a, b), mul(u, v)), w)
      }

      let r = @bag(n)
      store(out, add(@f(s, n, 1, 2, 7), @f(r[1], r[0], 3, 4, 5)))
      "
    `);
  });
  test("a number or text goes into a function as a constant where the function needs to know it", () => {
    expect(
      body(
        `const LAST = 1; const x2 = reshape(load(x + arange(0, 16)), [4, 4]);
store(out + arange(0, 4), twice(x2, 0) + twice(x2, LAST) + turned(x2, 1));
store(out, sized(4) + sized(n) + kept(x) + picked([s, n], 1));`,
        `function twice(v: number, axis: number) { return along(v, axis) + axis; }
function along(v: number, axis: number) { return max(v, axis); }
function turned(v: number, first: number) { return sum(permute(v, first, 1 - first), 0); }
function sized(count: number) { return count + 1; }
function kept(at: Ptr<"f32">, d: "f16" | "f32" = "f16", cache: "ca" | "cg" = "cg") { return to(load(at, { cache }), d); }
function picked(of: readonly [number, number], at: number) { return of[at]; }`,
      ),
    ).toMatchInlineSnapshot(`
      "
      function along(v: unknown): unknown {
        return max(v, axis=0)
      }

      function twice(v: unknown): unknown {
        return add(@along(v), 0)
      }

      function along_2(v: unknown): unknown {
        return max(v, axis=1)
      }

      function twice_2(v: unknown): unknown {
        return add(@along_2(v), 1)
      }

      function turned(v: unknown): unknown {
        return sum(permute(v, order=[1, 0]), axis=0)
      }

      function sized(count: unknown): unknown {
        return add(count, 1)
      }

      function kept(at: Ptr<f32>): unknown {
        return cast(load(at, cache="cg"), dtype="f16")
      }

      function picked(of: unknown): unknown {
        return of[1]
      }

      let LAST: Const<1> = 1
      let x2 = reshape(load(add(x, arange(start=0, end=16))), shape=[4, 4])
      store(add(out, arange(start=0, end=4)), add(add(@twice(x2), @twice_2(x2)), @turned(x2)))
      store(out, add(add(add(@sized(4), @sized(n)), @kept(x)), @picked([s, n])))
      "
    `);
  });
  test("a function inside a kernel takes what it reads from around as parameters", () => {
    expect(
      body(
        `const j = arange(0, B); const at = (k: number) => x + j * n + k; const both = () => load(at(0)) + load(at(1)); store(out + j, both());
const half = () => zeros([B], "f32"); store(out + j, half());`,
      ),
    ).toMatchInlineSnapshot(`
      "
      function at(k: unknown, x: unknown, j: unknown, n: unknown): unknown {
        return add(add(x, mul(j, n)), k)
      }

      function both(x: unknown, j: unknown, n: unknown): unknown {
        return add(load(@at(0, x, j, n)), load(@at(1, x, j, n)))
      }

      function half(B: unknown): unknown {
        return zeros(shape=[B], dtype="f32")
      }

      let j = arange(start=0, end=[B])
      store(add(out, j), @both(x, j, n))
      store(add(out, j), @half(B))
      "
    `);
  });
  test("names are followed through imports, re-exports, namespaces and aliases", () => {
    expect(
      printed({
        "k.kernel.ts": `import * as ts from "tilescript"; import { kernel as declare, type Ptr } from "tilescript";
import twice, { soft, scale as factor } from "./lib/index.js"; import * as lib from "./lib/index.js";
export const k = declare(({ x }: { x: Ptr<"f32"> }) => { ts.store(x, twice(soft(ts.load(x))) * factor * lib.TABLE[1] * lib.Mode.Fast * lib.settings.eps); });`,
        "lib/index.ts": `export { default } from "./twice.js"; export { sigmoid as soft } from "tilescript"; export * from "./constants.js";`,
        "lib/twice.ts": `export default function twice(v: number) { return v + v; }`,
        "lib/constants.ts": `const half = 1 / 2; export const scale = half * 3; export const TABLE = [8, 16] as const;
export enum Mode { Exact, Fast = 3 } export const settings = { eps: 1e-5, ...{ on: true } } as const;`,
      }),
    ).toMatchInlineSnapshot(`
      "
      function twice(v: unknown): unknown {
        return add(v, v)
      }

      kernel k(x: Ptr<f32>) {
        store(x, mul(mul(mul(mul(@twice(sigmoid(load(x))), 1.5), 16), 3), 0.00001))
      }
      "
    `);
  });
  test("functions of one name in two modules are told apart", () => {
    expect(
      printed({
        "k.kernel.ts": `import { kernel, store, type Ptr } from "tilescript"; import { f } from "./a.js"; import { f as g } from "./b.js";
export const k = kernel(({ x }: { x: Ptr<"f32"> }) => { store(x, f(1.0) + g(2.0)); });`,
        "a.ts": `export const f = (v: number) => v + 1;`,
        "b.ts": `export const f = (v: number) => v + 2;`,
      }),
    ).toMatchInlineSnapshot(`
      "
      function f(v: unknown): unknown {
        return add(v, 1)
      }

      function f_2(v: unknown): unknown {
        return add(v, 2)
      }

      kernel k(x: Ptr<f32>) {
        store(x, add(@f(1.0), @f_2(2.0)))
      }
      "
    `);
  });
  test("a device function that stores returns nothing", () => {
    expect(body(`put(out, s);`, `const put = (p: Ptr<"f32">, v: number) => store(p, v);`)).toMatchInlineSnapshot(`
      "
      function put(p: Ptr<f32>, v: unknown): void {
        store(p, v)
      }

      @put(out, s)
      "
    `);
  });
});

describe("constants of device functions", () => {
  const LIBRARY = `function along(v: number, axis: number) { return max(v, axis); }`;
  test("a number that is not known is refused where the function needs it", () => {
    expect(complaints(`store(x, along(load(x + arange(0, 4)), n));`, LIBRARY)).toMatchInlineSnapshot(`
      [
        "TS-K1008 axis of max must be an integer known when the kernel is built → the greater of two values is maximum(a, b)",
      ]
    `);
  });
  test("so is a parameter that changes", () => {
    const fn = `function along(v: number, axis: number) { axis += 1; return max(v, axis); }`;
    expect(complaints(`store(x, along(load(x + arange(0, 4)), 0));`, fn)).toMatchInlineSnapshot(`
      [
        "TS-K1008 axis of max must be an integer known when the kernel is built → the greater of two values is maximum(a, b)",
      ]
    `);
  });
  test("a recursive function is still one", () => {
    const fn = `function f(v: number, axis: number): number { return f(max(v, axis), axis); }`;
    expect(complaints(`store(x, f(load(x + arange(0, 4)), 0));`, fn)).toMatchInlineSnapshot(`
      [
        "TS-K1011 f calls itself → write a loop with range() or while",
      ]
    `);
  });
  test("a function of the language says so too", () => {
    expect(complaints(`store(x, softmax(load(x + arange(0, 4)), n));`)).toMatchInlineSnapshot(`
      [
        "TS-K1008 axis of softmax must be a number known when the kernel is built → write the number itself",
      ]
    `);
  });
});
