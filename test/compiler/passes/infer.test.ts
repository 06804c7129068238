import { describe, expect, it } from "vitest";
import {
  type DType,
  dimName,
  type Expr,
  exprText,
  type Kernel,
  type Stmt,
  scalar,
  typeText,
  VOID,
} from "../../../compiler/ir/index.js";
import { inferTypes } from "../../../compiler/passes/index.js";
import * as d from "../ir/draft.js";

const N = dimName("N");
const M = dimName("M");
const PARAMS = [
  ...(["bool", "i8", "u8", "i16", "i32", "u32", "i64", "f16", "bf16", "f32", "f64"] as const).map((dtype) =>
    d.scalarParam(dtype, dtype),
  ),
  d.ptr("p", "f32"),
  d.constParam("N"),
  d.constParam("M"),
  d.constParam("FLAG", "bool"),
];

function typed(body: readonly Stmt[], more: Partial<Kernel> = {}): Kernel {
  const { kernel, diagnostics } = inferTypes(d.kernel("k", PARAMS, body, more));
  expect(diagnostics.map(({ message }) => message)).toEqual([]);
  return kernel;
}
const valued = (expr: Parameters<typeof d.declare>[1], before: readonly Stmt[] = []): Expr =>
  (typed([...before, d.declare("result", expr)]).body.at(-1) as { value: Expr }).value;
const typeOf = (expr: Parameters<typeof d.declare>[1], before: readonly Stmt[] = []): string =>
  typeText(valued(expr, before).type);

describe("two dtypes meet as in Triton", () => {
  it.each([
    ["i8", "i32", "i32"],
    ["u8", "i8", "u8"],
    ["i16", "u8", "i16"],
    ["u32", "i32", "u32"],
    ["u32", "i64", "i64"],
    ["bool", "i32", "i32"],
    ["bool", "bool", "i32"],
    ["i64", "f16", "f16"],
    ["f16", "f32", "f32"],
    ["f16", "bf16", "f32"],
    ["bf16", "i32", "bf16"],
    ["f32", "f64", "f64"],
  ] as const)("%s + %s is %s", (a, b, sum) => {
    expect(typeOf(d.add(a, b))).toBe(sum);
    expect(typeOf(d.add(b, a))).toBe(sum);
  });

  it("with the conversion in the tree, marked as not the author's", () => {
    expect(exprText(valued(d.add("f16", "f32")))).toBe('add(cast~(f16, dtype="f32"), f32)');
    expect(exprText(valued(d.lt("i8", "i32")))).toBe('lt(cast~(i8, dtype="i32"), i32)');
  });
});

describe("a literal", () => {
  it.each([
    ["i8", 3, "3:i8", "i8"],
    ["u32", 4_000_000_000, "4000000000:u32", "u32"],
    ["bf16", 2, "2:bf16", "bf16"],
    ["bool", 1, "1:i32", "i32"],
  ] as const)("meets %s as %s", (dtype: DType, value, text, result) => {
    const sum = valued(d.add(dtype, value));
    expect(exprText(sum)).toContain(text);
    expect(typeText(sum.type)).toBe(result);
  });

  it("with a point stays a float", () => {
    expect(typeOf(d.mul("f16", d.float(1)))).toBe("f16");
    expect(exprText(valued(d.mul("i32", d.float(1))))).toBe('mul(cast~(i32, dtype="f32"), 1:f32)');
  });

  it("alone is i32, f32, or i64 where it is large", () => {
    const changing = (value: Parameters<typeof d.declare>[1]) =>
      typeText((typed([d.declare("x", value), d.assign("x", d.add("x", "x"))]).body[0] as { value: Expr }).value.type);
    expect(
      [1, d.float(1), 2 ** 40, true].map((value) => (value === true ? typeOf(d.and("bool", true)) : changing(value))),
    ).toEqual(["i32", "f32", "i64", "bool"]);
  });
});

describe("a constant", () => {
  it("keeps its value through arithmetic, so that it can be a size", () => {
    expect(typeOf(d.add(d.mul("N", 2), 1))).toBe("Const<N * 2 + 1>");
    expect(typeOf(d.op("floorDiv", { a: d.mul("N", 4), b: 2 }))).toBe("Const<N * 2>");
    expect(typeOf(d.zeros([dimName("half")], "f32"), [d.declare("half", d.op("cdiv", { a: "N", b: "M" }))])).toBe(
      "Tile<[cdiv(N, M)], f32>",
    );
    expect(typeOf(d.lt("N", 3))).toBe("Const<bool>");
  });

  it("is computed at once where it is known", () => {
    expect(exprText(valued(d.add(2, d.mul(3, 4))))).toBe("14");
    expect(exprText(valued(d.op("eq", { a: 3, b: 3 })))).toBe("true");
  });

  it("becomes a scalar where its variable changes", () => {
    expect(
      exprText((typed([d.declare("i", "N"), d.assign("i", d.add("i", 1))]).body[0] as { value: Expr }).value),
    ).toBe('cast~(N, dtype="i32")');
  });
});

describe("shapes", () => {
  const a = d.zeros([N, 1], "f32");
  it("broadcast as in NumPy, symbolic sizes too", () => {
    expect(typeOf(d.add(a, d.zeros([M], "f32")))).toBe("Tile<[N, M], f32>");
    expect(typeOf(d.add(d.zeros([2, N, 1], "f32"), d.zeros([1, M], "f32")))).toBe("Tile<[2, N, M], f32>");
    expect(typeOf(d.mul("f32", a))).toBe("Tile<[N, 1], f32>");
  });

  it("follow reductions, transposes and joins", () => {
    const x = d.zeros([N, M, 4], "f16");
    expect(typeOf(d.op("max", { x }, { axis: 1 }))).toBe("Tile<[N, 4], f16>");
    expect(typeOf(d.op("sum", { x }, { axis: -1, keepDims: true }))).toBe("Tile<[N, M, 1], f32>");
    expect(typeOf(d.op("argmax", { x }, { axis: 0 }))).toBe("Tile<[M, 4], i32>");
    expect(typeOf(d.op("sum", { x: d.zeros([N], "bool") }))).toBe("i32");
    expect(typeOf(d.op("trans", { x }, { order: [2, 0, 1] }))).toBe("Tile<[4, N, M], f16>");
    expect(typeOf(d.op("join", { a: d.zeros([N], "f32"), b: 0 }))).toBe("Tile<[N, 2], f32>");
    expect(typeOf(d.op("interleave", { a: d.zeros([N], "f32"), b: d.zeros([N], "f32") }))).toBe("Tile<[N * 2], f32>");
    expect(typeOf(d.op("dot", { a: d.zeros([8, N, M], "i8"), b: d.zeros([8, M, 64], "i8") }))).toBe(
      "Tile<[8, N, 64], i32>",
    );
  });
});

describe("pointers", () => {
  it("move by integers of any width and lose or gain a shape", () => {
    expect(typeOf(d.add("p", d.arange(0, N)))).toBe("Tile<[N], Ptr<f32>>");
    expect(typeOf(d.sub("p", "i64"))).toBe("Ptr<f32>");
    expect(exprText(valued(d.sub("p", 1)))).toBe("addPtr(p, -1:i32)");
    expect(typeOf(d.op("where", { condition: "bool", a: "p", b: d.add("p", 1) }))).toBe("Ptr<f32>");
  });
});

describe("loops", () => {
  it("know the names they carry, in the order of their first assignment", () => {
    const body = [
      d.declare("a", 0),
      d.declare("b", 0),
      d.loop(
        "i",
        [0, "i32", 1],
        [d.declare("c", 1), d.assign("b", "i"), d.assign("c", "i"), d.when("bool", [d.assign("a", 1)])],
      ),
    ];
    const [, , loop] = typed(body).body as [unknown, unknown, Extract<Stmt, { kind: "for" }>];
    expect(loop.carried).toEqual(["b", "a"]);
    expect((loop.body[3] as Extract<Stmt, { kind: "if" }>).carried).toEqual(["a"]);
  });

  it("give their variable the dtype in which the bounds meet", () => {
    const variable = (
      start: Parameters<typeof d.loop>[1][0],
      stop: Parameters<typeof d.loop>[1][0],
      isStatic = false,
    ) => {
      const inner = (
        typed([d.loop("i", [start, stop, 1], [d.declare("x", "i")], { static: isStatic })]).body[0] as Extract<
          Stmt,
          { kind: "for" }
        >
      ).body;
      return typeText((inner[0] as { value: Expr }).value.type);
    };
    expect(variable(0, "N")).toBe("i32");
    expect(variable(0, "i64")).toBe("i64");
    expect(variable("i32", "i64")).toBe("i64");
    expect(variable(0, "N", true)).toBe("Const<i>");
  });
});

describe("device functions", () => {
  const scale = d.fn("scale", ["x", "by"], [d.give(d.mul("x", "by"))]);
  const call = (...args: Parameters<typeof d.call>[1][]) =>
    d.declare(`r${Math.abs(args.length * 7)}_${String(args[0])}`, d.call("scale", ...args));

  it("have one instance for each signature, callees first", () => {
    const outer = d.fn("outer", ["x"], [d.give(d.call("scale", "x", "x"))]);
    const kernel = typed(
      [
        call("f32", "f32"),
        d.declare("z", d.call("outer", "f16")),
        call("f64", "f64"),
        d.declare("again", d.call("scale", "f32", "f32")),
      ],
      {
        functions: [outer, scale],
      },
    );
    expect(
      kernel.functions.map(
        ({ name, params, result }) =>
          `${name}(${params.map(({ type }) => typeText(type)).join(", ")}): ${typeText(result)}`,
      ),
    ).toEqual(["scale(f32, f32): f32", "scale_2(f16, f16): f16", "outer(f16): f16", "scale_3(f64, f64): f64"]);
  });

  it("take constants as constants, and as what a parameter declares", () => {
    const kernel = typed([call("f16", 2)], { functions: [scale] });
    expect(typeText(kernel.functions[0]!.params[1]!.type)).toBe("Const<2>");
    const declared = d.fn("scale", ["x", ["by", scalar("f32")]], [d.give(d.mul("x", "by"))]);
    expect(typeText(typed([call("f16", 2)], { functions: [declared] }).functions[0]!.result)).toBe("f32");
  });

  it("give sizes where they compute sizes", () => {
    const half = d.fn("half", ["n"], [d.give(d.op("floorDiv", { a: "n", b: 2 }))]);
    const kernel = typed([d.declare("h", d.call("half", "N")), d.declare("t", d.zeros([dimName("h")], "f32"))], {
      functions: [half],
    });
    expect(typeText((kernel.body[1] as { value: Expr }).value.type)).toBe("Tile<[N // 2], f32>");
    expect(kernel.functions).toEqual([]);
  });

  it("return several values, or none", () => {
    const both = d.fn("both", ["x"], [d.give(d.tuple("x", 1))]);
    const log = d.fn("log", ["x"], [d.store("x", 0)]);
    const kernel = typed([d.unpack(["a", null], d.call("both", "f32")), d.effect(d.call("log", "p"))], {
      functions: [both, log],
    });
    expect(kernel.functions.map(({ result }) => typeText(result))).toEqual(["[f32, i32]", "void"]);
    expect((kernel.body[1] as { value: Expr }).value.type).toBe(VOID);
  });
});
