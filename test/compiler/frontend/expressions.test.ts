import { describe, expect, test } from "vitest";
import type { Expr, Stmt } from "../../../compiler/ir/index.js";
import { body, draft } from "./source.js";

/** The literals in order, each with what it adapts to. */
function literals(source: string): readonly string[] {
  const { body: statements } = draft(`export const k = kernel(({ x }: { x: Ptr<"f32"> }) => { ${source} });`);
  const found: string[] = [];
  const visit = (expr: Expr): void => {
    if (expr.kind === "literal" && expr.type.kind === "const") found.push(`${expr.type.of} ${expr.value}`);
    if (expr.kind === "op") Object.values(expr.args).forEach(visit);
  };
  for (const stmt of statements) visit((stmt as Extract<Stmt, { kind: "effect" }>).value);
  return found;
}

describe("literals", () => {
  test("the text of a number says whether it is a float", () => {
    expect(
      literals(`store(x, 1); store(x, 1.0); store(x, 1e3); store(x, 1_000); store(x, 0x1e); store(x, .5);`),
    ).toEqual(["int 1", "float 1", "float 1000", "int 1000", "int 30", "float 0.5"]);
  });
  test("a sign belongs to the literal", () => {
    expect(literals(`store(x, -1); store(x, +2); store(x, -(3.0)); store(x, -Infinity);`)).toEqual([
      "int -1",
      "int 2",
      "float -3",
      "float -Infinity",
    ]);
  });
  test("JavaScript's constants and functions of constants are folded", () => {
    expect(literals(`store(x, Math.LN2); store(x, NaN); store(x, Math.sqrt(16)); store(x, Math.max(2, 3));`)).toEqual([
      `float ${Math.LN2}`,
      "float NaN",
      "float 4",
      "int 3",
    ]);
  });
});

describe("operators", () => {
  test("every operator has its op", () => {
    expect(
      body(`const a = n + 1 - 2 * 3 % 4; const b = (n & 1) | (n ^ 2); const c = (n << 1) + (n >> 2) - (n >>> 3) + ~n;
const d = s / 2.0; const e = n == 1 || n != 2 && n < 3; const f = n === 1 || !(n >= 4); const g = flag ? n : -n;`),
    ).toMatchInlineSnapshot(`
      "
      let a = sub(add(n, 1), mod(mul(2, 3), 4))
      let b = bitOr(bitAnd(n, 1), bitXor(n, 2))
      let c = add(sub(add(shiftLeft(n, 1), shiftRight(n, 2)), shiftRightLogical(n, 3)), bitNot(n))
      let d = div(s, 2.0)
      let e = or(eq(n, 1), and(ne(n, 2), lt(n, 3)))
      let f = or(eq(n, 1), not(ge(n, 4)))
      let g = select(condition=flag, a=n, b=neg(n))
      "
    `);
  });
  test("what only the type checker sees leaves nothing behind", () => {
    expect(body(`const a = ((n as number)!) satisfies number;`)).toMatchInlineSnapshot(`
      "
      let a = n
      "
    `);
  });
});

describe("operations", () => {
  test("operands and attributes go by name", () => {
    expect(
      body(`const j = programId(1) * B + arange(0, B);
const v = load(x + j, { mask: j < n, other: 0, cache: "cg", eviction: "evict_first", volatile: true });
store(out + j, to(v, "f16"), { mask: undefined, cache: "wb" });
const m = max(v, 0, { keepDims: true }); const w = sum(v); const [best, at] = maxWithIndex(v, 0);
const z = full([B, 2 * B], -Infinity, "f32"); const q = arange(B, 2 * B);
const t = trans(z); const u = permute(z, 1, 0); const r = reshape(z, [2 * B, B]); const y = col(m) + row(m);
const d = dot(z, t, { acc: z, inputPrecision: "tf32" }); const h = multipleOf(n, 16); const h2 = multipleOf(n, B);
atomicAdd(i, 1, { sem: "relaxed", scope: "gpu" }); staticAssert(B > 1, "too small"); assume(n > 0); gdcWait();`),
    ).toMatchInlineSnapshot(`
      "
      let j = add(mul(programId(axis=1), B), arange(start=0, end=[B]))
      let v = load(ptr=add(x, j), mask=lt(j, n), other=0, cache="cg", eviction="evict_first", volatile=true)
      store(add(out, j), cast(v, dtype="f16"), cache="wb")
      let m = max(v, axis=0, keepDims=true)
      let w = sum(v)
      let [best, at] = maxWithIndex(v, axis=0)
      let z = full(-Infinity, shape=[B, B * 2], dtype="f32")
      let q = arange(start=[B], end=[B * 2])
      let t = trans(z)
      let u = permute(z, order=[1, 0])
      let r = reshape(z, shape=[B * 2, B])
      let y = add(expandDims(m, axis=1), expandDims(m, axis=0))
      let d = dot(a=z, b=t, acc=z, inputPrecision="tf32")
      let h = multipleOf(n, n=16)
      let h2 = multipleOf(n, n=[B])
      atomicAdd(i, 1, sem="relaxed", scope="gpu")
      staticAssert(gt(B, 1), message="too small")
      assume(gt(n, 0))
      gdcWait()
      "
    `);
  });
  test("lists of operands are numbered", () => {
    expect(
      body(`const d = makeTensorDescriptor(x, [n, 64], [64, 1], [B, 64]);
storeTensorDescriptor(d, [n, 0], loadTensorDescriptor(d, [0, n]));`),
    ).toMatchInlineSnapshot(`
      "
      let d = makeTensorDescriptor(ptr=x, shape0=n, shape1=64, stride0=64, stride1=1, block=[B, 64])
      storeTensorDescriptor(desc=d, offset0=n, offset1=0, value=loadTensorDescriptor(desc=d, offset0=0, offset1=n))
      "
    `);
  });
  test("sizes may be computed", () => {
    expect(
      body(
        `const H = floorDiv(B, 2); const two = 2; const a = zeros([H, B * two - 4, cdiv(n2(3), 2)], "f32"); const t = n2(B); const b = zeros([t, mod(B, 3)], "f32");`,
        "const n2 = (n: number) => n * 8;",
      ),
    ).toMatchInlineSnapshot(`
      "
      function n2(n: unknown): unknown {
        return mul(n, 8)
      }

      let H = floorDiv(B, 2)
      let two: Const<2> = 2
      let a = zeros(shape=[B // 2, B * 2 - 4, 12], dtype="f32")
      let t = @n2(B)
      let b = zeros(shape=[B * 8, B % 3], dtype="f32")
      "
    `);
  });
});
