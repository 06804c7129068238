import { describe, expect, it } from "vitest";
import * as catalogue from "../../../compiler/diagnostics/catalogue/types.js";
import type { Diagnostic } from "../../../compiler/diagnostics/index.js";
import {
  type DeviceFunction,
  type DType,
  dimName,
  type Expr,
  type Param,
  type Stmt,
  scalar,
  tile,
} from "../../../compiler/ir/index.js";
import { inferTypes, specialize } from "../../../compiler/passes/index.js";
import * as d from "../ir/draft.js";

const TEXT: Expr = { kind: "literal", value: "one", type: { kind: "const", of: "string" }, span: d.span() };
const N = dimName("N");
const M = dimName("M");
const PARAMS: readonly Param[] = [
  d.ptr("p", "f32"),
  d.ptr("h", "f16"),
  d.ptr("pi", "i32"),
  d.ptr("pb", "bool"),
  d.ptr("p8", "f8e4m3"),
  d.scalarParam("n", "i32"),
  d.scalarParam("u", "u32"),
  d.scalarParam("s", "f32"),
  d.constParam("N"),
  d.constParam("M"),
  d.constParam("FLAG", "bool"),
  d.descriptorParam("desc", "bf16", [32, 64]),
];

/** The problems of a body whose statements stand on lines 10, 11 and so on. */
function problems(
  make: () => readonly (() => Stmt)[],
  functions: readonly DeviceFunction[] = [],
): readonly Diagnostic[] {
  const body = make().map((statement, index) => {
    d.at(10 + index);
    return statement();
  });
  return inferTypes(d.kernel("k", PARAMS, body, { functions })).diagnostics;
}

const tileOf = (shape: readonly (number | typeof N)[], dtype: DType = "f32") => d.zeros(shape, dtype);
const use = (value: Parameters<typeof d.declare>[1]) => () => d.declare("r", value);

/** [64, 64] · [64, 64] of e4m3, with something else in it. */
const scaled = (args: Readonly<Record<string, Expr>>, attrs: Readonly<Record<string, string | boolean>> = {}) =>
  d.op(
    "dotScaled",
    {
      ...{ lhs: tileOf([64, 64], "u8"), lhsScale: tileOf([64, 2], "u8") },
      ...{ rhs: tileOf([64, 64], "u8"), rhsScale: tileOf([64, 2], "u8") },
      ...args,
    },
    { lhsFormat: "e4m3", rhsFormat: "e4m3", ...attrs },
  );

/** Bytes, with a function `f` that says what it means. */
const assembly = (constraints: string, pack: number) =>
  d.op(
    "inlineAsm",
    { x0: tileOf([64], "u8"), combine: d.call("f", "n") },
    { asm: "mov.b32 $0, $1;", constraints, pack },
  );

interface Case {
  readonly code: string;
  readonly title: string;
  readonly body: () => readonly (() => Stmt)[];
  readonly functions?: () => readonly DeviceFunction[];
  readonly says: string;
  readonly hint?: string;
  readonly note?: string;
}

const x = () => d.declare("x", tileOf([N, 32], "f16"));

const CASES: readonly Case[] = [
  {
    code: "TS-K2001",
    title: "a function of a pointer",
    body: () => [use(d.unary("exp", "p"))],
    says: "exp works on numbers, got Ptr<f32>",
    hint: "load(…)",
  },
  {
    code: "TS-K2071",
    title: "a sum of floats of 8 bits",
    body: () => [use(d.add(d.load("p8"), d.float(1)))],
    says: "+ does not compute in 8 bits, got f8e4m3",
    hint: 'convert first: to(x, "f32")',
  },
  {
    code: "TS-K2071",
    title: "the greatest of floats of 8 bits",
    body: () => [use(d.op("max", { x: d.zeros([16], "f8e5m2") }))],
    says: "max does not compute in 8 bits, got Tile<[16], f8e5m2>",
  },
  {
    code: "TS-K2071",
    title: "floats of 8 bits behind another tile of a state",
    body: () => [
      use(
        d.op(
          "reduce",
          { x0: d.arange(0, 16), x1: d.zeros([16], "f8e5m2"), combine: d.call("f", "n", "n") },
          { axis: 0, tuple: true },
        ),
      ),
    ],
    functions: () => [d.fn("f", ["a", "b"], [d.give("a")])],
    says: "reduce does not compute in 8 bits, got Tile<[16], f8e5m2>",
  },
  {
    code: "TS-K2072",
    title: "an integer that is to have 8 bits of a float",
    body: () => [use(d.op("cast", { x: "n" }, { dtype: "f8e4m3" }))],
    says: "no conversion from i32 to f8e4m3",
    hint: 'go through f32: to(to(x, "f32"), "f8e4m3")',
  },
  {
    code: "TS-K2072",
    title: "an f64 that is stored in 8 bits",
    body: () => [() => d.store("p8", d.op("cast", { x: "s" }, { dtype: "f64" }))],
    says: "no conversion from f64 to f8e4m3",
  },
  {
    code: "TS-K2073",
    title: "a rounding of what is not narrowed",
    body: () => [use(d.op("cast", { x: "n" }, { dtype: "f64", rounding: "up" }))],
    says: "a conversion from i32 to f64 has no rounding to choose",
    hint: "leave the rounding out",
  },
  {
    code: "TS-K2073",
    title: "a rounding to an integer that is narrower than a word",
    body: () => [use(d.op("cast", { x: "s" }, { dtype: "u8", rounding: "up" }))],
    says: "a conversion from f32 to u8 has no rounding to choose",
    hint: 'go through i32: to(to(x, "i32", { rounding: "up" }), "u8")',
  },
  {
    code: "TS-K2073",
    title: "a rounding toward zero that the hardware has not",
    body: () => [use(d.op("cast", { x: "s" }, { dtype: "f8e4m3", rounding: "rtz" }))],
    says: 'a conversion from f32 to f8e4m3 has no rounding "rtz"',
    hint: 'there is "rtne"',
  },
  {
    code: "TS-K2044",
    title: "an order of 64 bits",
    body: () => [use(d.op("jn", { n: d.op("cast", { x: "n" }, { dtype: "i64" }), x: "s" }))],
    says: "jn does not work on i64; it does on i8, u8, i16, u16, i32",
  },
  {
    code: "TS-K2009",
    title: "an exponent that is a float",
    body: () => [use(d.op("ldexp", { x: "s", n: "s" }))],
    says: "ldexp works on integers, got f32",
  },
  {
    code: "TS-K2008",
    title: "an approximation of a double",
    body: () => [use(d.op("fastSin", { x: d.op("cast", { x: "s" }, { dtype: "f64" }) }))],
    says: "fastSin works on f32, f16 and bf16, got f64",
  },
  {
    code: "TS-K2008",
    title: "a rounding to f32 of a double",
    body: () => [use(d.op("rsqrtRn", { x: d.op("cast", { x: "s" }, { dtype: "f64" }) }))],
    says: "rsqrtRn works on f32, got f64",
  },
  {
    code: "TS-K2002",
    title: "vectors of two sizes",
    body: () => [() => d.declare("a", d.arange(0, N)), () => d.declare("b", d.arange(0, M)), use(d.add("a", "b"))],
    says: "+ cannot combine the shapes of Tile<[N], i32> and Tile<[M], i32>",
    hint: "for a tile of [N, M] write col(a) and row(b)",
    note: "a has shape [N] because of line 10",
  },
  {
    code: "TS-K2002",
    title: "a vector along the rows",
    body: () => [() => d.declare("a", tileOf([N, M])), () => d.declare("v", tileOf([N])), use(d.mul("a", "v"))],
    says: "* cannot combine",
    hint: "v runs along the rows: write col(v)",
  },
  {
    code: "TS-K2003",
    title: "dot of two tiles that lie the same way",
    body: () => [
      () => d.declare("x", tileOf([64, 32], "f16")),
      () => d.declare("z", d.mul("x", 2)),
      use(d.op("dot", { a: "x", b: "z" })),
    ],
    says: "dot needs equal inner sizes, got Tile<[64, 32], f16> and Tile<[64, 32], f16>",
    hint: "did you mean dot(x, trans(z))?",
    note: "z has shape [64, 32] because of line 11",
  },
  {
    code: "TS-K2004",
    title: "/ of integers",
    body: () => [use(d.div("n", 2))],
    says: "/ does not divide integers, got i32 and Const<2>",
    hint: "floorDiv",
  },
  {
    code: "TS-K2004",
    title: "/ of constants",
    body: () => [use(d.div("N", 2))],
    says: "/ does not divide integers, got Const<N>",
    hint: "cdiv",
  },
  {
    code: "TS-K2005",
    title: "a division of mixed signs",
    body: () => [use(d.op("floorDiv", { a: "n", b: "u" }))],
    says: "floorDiv of i32 and u32",
    hint: 'to(b, "i32")',
  },
  {
    code: "TS-K2006",
    title: "a pointer and a float",
    body: () => [use(d.add("p", "s"))],
    says: "a pointer moves by integers only, got + of Ptr<f32> and f32",
  },
  {
    code: "TS-K2006",
    title: "a number minus a pointer",
    body: () => [use(d.sub("n", "p"))],
    says: "got - of i32 and Ptr<f32>",
  },
  {
    code: "TS-K2007",
    title: "pointers compared",
    body: () => [use(d.lt("p", "h"))],
    says: "< does not compare pointers",
    hint: "offsets",
  },
  {
    code: "TS-K2008",
    title: "exp of integers",
    body: () => [use(d.unary("exp", "n"))],
    says: "exp works on floats, got i32",
    hint: 'to(x, "f32")',
    note: "n is declared as i32",
  },
  {
    code: "TS-K2009",
    title: "a shift of floats",
    body: () => [use(d.op("shiftLeft", { a: "s", b: 1 }))],
    says: "<< works on integers, got f32",
  },
  {
    code: "TS-K2009",
    title: "& of masks",
    body: () => [() => d.declare("m", tileOf([N], "bool")), use(d.op("bitAnd", { a: "m", b: "m" }))],
    says: "& works on integers, got Tile<[N], bool>",
    hint: "&&",
  },
  {
    code: "TS-K2010",
    title: "&& of numbers",
    body: () => [use(d.and("n", "n"))],
    says: "&& needs booleans, got i32",
    hint: "compare first",
  },
  {
    code: "TS-K2010",
    title: "a mask that is none",
    body: () => [use(d.load(d.add("p", d.arange(0, N)), { mask: d.arange(0, N) }))],
    says: "mask needs booleans",
  },
  {
    code: "TS-K2011",
    title: "load of a number",
    body: () => [use(d.load("n"))],
    says: "load needs a pointer, got i32",
  },
  {
    code: "TS-K2012",
    title: "a mask of another shape",
    body: () => [use(d.load(d.add("p", d.arange(0, N)), { mask: tileOf([M], "bool") }))],
    says: "mask has type Tile<[M], bool>, which does not broadcast to the pointer's Tile<[N], Ptr<f32>>",
  },
  {
    code: "TS-K2012",
    title: "a tile for a scalar pointer",
    body: () => [() => d.store("p", tileOf([N]))],
    says: "value has type Tile<[N], f32>",
  },
  {
    code: "TS-K2013",
    title: "other without a mask",
    body: () => [use(d.load("p", { other: 0 }))],
    says: "other has no effect without a mask",
  },
  {
    code: "TS-K2014",
    title: "floats stored as integers",
    body: () => [() => d.store("pi", "s")],
    says: "value has type f32, but the memory holds i32",
    hint: 'to(value, "i32")',
  },
  {
    code: "TS-K2014",
    title: "1.5 among integers",
    body: () => [() => d.store("pi", d.float(1.5))],
    says: "Const<float>",
  },
  {
    code: "TS-K2015",
    title: "a cache hint that does not exist",
    body: () => [use(d.load("p", {}, { cache: "l2" }))],
    says: 'load has no cache "l2"; there are "ca"',
  },
  {
    code: "TS-K2015",
    title: "a dtype that does not exist",
    body: () => [use(d.op("cast", { x: "n" }, { dtype: "f8" }))],
    says: 'to has no dtype "f8"',
  },
  {
    code: "TS-K2016",
    title: "a size that is no power of two",
    body: () => [use(d.zeros([48, 64], "f32"))],
    says: "zeros makes a tile of size 48 in [48, 64], which is no power of two",
    hint: "take 64",
  },
  {
    code: "TS-K2017",
    title: "a size that is no constant",
    body: () => [use(d.arange(0, dimName("n")))],
    says: "must be known when compiling, but n is i32",
    hint: "Const",
  },
  {
    code: "TS-K2018",
    title: "an axis that is not there",
    body: () => [use(d.op("sum", { x: tileOf([N]) }, { axis: 1 }))],
    says: "sum has no axis 1 in Tile<[N], f32>",
    hint: "there is axis 0 only",
  },
  {
    code: "TS-K2019",
    title: "the sum of a scalar",
    body: () => [use(d.op("sum", { x: "s" }, { axis: 0 }))],
    says: "sum needs a tile, got f32",
  },
  {
    code: "TS-K2020",
    title: "reshape to another count",
    body: () => [use(d.op("reshape", { x: d.zeros([16], "f32") }, { shape: [8] }))],
    says: "reshape cannot turn Tile<[16], f32> into [8]",
  },
  {
    code: "TS-K2021",
    title: "broadcastTo of another size",
    body: () => [use(d.op("broadcastTo", { x: tileOf([N]) }, { shape: [M] }))],
    says: "Tile<[N], f32> does not broadcast to [M]",
  },
  {
    code: "TS-K2022",
    title: "a number too large for its dtype",
    body: () => [use(d.add(tileOf([N], "i8"), 300))],
    says: "300 does not fit i8",
  },
  {
    code: "TS-K2023",
    title: "if on a tile",
    body: () => [() => d.declare("t", tileOf([N])), () => d.when(d.op("gt", { a: "t", b: 0 }), [])],
    says: "if needs one condition for the whole program, got Tile<[N], bool>",
    hint: "where(condition, a, b)",
  },
  {
    code: "TS-K2024",
    title: "if on a number",
    body: () => [() => d.when("n", [])],
    says: "if needs a boolean, got i32",
    hint: "n != 0",
  },
  {
    code: "TS-K2025",
    title: "a variable that changes its shape in a loop",
    body: () => [
      () => d.declare("acc", d.float(0)),
      () => d.loop("i", [0, "n", 1], [d.assign("acc", d.add("acc", tileOf([N])))]),
    ],
    says: "acc is f32 and cannot become Tile<[N], f32> in a loop that carries it",
    hint: 'zeros(shape, "f32")',
    note: "acc was given its type here",
  },
  {
    code: "TS-K2025",
    title: "a variable that changes its dtype",
    body: () => [() => d.declare("v", 0), () => d.assign("v", "s")],
    says: "v is i32 and cannot become f32",
    hint: "0.0",
  },
  {
    code: "TS-K2026",
    title: "an annotation that does not hold",
    body: () => [() => d.declare("v", tileOf([N, M]), tile("f32", [M, N]))],
    says: "v is declared as Tile<[M, N], f32>, but its value is Tile<[N, M], f32>",
  },
  {
    code: "TS-K2027",
    title: "a result that nobody takes",
    body: () => [() => d.effect(d.add("n", 1))],
    says: "the result of + is not used",
  },
  {
    code: "TS-K2028",
    title: "the value of a store",
    body: () => [use(d.op("store", { ptr: "p", value: 0 }))],
    says: "store gives no value",
  },
  { code: "TS-K2029", title: "an unknown name", body: () => [use("nobody")], says: "nobody is not known here" },
  {
    code: "TS-K2030",
    title: "a range over floats",
    body: () => [() => d.loop("i", [0, "s", 1], [])],
    says: "stop of a range is a scalar integer, got f32",
  },
  {
    code: "TS-K2031",
    title: "a staticRange over an argument",
    body: () => [() => d.loop("i", [0, "n", 1], [], { static: true })],
    says: "stop of a staticRange must be known when compiling, got i32",
  },
  {
    code: "TS-K2074",
    title: "a choice between functions as the kernel runs",
    body: () => [
      use(
        d.op("select", {
          condition: d.op("decides", { x: d.op("gt", { a: "n", b: 0 }) }),
          a: d.call("f", "n"),
          b: d.call("f", "n"),
        }),
      ),
    ],
    functions: () => [d.fn("f", ["a"], [d.give("a")])],
    says: "the choice between two functions must be known when the kernel is built",
    hint: "decide it by a Const parameter",
  },
  {
    code: "TS-K2075",
    title: "a reduction whose function returns another dtype",
    body: () => [use(d.op("reduce", { x0: d.arange(0, 16), combine: d.call("f", "n", "n") }, { axis: 0 }))],
    functions: () => [d.fn("f", ["a", "b"], [d.give(d.op("cast", { x: "a" }, { dtype: "f32" }))])],
    says: "the function of reduce must return i32, but returns f32",
  },
  {
    code: "TS-K2076",
    title: "a function of elements that returns none",
    body: () => [use(d.op("mapElementwise", { x0: d.arange(0, 16), combine: d.call("f", "n") }))],
    functions: () => [d.fn("f", ["a"], [d.declare("c", "a")])],
    says: "the function of mapElementwise must return numbers",
  },
  {
    code: "TS-K2077",
    title: "a reduction whose function reads which program it is in",
    body: () => [use(d.op("reduce", { x0: d.arange(0, 16), combine: d.call("f", "n", "n") }, { axis: 0 }))],
    functions: () => [
      d.fn("f", ["a", "b"], [{ kind: "effect", value: d.op("debugBarrier", {}), span: d.span() }, d.give("a")]),
    ],
    says: "debugBarrier cannot be used in a function that reduce runs for its elements",
  },
  {
    code: "TS-K2078",
    title: "a scan whose function makes a tile",
    body: () => [use(d.op("associativeScan", { x0: d.arange(0, 16), combine: d.call("f", "n", "n") }, { axis: 0 }))],
    functions: () => [d.fn("f", ["a", "b"], [d.declare("c", d.arange(0, 4)), d.give("a")])],
    says: "a function that associativeScan runs for its elements has numbers only",
  },
  {
    code: "TS-K2079",
    title: "a scan whose function branches",
    body: () => [use(d.op("associativeScan", { x0: d.arange(0, 16), combine: d.call("f", "n", "n") }, { axis: 0 }))],
    functions: () => [d.fn("f", ["a", "b"], [d.when(d.lt("a", "b"), [d.give("a")], [d.give("b")])])],
    says: "a function that associativeScan runs has no if and no loops",
  },
  {
    code: "TS-K2032",
    title: "a call with too few arguments",
    body: () => [use(d.call("f", 1))],
    functions: () => [d.fn("f", ["a", "b"], [d.give("a")])],
    says: "f takes 2 arguments, got 1",
  },
  {
    code: "TS-K2033",
    title: "recursion",
    body: () => [use(d.call("f", "n"))],
    functions: () => [d.fn("f", ["a"], [d.give(d.call("f", "a"))])],
    says: "f calls itself",
    note: "in f, called here",
  },
  {
    code: "TS-K2034",
    title: "returns of two types",
    body: () => [use(d.call("f", "n"))],
    functions: () => [
      d.fn("f", ["a"], [d.when(d.lt("a", 0), [d.give("a")], [d.give(d.op("cast", { x: "a" }, { dtype: "f32" }))])]),
    ],
    says: "f returns i32 in one place and f32 here",
  },
  {
    code: "TS-K2035",
    title: "too many names",
    body: () => [() => d.unpack(["a", "b", "c"], d.call("f", "n"))],
    functions: () => [d.fn("f", ["a"], [d.give(d.tuple("a", "a"))])],
    says: "[i32, i32] cannot be taken apart into 3 names",
  },
  {
    code: "TS-K2037",
    title: "dot of two dtypes",
    body: () => [use(d.op("dot", { a: tileOf([64, 64]), b: tileOf([64, 64], "f16") }))],
    says: "got Tile<[64, 64], f32> and Tile<[64, 64], f16>",
    hint: 'to(b, "f32")',
  },
  {
    code: "TS-K2038",
    title: "dot of an inner size of 8",
    body: () => [use(d.op("dot", { a: tileOf([64, 8]), b: tileOf([8, 64]) }))],
    says: "at least 16",
  },
  {
    code: "TS-K2039",
    title: "an accumulator of f16",
    body: () => [
      use(d.op("dot", { a: tileOf([64, 64], "bf16"), b: tileOf([64, 64], "bf16"), acc: tileOf([64, 64], "f16") })),
    ],
    says: "acc must be Tile<[64, 64], f32>",
  },
  {
    code: "TS-K2350",
    title: "a product of bf16 in f16",
    body: () => [use(d.op("dot", { a: tileOf([64, 64], "bf16"), b: tileOf([64, 64], "bf16") }, { outDtype: "f16" }))],
    says: "dot of bf16 gives f32, not f16",
    hint: 'to(dot(a, b), "f16")',
  },
  {
    code: "TS-K2350",
    title: "a product of f16 in bf16",
    body: () => [use(d.op("dot", { a: tileOf([64, 64], "f16"), b: tileOf([64, 64], "f16") }, { outDtype: "bf16" }))],
    says: "dot of f16 gives f32 or f16, not bf16",
  },
  {
    code: "TS-K2353",
    title: "assembly of four bytes with a register for each",
    body: () => [use(assembly("=r,=r,=r,=r,r,r,r,r,~{memory}", 4))],
    says: "the constraints name 4 outputs and 4 inputs, and there are 4 and 1 registers",
    hint: '"=r,=r,=r,=r,r"',
    functions: () => [d.fn("f", ["a"], [d.give(d.op("cast", { x: "a" }, { dtype: "i32" }))])],
  },
  {
    code: "TS-K2015",
    title: "assembly of three at a time",
    body: () => [use(assembly("=r,r", 3))],
    functions: () => [d.fn("f", ["a"], [d.give("a")])],
    says: "inlineAsm has no pack 3",
  },
  {
    code: "TS-K2351",
    title: "imprecise sums of f16",
    body: () => [
      use(d.op("dot", { a: tileOf([64, 64], "f16"), b: tileOf([64, 64], "f16") }, { maxNumImpreciseAcc: 32 })),
    ],
    says: "not for f16 in f32",
  },
  {
    code: "TS-K2352",
    title: "more imprecise sums than products",
    body: () => [
      use(d.op("dot", { a: tileOf([64, 64], "f8e5m2"), b: tileOf([64, 64], "f8e4m3") }, { maxNumImpreciseAcc: 65 })),
    ],
    says: "from 0 to the inner size, 64, got 65",
  },
  {
    code: "TS-K2100",
    title: "e2m1 in f16",
    body: () => [use(scaled({ lhs: tileOf([64, 64], "f16") }, { lhsFormat: "e2m1" }))],
    says: "lhs of the format e2m1 is a tile of u8, got Tile<[64, 64], f16>",
    hint: "two elements lie in a byte",
  },
  {
    code: "TS-K2100",
    title: "e4m3 in f8e5m2",
    body: () => [use(scaled({ rhs: tileOf([64, 64], "f8e5m2") }))],
    says: "rhs of the format e4m3 is a tile of f8e4m3 or u8",
    hint: "name the format that the tile has",
  },
  {
    code: "TS-K2101",
    title: "e4m3 two in a byte",
    body: () => [use(scaled({}, { lhsKPack: false }))],
    says: "lhsKPack: false needs the format e2m1, got e4m3",
  },
  {
    code: "TS-K2102",
    title: "scales of f32",
    body: () => [use(scaled({ lhsScale: tileOf([64, 2]) }))],
    says: "lhsScale must be a tile of u8 (exponents, e8m0), got Tile<[64, 2], f32>",
    hint: "2 to the power of s - 127",
  },
  {
    code: "TS-K2102",
    title: "scales of f16",
    body: () => [use(scaled({ lhs: tileOf([64, 64], "f16") }, { lhsFormat: "f16" }))],
    says: "an operand of the format f16 has no scales",
    hint: "pass null for lhsScale",
  },
  {
    code: "TS-K2103",
    title: "scales that are transposed",
    body: () => [use(scaled({ rhsScale: tileOf([2, 64], "u8") }))],
    says: "rhsScale must have the shape [64, 2], got Tile<[2, 64], u8>",
    hint: "scales are not transposed",
  },
  {
    code: "TS-K2104",
    title: "dotScaled of two K",
    body: () => [use(scaled({ rhs: tileOf([64, 64], "u8") }, { rhsFormat: "e2m1" }))],
    says: "which are 64 and 128 elements along K",
  },
  {
    code: "TS-K2105",
    title: "dotScaled of 16 along K",
    body: () => [use(scaled({ lhs: tileOf([64, 16], "u8"), rhs: tileOf([16, 64], "u8") }))],
    says: "dotScaled needs 32 elements or more along K, got 16",
  },
  {
    code: "TS-K2039",
    title: "an accumulator of dotScaled in f16",
    body: () => [use(scaled({ acc: tileOf([64, 64], "f16") }))],
    says: "acc must be Tile<[64, 64], f32>, as the result of dotScaled",
  },
  {
    code: "TS-K2040",
    title: "a descriptor with one offset",
    body: () => [use(d.op("loadTensorDescriptor", { desc: "desc", offset0: 0 }))],
    says: "the descriptor has 2 axes and needs as many offsets, got 1",
  },
  {
    code: "TS-K2041",
    title: "a pointer for a descriptor",
    body: () => [use(d.op("loadTensorDescriptor", { desc: "p", offset0: 0 }))],
    says: "needs a descriptor, got Ptr<f32>",
    hint: "makeTensorDescriptor",
  },
  {
    code: "TS-K2042",
    title: "a descriptor with another block",
    body: () => [
      () =>
        d.effect(
          d.op("storeTensorDescriptor", { desc: "desc", offset0: 0, offset1: 0, value: tileOf([64, 64], "f16") }),
        ),
    ],
    says: "the descriptor stores Tile<[32, 64], bf16>, got Tile<[64, 64], f16>",
  },
  {
    code: "TS-K2043",
    title: "a descriptor with a last stride",
    body: () => [use(d.op("makeTensorDescriptor", { ptr: "p", shape0: "n", stride0: "n" }, { block: [64] }))],
    says: "the last stride of a descriptor is the constant 1",
  },
  {
    code: "TS-K2043",
    title: "a descriptor with short rows",
    body: () => [use(d.op("makeTensorDescriptor", { ptr: "p", shape0: "n", stride0: 1 }, { block: [2] }))],
    says: "2 of f32 are 8",
  },
  {
    code: "TS-K2044",
    title: "atomicMax of halves",
    body: () => [() => d.effect(d.op("atomicMax", { ptr: "h", value: 1 }))],
    says: "atomicMax does not work on f16",
  },
  {
    code: "TS-K2044",
    title: "umulhi of narrow integers",
    body: () => [use(d.op("umulhi", { a: tileOf([N], "i8"), b: tileOf([N], "i8") }))],
    says: "umulhi does not work on i8; it does on i32, u32, i64",
  },
  {
    code: "TS-K2045",
    title: "an order that is none",
    body: () => [use(d.op("trans", { x: tileOf([N, M]) }, { order: [0, 0] }))],
    says: "[0, 0] is no order of the axes of Tile<[N, M], f32>",
  },
  {
    code: "TS-K2046",
    title: "split of another size",
    body: () => [use(d.op("split", { x: tileOf([N, 4]) }))],
    says: "split needs a last axis of size 2",
  },
  {
    code: "TS-K2047",
    title: "return in a loop",
    body: () => [() => d.loop("i", [0, "n", 1], [d.give(null)])],
    says: "return cannot stand inside a loop",
  },
  {
    code: "TS-K2048",
    title: "a kernel that returns",
    body: () => [() => d.give("n")],
    says: "a kernel returns no value",
    hint: "store(…)",
  },
  {
    code: "TS-K2049",
    title: "branches of two shapes",
    body: () => [use(d.op("select", { condition: d.lt("n", 0), a: tileOf([N]), b: tileOf([M]) }))],
    says: "both branches of ?: must have one type",
  },
  {
    code: "TS-K2050",
    title: "a bitcast to another size",
    body: () => [use(d.op("bitcast", { x: "n" }, { dtype: "i64" }))],
    says: "bitcast cannot turn i32 into i64",
  },
  {
    code: "TS-K2051",
    title: "an element of a tile",
    body: () => [use({ kind: "element", of: d.expr("n"), index: 1, type: { kind: "unknown" }, span: d.span() })],
    says: "i32 has no element 1",
  },
  {
    code: "TS-K2052",
    title: "sort along the first axis",
    body: () => [use(d.op("sort", { x: tileOf([N, M]) }, { axis: 0 }))],
    says: "sort works along the last axis only",
  },
  {
    code: "TS-K2090",
    title: "more of a line than there is",
    body: () => [use(d.op("topk", { x: tileOf([4, 16]) }, { k: 32 }))],
    says: "topk cannot take 32 elements of each line of Tile<[4, 16], f32>",
  },
  {
    code: "TS-K2002",
    title: "gather by an index of another shape",
    body: () => [use(d.op("gather", { x: tileOf([4, 16]), index: tileOf([8, 16], "i32") }, { axis: 1 }))],
    says: "gather cannot combine the shapes of Tile<[4, 16], f32> and Tile<[8, 16], i32>",
  },
  {
    code: "TS-K2021",
    title: "a histogram under a mask of another size",
    body: () => [use(d.op("histogram", { x: tileOf([16], "i32"), mask: tileOf([8], "bool") }, { bins: 4 }))],
    says: "Tile<[8], bool> does not broadcast to [16]",
  },
  {
    code: "TS-K2053",
    title: "an argument of another type",
    body: () => [use(d.call("f", "n"))],
    functions: () => [d.fn("f", [["a", scalar("f32")]], [d.give("a")])],
    says: "a of f is f32, got i32",
  },
  {
    code: "TS-K2055",
    title: "a pointer as a number",
    body: () => [use(d.op("cast", { x: "p" }, { dtype: "i64" }))],
    says: "Ptr<f32> cannot be converted to i64",
  },
  {
    code: "TS-K2056",
    title: "a step of zero",
    body: () => [() => d.loop("i", [0, "n", 0], [])],
    says: "the step of a range cannot be zero",
  },
  {
    code: "TS-K2057",
    title: "the fourth axis of the grid",
    body: () => [use(d.programId(3))],
    says: "programId takes axis 0, 1 or 2, got 3",
  },
  {
    code: "TS-K2058",
    title: "staticAssert of an argument",
    body: () => [() => d.effect(d.op("staticAssert", { condition: d.lt("n", 3) }, { message: "" }))],
    says: "the condition of staticAssert must be a boolean known when compiling, got bool",
  },
  {
    code: "TS-K2081",
    title: "a text that a GPU does not print",
    body: () => [() => d.effect(d.op("devicePrint", { value0: "n" }, { text: "größe" }))],
    says: 'devicePrint takes a text of ASCII, got "größe"',
  },
  {
    code: "TS-K2082",
    title: "an address that is printed",
    body: () => [() => d.effect(d.op("devicePrint", { value0: "p" }, { text: "p" }))],
    says: "devicePrint takes numbers and booleans, got Ptr<f32>",
  },
  {
    code: "TS-K2084",
    title: "a time before now",
    body: () => [() => d.effect(d.op("atomicPoll", { ptr: "pi", expected: 1, timeoutNs: -5 }))],
    says: "timeoutNs of atomicPoll is a number of nanoseconds, got -5",
  },
  {
    code: "TS-K2062",
    title: "a shift by more than there is",
    body: () => [use(d.op("shiftLeft", { a: "n", b: 32 }))],
    says: "an integer of 32 bits cannot be shifted by 32",
    hint: "0 to 31",
  },
  {
    code: "TS-K2063",
    title: "a condition that does not change",
    body: () => [() => d.whilst(d.lt("N", 3), [])],
    says: "this condition never changes in the loop",
    hint: "for (const i of range(n))",
  },
  {
    code: "TS-K2064",
    title: "an address as the first value",
    body: () => [() => d.declare("a", d.op("unassigned", {})), () => d.assign("a", "p")],
    says: "a is declared without a value, and is then given Ptr<f32>",
    hint: "give a its value where it is declared",
  },
  {
    code: "TS-K2065",
    title: "a variable that has no value yet",
    body: () => [() => d.declare("a", d.op("unassigned", {})), use("a")],
    says: "a has no value here yet",
  },
  {
    code: "TS-K2066",
    title: "a loop of no stages",
    body: () => [() => d.loop("k", [0, "n", 1], [], { options: { numStages: [0] } })],
    says: "numStages of a range must be at least 1, got 0",
  },
  {
    code: "TS-K2067",
    title: "a comparison of mixed signs",
    body: () => [use(d.lt("n", "u"))],
    says: "< compares i32 as u32",
    hint: 'to(n, "i64")',
  },
  ...["max", "min"].map((op) => ({
    code: "TS-K2070",
    title: `${op} of a tile and 0 that is meant as one of two values`,
    body: () => [
      () => d.declare("at", d.add("p", d.arange(0, N))),
      () => d.declare("y", d.op(op, { x: d.load("at") }, { axis: 0 })),
      () => d.store("at", d.mul("y", 2)),
      () => d.store("p", d.op(op, { x: d.load("at") }, { axis: 0 })),
      () => d.store("at", d.op(op, { x: d.load("at") })),
    ],
    says: `${op} along an axis makes one number of Tile<[N], f32>, which is stored in all its elements`,
    hint: `of two values is ${op}imum(a, b)`,
  })),
  {
    code: "TS-K2068",
    title: "the dtype of what is no pointer",
    body: () => [() => d.declare("a", d.op("cast", { x: "n" }, { dtype: [dimName("n")] }))],
    says: "dtypeOf takes a pointer or a descriptor, but n is i32",
    hint: "pass the pointer along",
  },
  {
    code: "TS-K2086",
    title: "an address of 32 bits",
    body: () => [use(d.load(d.op("toPointer", { address: "n" }, { dtype: "f32" })))],
    says: "toPointer takes an address of i64 or u64, got i32",
    hint: "load it from a Ptr",
  },
  {
    code: "TS-K2069",
    title: "a text that changes",
    body: () => [() => d.declare("a", TEXT), () => d.assign("a", { ...TEXT, span: d.span() })],
    says: "a is a text, which cannot change",
    hint: "choose by a boolean",
  },
  {
    code: "TS-K2059",
    title: "two hints for the cache",
    body: () => [use(d.load("p", {}, { cache: "cg", eviction: "evict_first" }))],
    says: "load takes one of cache and eviction, not both",
  },
];

describe("each problem is reported with its place, both types and a way out", () => {
  it.each(CASES.map((one) => [one.code, one.title, one] as const))(
    "%s: %s",
    (code, _title, { body, functions, says, hint, note }) => {
      d.at(30);
      const found = problems(body, functions?.());
      expect(found.map((one) => `${one.code} ${one.message}`)).toEqual([expect.stringContaining(code)]);
      expect(found[0]!.message).toContain(says);
      if (hint !== undefined) expect(found[0]!.hint).toContain(hint);
      if (note !== undefined)
        expect(found[0]!.notes.map(({ message }) => message)).toContainEqual(expect.stringContaining(note));
      expect(found[0]!.span.line).toBeGreaterThanOrEqual(10);
    },
  );
});

describe("problems that depend on a build", () => {
  const compile = (body: readonly Stmt[], constants: Record<string, number | boolean>) => {
    const { kernel, diagnostics } = inferTypes(d.kernel("k", PARAMS, body));
    expect(diagnostics).toEqual([]);
    try {
      specialize(kernel, { constants });
    } catch (error) {
      return (error as { diagnostics: readonly Diagnostic[] }).diagnostics;
    }
    return [];
  };

  it("TS-K2036: a staticAssert that does not hold", () => {
    const body = [
      d.effect(d.op("staticAssert", { condition: d.op("le", { a: "N", b: 64 }) }, { message: "N is at most 64" })),
    ];
    expect(compile(body, { N: 64, M: 1, FLAG: true })).toEqual([]);
    expect(compile(body, { N: 128, M: 1, FLAG: true })).toMatchObject([
      { code: "TS-K2036", message: "N is at most 64" },
    ]);
  });

  it("TS-K2106: a tile of e2m1 with too few bytes for its warps", () => {
    const args = { lhs: tileOf([16, 32], "f16"), rhs: tileOf([16, 16], "u8"), rhsScale: tileOf([16, 1], "u8") };
    const product = d.op("dotScaled", args, { lhsFormat: "f16", rhsFormat: "e2m1" });
    const { kernel, diagnostics } = inferTypes(d.kernel("k", PARAMS, [d.declare("r", product)]));
    expect(diagnostics).toEqual([]);
    const constants = { N: 1, M: 1, FLAG: true };
    expect(() => specialize(kernel, { constants, warps: 2 })).not.toThrow();
    expect(() => specialize(kernel, { constants, warps: 4 })).toThrow("256 bytes, and 4 warps take 512 or more");
  });

  it("TS-K2080 and TS-K2083: what staticPrint says, and what it must not run", () => {
    const notes: Diagnostic[] = [];
    const { kernel } = inferTypes(
      d.kernel("k", PARAMS, [d.effect(d.op("staticPrint", { value0: d.mul("N", 2), value1: "p" }))]),
    );
    specialize(kernel, { constants: { N: 16, M: 1, FLAG: true } }, undefined, (note) => notes.push(note));
    expect(notes).toMatchObject([{ code: "TS-K2080", severity: "note", message: "32 Ptr<f32>" }]);
    const body = [d.effect(d.op("staticPrint", { value0: d.op("atomicAdd", { ptr: "pi", value: 1 }) }))];
    expect(compile(body, { N: 64, M: 1, FLAG: true })).toMatchObject([{ code: "TS-K2083" }]);
  });

  it("TS-K2054: a constant without a value", () => {
    expect(compile([], { N: 64, FLAG: true })).toMatchObject([
      { code: "TS-K2054", hint: "add it: constants: { M: 64 }" },
    ]);
  });

  it("TS-K2062 and TS-K2022: a shift, and a number, that show what they are with the constants", () => {
    const body = [
      d.store("p", d.op("cast", { x: d.op("shiftLeft", { a: 1, b: "N" }) }, { dtype: "f32" })),
      d.store("p", d.op("cast", { x: d.add("n", d.mul("M", "M")) }, { dtype: "f32" })),
    ];
    expect(compile(body, { N: 31, M: 46340, FLAG: true })).toEqual([]);
    expect(compile(body, { N: 40, M: 65536, FLAG: true })).toMatchObject([
      { code: "TS-K2062", message: "an integer of 32 bits cannot be shifted by 40" },
      { code: "TS-K2022", message: "4294967296 does not fit i32" },
    ]);
    const shifted = [d.store("p", d.op("cast", { x: d.op("shiftRight", { a: "M", b: "N" }) }, { dtype: "f32" }))];
    expect(compile(shifted, { N: 40, M: 2 ** 40, FLAG: true })).toEqual([]);
    expect(compile(shifted, { N: -2, M: 2 ** 40, FLAG: true })).toMatchObject([
      { code: "TS-K2062", message: "an integer of 64 bits cannot be shifted by -2" },
    ]);
  });

  // TS-K2061, of constants alone, is in test/compiler/limits.test.ts.
  it("TS-K2060: a constant with a value of another kind", () => {
    expect(compile([], { N: 0.5, M: 1, FLAG: true })).toMatchObject([
      { code: "TS-K2060", message: "the constant N is an integer, but the build gives 0.5" },
    ]);
  });

  it("sizes are judged by their numbers, but not in branches that are not taken", () => {
    const body = [d.when("FLAG", [d.declare("a", d.arange(0, N))]), d.declare("b", d.arange(0, M))];
    expect(compile(body, { N: 48, M: 16, FLAG: false })).toEqual([]);
    expect(compile(body, { N: 48, M: 12, FLAG: true }).map(({ message }) => message)).toEqual([
      "arange makes a tile of size 48, which is no power of two",
      "arange makes a tile of size 12, which is no power of two",
    ]);
  });
});

describe("a kernel with several mistakes", () => {
  it("reports each once, in the order of the source, and nothing that follows from another", () => {
    const found = problems(() => [
      x,
      () => d.declare("bad", d.unary("exp", "n")),
      () => d.declare("more", d.add("bad", "x")),
      () => d.store(d.add("p", d.arange(0, N)), "more"),
      () => d.declare("other", d.load("p", { other: 0 })),
      () => d.when("n", [d.declare("inner", d.div("n", "n"))]),
    ]);
    expect(found.map(({ code, span }) => `${span.line} ${code}`)).toEqual([
      "11 TS-K2008",
      "14 TS-K2013",
      "15 TS-K2024",
      "15 TS-K2004",
    ]);
  });

  it("says nothing of a variable whose type changed, wherever it is used later", () => {
    const found = problems(() => [
      () => d.declare("s", 0),
      () => d.loop("i", [0, "n", 1], [d.assign("s", d.add("s", d.load("p")))]),
      () => d.store("p", "s"),
    ]);
    expect(found.map(({ code, notes }) => [code, notes.length])).toEqual([["TS-K2025", 1]]);
  });

  it("reports a problem of a function once for all its calls, with the call", () => {
    d.at(3);
    const f = d.fn("f", ["v"], [d.give(d.unary("exp", "v"))]);
    const found = problems(
      () => [() => d.declare("a", d.call("f", "n")), () => d.declare("b", d.call("f", d.add("n", 1)))],
      [f],
    );
    expect(found).toHaveLength(1);
    expect(found[0]!.notes.at(-1)).toMatchObject({ message: "in f, called here", span: { line: 10 } });
  });
});

it("every entry of the catalogue is provoked here and has its own code", () => {
  const entries = Object.values(catalogue).map(({ entry }) => entry.code);
  expect(new Set(entries).size).toBe(entries.length);
  const provoked = new Set([
    ...CASES.map(({ code }) => code),
    "TS-K2036",
    "TS-K2054",
    "TS-K2060",
    "TS-K2061",
    "TS-K2080",
    "TS-K2083",
    // In test/wrong-programs: it needs a build that leaves a parameter out.
    "TS-K2085",
    "TS-K2106",
  ]);
  expect([...provoked].sort()).toEqual([...entries].sort());
});
