import { describe, expect, it } from "vitest";
import {
  dimAdd,
  dimMul,
  dimName,
  dimNames,
  type Kernel,
  printKernel,
  type Stmt,
  type Type,
  walkExpressions,
} from "../../../compiler/ir/index.js";
import { foldConstants, inferTypes, pruneBranches, specialize, verify } from "../../../compiler/passes/index.js";
import * as d from "../ir/draft.js";
import { SAMPLES } from "../ir/samples.js";

const N = dimName("N");
const PARAMS = [
  d.ptr("p", "f32"),
  d.scalarParam("n", "i32"),
  d.constParam("N"),
  d.constParam("FLAG", "bool"),
  d.constParam("SCALE", "float"),
];

const typed = (body: readonly Stmt[], more: Partial<Kernel> = {}): Kernel => {
  const { kernel, diagnostics } = inferTypes(d.kernel("k", PARAMS, body, more));
  expect(diagnostics).toEqual([]);
  return verify(kernel, "inferTypes");
};

/** The lines of a specialized kernel's body. */
function bodyFor(
  constants: Record<string, number | boolean>,
  body: readonly Stmt[],
  more: Partial<Kernel> = {},
): string[] {
  const kernel = specialize(typed(body, more), { constants: { N: 64, FLAG: true, SCALE: 0.5, ...constants } });
  const text = printKernel(kernel);
  return text
    .slice(text.indexOf("kernel k"))
    .trimEnd()
    .split("\n")
    .slice(1, -1)
    .map((line) => line.slice(2));
}

describe("a specialized kernel", () => {
  it.each(Object.entries(SAMPLES))("%s has no constants and no symbolic sizes left", (_name, make) => {
    const { kernel } = inferTypes(make());
    const small = specialize(kernel, kernel.builds[0]!);
    const check = (type: Type): void => {
      expect(type.kind).not.toBe("const");
      if (type.kind === "tile") expect(type.shape.flatMap(dimNames)).toEqual([]);
    };
    for (const { body } of [small, ...small.functions]) walkExpressions(body, (expr) => check(expr.type));
    expect(small.constants).toEqual(kernel.builds[0]!.constants);
    expect(small.params).toHaveLength(kernel.params.length);
  });

  it("takes the branch that a constant chooses, and only that", () => {
    const body = [
      d.declare("x", d.zeros([N], "f32")),
      d.when("FLAG", [d.assign("x", d.add("x", 1))], [d.assign("x", d.sub("x", 1))]),
      d.declare("y", d.op("select", { condition: d.lt("N", 32), a: "x", b: d.mul("x", 2) })),
    ];
    expect(bodyFor({ FLAG: false, N: 16 }, body)).toEqual([
      'let x: Tile<[16], f32> = zeros(shape=[16], dtype="f32")',
      "x = sub(x, 1:f32)",
      "let y: Tile<[16], f32> = x",
    ]);
  });

  it("computes constants, in their own dtype where they meet none", () => {
    const body = [
      d.declare("half", d.op("floorDiv", { a: "N", b: 2 })),
      d.declare("i", d.add(d.arange(0, dimName("half")), d.mul("half", 3))),
      d.declare("x", d.mul(d.op("cast", { x: "i" }, { dtype: "f16" }), "SCALE")),
      d.loop("k", [0, "half", 1], []),
    ];
    expect(bodyFor({}, body)).toEqual([
      "let i: Tile<[32], i32> = add(arange(start=[0], shape=[32]), 96:i32)",
      'let x: Tile<[32], f16> = mul(cast(i, dtype="f16"), 0.5:f16)',
      "for k in 0:i32 .. 32:i32 by 1:i32 {",
      "}",
    ]);
  });

  it("drops what a known return ends", () => {
    const body = [d.when("FLAG", [d.give(null)]), d.store("p", 1)];
    expect(bodyFor({ FLAG: true }, body)).toEqual(["return"]);
    expect(bodyFor({ FLAG: false }, body)).toEqual(["store(p, 1:f32)"]);
  });

  it("keeps a static loop whose variable is only a number", () => {
    const body = [
      d.declare("x", d.float(0)),
      d.loop("i", [0, 3, 1], [d.when(d.op("eq", { a: "i", b: 1 }), [d.assign("x", d.mul("x", "i"))])], {
        static: true,
      }),
    ];
    expect(bodyFor({}, body)).toEqual([
      "let x: f32 = 0:f32",
      "for static i in 0:i32 .. 3:i32 by 1:i32 carrying x {",
      "  if eq(i, 1:i32) carrying x {",
      '    x = mul(x, cast~(i, dtype="f32"))',
      "  }",
      "}",
    ]);
  });

  it("unrolls a static loop whose variable decides a size", () => {
    const sized = d.loop(
      "i",
      [0, 2, 1],
      [
        d.declare("t", d.zeros([dimMul(N, dimAdd(1, dimName("i")))], "f32")),
        d.store(d.add("p", "i"), d.op("sum", { x: "t" }, { axis: 0 })),
      ],
      { static: true },
    );
    expect(bodyFor({ N: 16 }, [sized])).toEqual([
      'let t@0: Tile<[16], f32> = zeros(shape=[16], dtype="f32")',
      "store(addPtr(p, 0:i32), sum(t@0, axis=0))",
      'let t@1: Tile<[32], f32> = zeros(shape=[32], dtype="f32")',
      "store(addPtr(p, 1:i32), sum(t@1, axis=0))",
    ]);
  });

  it("makes one function for each value of its constants", () => {
    const power = d.fn(
      "power",
      ["x", "times", "negative"],
      [
        d.declare("y", "x"),
        d.loop("i", [0, "times", 1], [d.assign("y", d.mul("y", "x"))], { static: true }),
        d.when("negative", [d.assign("y", d.unary("neg", "y"))]),
        d.give("y"),
      ],
    );
    const body = [
      d.declare("x", d.load("p")),
      d.store(
        "p",
        d.add(d.call("power", "x", 2, "FLAG"), d.call("power", "x", 3, false), d.call("power", "x", 2, true)),
      ),
    ];
    const small = specialize(typed(body, { functions: [power] }), { constants: { N: 1, FLAG: true, SCALE: 1 } });
    expect(small.functions.map(({ name, params }) => `${name}(${params.map((one) => one.name).join(", ")})`)).toEqual([
      "power(x)",
      "power_2(x)",
    ]);
    expect(printKernel(small)).toContain("add(add(@power(x), @power_2(x)), @power(x))");
  });

  it("makes a function of its own for −0", () => {
    const product = d.fn("product", ["x", "z"], [d.give(d.mul("x", "z"))]);
    const x = d.load("p");
    const body = [d.store("p", d.add(d.call("product", x, d.float(0)), d.call("product", x, "SCALE")))];
    const made = (SCALE: number) =>
      specialize(typed(body, { functions: [product] }), { constants: { N: 1, FLAG: true, SCALE } }).functions.length;
    expect(made(0)).toBe(1);
    expect(made(-0)).toBe(2);
  });
});

describe("folding and pruning a kernel whose constants are open", () => {
  it("computes what is known already and leaves the rest", () => {
    const body = [
      d.declare("a", d.unary("sqrt", d.op("cast", { x: 16 }, { dtype: "f32" }))),
      d.when(d.lt(2, 1), [d.store("p", 1)], [d.store("p", "a")]),
      d.when(d.lt("N", 64), [d.store("p", 2)]),
      d.loop("i", [3, 3, 1], [d.store("p", 3)]),
    ];
    const small = verify(pruneBranches(foldConstants(typed(body))), "pruneBranches");
    expect(printKernel(small).split("\n").slice(1, -2)).toEqual([
      "  let a: f32 = 4:f32",
      "  store(p, a)",
      "  if lt(N, 64) {",
      "    store(p, 2:f32)",
      "  }",
    ]);
  });

  it("rounds to the dtype", () => {
    const body = [
      d.store(
        "p",
        d.add(d.op("cast", { x: d.float(0.1) }, { dtype: "f32" }), d.op("cast", { x: d.float(0.2) }, { dtype: "f32" })),
      ),
    ];
    expect(printKernel(foldConstants(typed(body)))).toContain(
      `store(p, ${Math.fround(Math.fround(0.1) + Math.fround(0.2))}:f32)`,
    );
  });

  it("drops functions that nothing calls any more", () => {
    const inner = d.fn("inner", ["x"], [d.give(d.add("x", 1))]);
    const outer = d.fn("outer", ["x"], [d.give(d.call("inner", "x"))]);
    const body = [d.when(d.lt(2, 1), [d.store("p", d.call("outer", d.load("p")))])];
    const kernel = typed(body, { functions: [outer, inner] });
    expect(kernel.functions.map(({ name }) => name)).toEqual(["inner", "outer"]);
    expect(pruneBranches(foldConstants(kernel)).functions).toEqual([]);
  });
});
