import { describe, expect, test } from "vitest";
import { dimName, scalar, tile } from "../../../compiler/ir/index.js";
import { body, draft } from "./source.js";

describe("variables", () => {
  test("a shadowed name gets a name of its own", () => {
    expect(body(`let a = 1.0; { const a = 2; store(out, a + 1.0); } a = a + 3;`)).toMatchInlineSnapshot(`
      "
      let a: Const<float> = 1.0
      let a_2: Const<2> = 2
      store(out, add(a_2, 1.0))
      a = add(a, 3)
      "
    `);
  });
  test("compound assignments and steps are spelled out", () => {
    expect(
      body(`let a = n; a += 1; a *= 2; a <<= 3; a >>>= 1; a++; --a; let m = n > 0; m &&= flag;`),
    ).toMatchInlineSnapshot(`
      "
      let a = n
      a = add(a, 1)
      a = mul(a, 2)
      a = shiftLeft(a, 3)
      a = shiftRightLogical(a, 1)
      a = add(a, 1)
      a = sub(a, 1)
      let m = gt(n, 0)
      m = and(m, flag)
      "
    `);
  });
  test("an annotation is kept as an assertion; a plain number says nothing", () => {
    const { body: statements } = draft(
      `export const k = kernel(({ B, n }: { B: Const<"B">; n: Int }) => {
const t: Tile<[Const<"B">, 4], "f32"> = zeros([B, 4], "f32"); const y: number = n; const z: Int = n;
});`,
    );
    expect(statements.map((stmt) => stmt.kind === "assign" && stmt.annotation)).toEqual([
      tile("f32", [dimName("B"), 4]),
      undefined,
      scalar("i32"),
    ]);
  });
  test("lists and objects of constants exist at compile time only", () => {
    expect(
      body(`const shape = [B, 64] as const; const o = { axis: 1 }; store(out, sum(zeros(shape, "f32"), o.axis));`),
    ).toMatchInlineSnapshot(`
      "
      store(out, sum(zeros(shape=[B, 64], dtype="f32"), axis=1))
      "
    `);
  });
});

describe("loops", () => {
  test("range takes a stop, a start, a step and options, quoted ones too", () => {
    expect(
      body(`let a = 0; for (const k of range(n)) a += k;
for (const k of range(1, n, B, { numStages: 2, "flatten": true })) { a += k; }
for (const k of staticRange(4, 0, -1)) a = a * 2 + k;`),
    ).toMatchInlineSnapshot(`
      "
      let a: Const<0> = 0
      for k in 0 .. n by 1 carrying a {
        a = add(a, k)
      }
      for k_2 in 1 .. n by B with numStages=2, flatten=true carrying a {
        a = add(a, k_2)
      }
      for static k_3 in 4 .. 0 by -1 carrying a {
        a = add(mul(a, 2), k_3)
      }
      "
    `);
  });
  test("only variables from outside are carried", () => {
    expect(
      body(
        `let a = 0, b = 1.0; for (const k of range(n)) { let c = k; while (c > 0) { c >>= 1; a += 1; } if (flag) b = 2.0; }`,
      ),
    ).toMatchInlineSnapshot(`
      "
      let a: Const<0> = 0
      let b: Const<float> = 1.0
      for k in 0 .. n by 1 carrying a, b {
        let c = k
        while gt(c, 0) carrying c, a {
          c = shiftRight(c, 1)
          a = add(a, 1)
        }
        if flag carrying b {
          b = 2.0
        }
      }
      "
    `);
  });
});

describe("branches", () => {
  test("if, else if, else and an early return", () => {
    expect(
      body(`let a = 0; if (n > 3 && !flag) { a = 1; } else if (CAUSAL) a = 2; else { return; } store(i, a);`),
    ).toMatchInlineSnapshot(`
      "
      let a: Const<0> = 0
      if and(gt(n, 3), not(flag)) carrying a {
        a = 1
      } else {
        if CAUSAL carrying a {
          a = 2
        } else {
          return
        }
      }
      store(i, a)
      "
    `);
  });
});
