import {
  DTYPE_NAMES,
  type DType,
  type Expr,
  isFloat,
  isFloat8,
  isInteger,
  type Kernel,
  type Shape,
} from "../../../compiler/ir/index.js";
import { OPS, type Op, shapeOf, type TileType } from "../../../compiler/ops/index.js";
import { inferTypes } from "../../../compiler/passes/index.js";
import * as d from "../ir/draft.js";

/** One op on tiles that a kernel loads and whose result it stores. */
export interface OpCase {
  readonly title: string;
  /** Dtype and shape of each operand, read from memory in row-major order. */
  readonly operands: readonly { readonly dtype: DType; readonly shape: readonly number[] }[];
  /** The op on the operands, named `a`, `b`, `c` and so on. */
  readonly of: Expr;
}

const NAMES = ["a", "b", "c", "d", "e"];
const tile = (dtype: DType, ...shape: number[]) => ({ dtype, shape });

/** Addresses of a row-major tile. */
export function offsets(shape: Shape): Expr | null {
  const parts = shape.map((size, axis) => {
    let index = d.arange(0, size as number);
    for (let other = 0; other < shape.length; other++)
      if (other !== axis) index = d.op("expandDims", { x: index }, { axis: other });
    const stride = shape.slice(axis + 1).reduce<number>((product, one) => product * (one as number), 1);
    return d.mul(index, stride);
  });
  return parts.length === 0 ? null : parts.reduce((a, b) => d.add(a, b));
}

const address = (name: string, shape: Shape): Expr => {
  const offset = offsets(shape);
  return offset === null ? d.expr(name) : d.add(name, offset);
};

/** A kernel that loads the operands, computes the op and stores each of its results. */
export function kernelOf({ operands, of }: OpCase): { draft: Kernel; results: readonly TileType[] } {
  const params = operands.map(({ dtype }, index) => d.ptr(`${NAMES[index]}_ptr`, dtype));
  const loads = operands.map(({ shape }, index) =>
    d.declare(NAMES[index]!, d.load(address(`${NAMES[index]}_ptr`, shape))),
  );
  const { type } = (
    inferTypes(d.kernel("probe", params, [...loads, d.declare("result", of)])).kernel.body.at(-1) as { value: Expr }
  ).value;
  const results = (type.kind === "tuple" ? type.items : [type]) as readonly TileType[];
  const outs = results.map(({ dtype }, index) => d.ptr(`out${index}`, dtype));
  const names = results.map((_, index) => `result${index}`);
  const compute = type.kind === "tuple" ? d.unpack(names, of) : d.declare("result0", of);
  const stores = results.map((result, index) => d.store(address(`out${index}`, shapeOf(result)), names[index]!));
  return {
    draft: d.kernel("probe", [...params, ...outs], [...loads, compute, ...stores], { builds: [d.build()] }),
    results,
  };
}

const binary = (op: string, pairs: readonly (readonly [DType, DType])[]): OpCase[] =>
  pairs.map(([a, b]) => ({
    title: `${op} ${a} ${b}`,
    operands: [tile(a, 16, 16), tile(b, 16, 16)],
    of: d.op(op, { a: "a", b: "b" }),
  }));

const reduction = (op: string, dtypes: readonly DType[], more: Record<string, number | boolean> = {}): OpCase[] =>
  dtypes.flatMap((dtype) =>
    ([{ axis: 0 }, { axis: 1, keepDims: true }, {}, { keepDims: true }] as Record<string, number | boolean>[]).map(
      (attrs) => ({
        title: `${op} ${dtype} ${JSON.stringify({ ...attrs, ...more })}`,
        operands: [tile(dtype, 8, 16)],
        of: d.op(op, { x: "a" }, { ...attrs, ...more }),
      }),
    ),
  );

const FLOATS = DTYPE_NAMES.filter((dtype) => isFloat(dtype) && !isFloat8(dtype));
const FLOATS8 = DTYPE_NAMES.filter(isFloat8);
const ALL: readonly DType[] = [...DTYPE_NAMES.filter(isInteger), ...FLOATS];
const MIXED: readonly (readonly [DType, DType])[] = [
  ["f32", "bf16"],
  ["bf16", "f16"],
  ["i32", "f16"],
  ["i32", "i64"],
  ["u32", "i32"],
  ["i8", "i32"],
  ["u64", "u32"],
  ["u16", "i16"],
  ["i64", "u16"],
  ["u64", "f32"],
];

const shapes: OpCase[] = [
  { title: "reshape", operands: [tile("f32", 8, 16)], of: d.op("reshape", { x: "a" }, { shape: [4, 32] }) },
  { title: "reshape a scalar", operands: [tile("f32")], of: d.op("reshape", { x: "a" }, { shape: [1] }) },
  { title: "reshape to a vector", operands: [tile("bf16", 8, 16)], of: d.op("reshape", { x: "a" }, { shape: [128] }) },
  { title: "broadcastTo", operands: [tile("f32", 1, 16)], of: d.op("broadcastTo", { x: "a" }, { shape: [8, 16] }) },
  { title: "broadcastTo of a scalar", operands: [tile("f16")], of: d.op("broadcastTo", { x: "a" }, { shape: [8] }) },
  { title: "expandDims", operands: [tile("i32", 16)], of: d.op("expandDims", { x: "a" }, { axis: 1 }) },
  { title: "expandDims of a scalar", operands: [tile("i32")], of: d.op("expandDims", { x: "a" }, { axis: 0 }) },
  { title: "expandDims in the middle", operands: [tile("i32", 4, 8)], of: d.op("expandDims", { x: "a" }, { axis: 1 }) },
  { title: "trans", operands: [tile("f16", 8, 16)], of: d.op("trans", { x: "a" }) },
  {
    title: "trans with an order",
    operands: [tile("f32", 4, 8, 16)],
    of: d.op("trans", { x: "a" }, { order: [2, 0, 1] }),
  },
  { title: "permute", operands: [tile("f32", 4, 8)], of: d.op("permute", { x: "a" }, { order: [1, 0] }) },
  { title: "join", operands: [tile("f32", 8), tile("f32", 8)], of: d.op("join", { a: "a", b: "b" }) },
  { title: "interleave", operands: [tile("i32", 8), tile("i32", 8)], of: d.op("interleave", { a: "a", b: "b" }) },
  { title: "split", operands: [tile("f32", 8, 2)], of: d.op("split", { x: "a" }) },
  { title: "arange", operands: [], of: d.arange(4, 16) },
  { title: "zeros", operands: [], of: d.zeros([4, 8], "bf16") },
  {
    title: "full of a scalar",
    operands: [tile("f32")],
    of: d.op("full", { value: "a" }, { shape: [8], dtype: "f16" }),
  },
  { title: "full of a number", operands: [], of: d.op("full", { value: -3 }, { shape: [8], dtype: "i64" }) },
];

const ordered: OpCase[] = [
  ...DTYPE_NAMES.filter((dtype) => !isFloat8(dtype)).flatMap((dtype) => [
    { title: `argsort ${dtype}`, operands: [tile(dtype, 2, 8)], of: d.op("argsort", { x: "a" }) },
    {
      title: `argsort ${dtype} downwards`,
      operands: [tile(dtype, 16)],
      of: d.op("argsort", { x: "a" }, { descending: true }),
    },
  ]),
  ...(["f64", "i64", "i8"] as const).flatMap((dtype) =>
    ["sum", "cumsum", "cumprod"].map((name) => ({
      title: `${name} in ${dtype}`,
      operands: [tile(dtype === "f64" ? "f32" : "u8", 4, 8)],
      of: d.op(name, { x: "a" }, { axis: 1, dtype }),
    })),
  ),
  // Small integers, whose sums f16 holds.
  ...["sum", "cumsum"].map((name) => ({
    title: `${name} in f16`,
    operands: [tile("i8", 4, 8)],
    of: d.op(name, { x: "a" }, { axis: 1, dtype: "f16" }),
  })),
  { title: "sum of f32 in i64", operands: [tile("f32", 16)], of: d.op("sum", { x: "a" }, { dtype: "i64" }) },
];

const dots: OpCase[] = [
  ...(["f16", "bf16", "f32"] as const).map((dtype) => ({
    title: `dot ${dtype}`,
    operands: [tile(dtype, 16, 32), tile(dtype, 32, 16)],
    of: d.op("dot", { a: "a", b: "b" }),
  })),
  { title: "dot i8", operands: [tile("i8", 16, 32), tile("i8", 32, 16)], of: d.op("dot", { a: "a", b: "b" }) },
  {
    title: "dot with an accumulator",
    operands: [tile("f16", 16, 16), tile("f16", 16, 16), tile("f32", 16, 16)],
    of: d.op("dot", { a: "a", b: "b", acc: "c" }),
  },
  {
    title: "dot tf32",
    operands: [tile("f32", 16, 16), tile("f32", 16, 16)],
    of: d.op("dot", { a: "a", b: "b" }, { inputPrecision: "tf32" }),
  },
  ...["tf32x3", "bf16x3", "bf16x6"].map((inputPrecision) => ({
    title: `dot ${inputPrecision}`,
    operands: [tile("f32", 32, 16), tile("f32", 16, 16)],
    of: d.op("dot", { a: "a", b: "b" }, { inputPrecision }),
  })),
  {
    title: "dot f16 in f16",
    operands: [tile("f16", 16, 16), tile("f16", 16, 32)],
    of: d.op("dot", { a: "a", b: "b" }, { outDtype: "f16" }),
  },
  {
    title: "dot f16 with an accumulator in f16",
    operands: [tile("f16", 16, 16), tile("f16", 16, 16), tile("f16", 16, 16)],
    of: d.op("dot", { a: "a", b: "b", acc: "c" }),
  },
  {
    title: "dot of batches",
    operands: [tile("f16", 2, 16, 16), tile("f16", 2, 16, 16)],
    of: d.op("dot", { a: "a", b: "b" }),
  },
];

const scaled: OpCase[] = [
  {
    title: "dotScaled e2m1 e2m1",
    operands: [tile("u8", 16, 32), tile("u8", 16, 2), tile("u8", 32, 32), tile("u8", 32, 2)],
    of: d.op(
      "dotScaled",
      { lhs: "a", lhsScale: "b", rhs: "c", rhsScale: "d" },
      { lhsFormat: "e2m1", rhsFormat: "e2m1" },
    ),
  },
  {
    title: "dotScaled e2m1 packed along the other axes, and an accumulator",
    operands: [tile("u8", 8, 64), tile("u8", 16, 2), tile("u8", 64, 16), tile("u8", 32, 2), tile("f32", 16, 32)],
    of: d.op(
      "dotScaled",
      { lhs: "a", lhsScale: "b", rhs: "c", rhsScale: "d", acc: "e" },
      { lhsFormat: "e2m1", rhsFormat: "e2m1", lhsKPack: false, rhsKPack: false, fastMath: true },
    ),
  },
  {
    title: "dotScaled e4m3 e5m2",
    operands: [tile("f8e4m3", 64, 32), tile("u8", 64, 1), tile("f8e5m2", 32, 16), tile("u8", 16, 1)],
    of: d.op(
      "dotScaled",
      { lhs: "a", lhsScale: "b", rhs: "c", rhsScale: "d" },
      { lhsFormat: "e4m3", rhsFormat: "e5m2" },
    ),
  },
  {
    title: "dotScaled of batches",
    operands: [tile("f8e4m3", 2, 16, 32), tile("u8", 2, 16, 1), tile("u8", 2, 16, 16), tile("u8", 2, 16, 1)],
    of: d.op(
      "dotScaled",
      { lhs: "a", lhsScale: "b", rhs: "c", rhsScale: "d" },
      { lhsFormat: "e4m3", rhsFormat: "e2m1" },
    ),
  },
  // With f16 a GPU multiplies in f16, where most of these scales are 0 or infinite: the docstring says so.
  {
    title: "dotScaled bf16 e2m1",
    operands: [tile("bf16", 16, 32), tile("u8", 32, 1), tile("u8", 16, 32), tile("u8", 32, 1)],
    of: d.op("dotScaled", { lhs: "a", rhs: "c", rhsScale: "d" }, { lhsFormat: "bf16", rhsFormat: "e2m1" }),
  },
  {
    title: "dotScaled without scales",
    operands: [tile("f8e5m2", 16, 64), tile("u8", 16, 1), tile("u8", 32, 16)],
    of: d.op("dotScaled", { lhs: "a", rhs: "c" }, { lhsFormat: "e5m2", rhsFormat: "e2m1" }),
  },
];

const choices: OpCase[] = [
  {
    title: "where",
    operands: [tile("bool", 16), tile("f32", 16), tile("f32", 16)],
    of: d.op("where", { condition: "a", a: "b", b: "c" }),
  },
  { title: "where of numbers", operands: [tile("bool", 16)], of: d.op("where", { condition: "a", a: 1, b: 0 }) },
  {
    title: "where of a tile and a float",
    operands: [tile("bool", 16), tile("f16", 16)],
    of: d.op("where", { condition: "a", a: "b", b: d.float(-Infinity) }),
  },
  {
    title: "where that broadcasts",
    operands: [tile("bool", 16, 1), tile("f32", 1, 8)],
    of: d.op("where", { condition: "a", a: "b", b: 0 }),
  },
  {
    title: "select",
    operands: [tile("bool"), tile("f16"), tile("f16")],
    of: d.op("select", { condition: "a", a: "b", b: "c" }),
  },
  {
    title: "select of a number",
    operands: [tile("bool"), tile("f16")],
    of: d.op("select", { condition: "a", a: "b", b: 1 }),
  },
  {
    title: "fma of a number",
    operands: [tile("f16", 16), tile("f16", 16)],
    of: d.op("fma", { a: "a", b: "b", c: d.float(0.5) }),
  },
  { title: "clamp", operands: [tile("f32", 16)], of: d.op("clamp", { x: "a", low: -1, high: 1 }) },
  { title: "clamp of integers", operands: [tile("i32", 16)], of: d.op("clamp", { x: "a", low: -5, high: 5 }) },
  {
    title: "clamp that keeps NaN",
    operands: [tile("f32", 16)],
    of: d.op("clamp", { x: "a", low: -1, high: 1 }, { propagateNan: true }),
  },
  {
    title: "maximum that keeps NaN",
    operands: [tile("f32", 16), tile("f32", 16)],
    of: d.op("maximum", { a: "a", b: "b" }, { propagateNan: true }),
  },
];

const conversions: OpCase[] = ALL.flatMap((from) =>
  [...ALL, "bool" as const]
    .filter((to) => to !== from)
    .map((to) => ({
      title: `cast ${from} ${to}`,
      operands: [tile(from, 16)],
      of: d.op("cast", { x: "a" }, { dtype: to }),
    })),
);

/** All that libdevice rounds, and the halves that become f32 before. */
const WORDS = ["i32", "u32", "i64", "u64"] as const;
const ROUNDED: readonly (readonly [DType, DType])[] = [
  ...(["f16", "bf16", "f32", "f64"] as const).flatMap((from) => WORDS.map((to) => [from, to] as const)),
  ...WORDS.map((from) => [from, "f32"] as const),
  ["i64", "f64"],
  ["u64", "f64"],
  ["f64", "f32"],
];
const roundings: OpCase[] = ROUNDED.flatMap(([from, to]) =>
  ["rtne", "rtz", "down", "up"].map((rounding) => ({
    title: `cast ${from} ${to} ${rounding}`,
    operands: [tile(from, 16)],
    of: d.op("cast", { x: "a" }, { dtype: to, rounding }),
  })),
);

/** Of an integer and a float. */
const withIntegers: OpCase[] = (["f16", "bf16", "f32", "f64"] as const).flatMap((float) => [
  ...["jn", "yn"].map((op) => ({
    title: `${op} i32 ${float}`,
    operands: [tile("i32", 16), tile(float, 16)],
    of: d.op(op, { n: "a", x: "b" }),
  })),
  {
    title: `ldexp ${float} i8`,
    operands: [tile(float, 16), tile("i8", 16)],
    of: d.op("ldexp", { x: "a", n: "b" }),
  },
]);

const bitcasts: OpCase[] = (
  [
    ["f32", "i32"],
    ["i32", "f32"],
    ["u32", "i32"],
    ["f16", "i16"],
    ["i16", "bf16"],
    ["i8", "u8"],
    ["u16", "bf16"],
    ["f16", "u16"],
    ["u64", "i64"],
  ] as const
).map(([from, to]) => ({
  title: `bitcast ${from} ${to}`,
  operands: [tile(from, 16)],
  of: d.op("bitcast", { x: "a" }, { dtype: to }),
}));

const float8: OpCase[] = [
  ...FLOATS8.flatMap((dtype): OpCase[] => [
    ...(["f16", "bf16", "f32"] as const).flatMap((other) => [
      { title: `cast ${other} ${dtype}`, operands: [tile(other, 16)], of: d.op("cast", { x: "a" }, { dtype }) },
      { title: `cast ${dtype} ${other}`, operands: [tile(dtype, 16)], of: d.op("cast", { x: "a" }, { dtype: other }) },
    ]),
    {
      title: `bitcast u8 ${dtype}`,
      operands: [tile("u8", 16)],
      of: d.op("bitcast", { x: "a" }, { dtype }),
    },
    { title: `trans ${dtype}`, operands: [tile(dtype, 8, 16)], of: d.op("trans", { x: "a" }) },
    { title: `flip ${dtype}`, operands: [tile(dtype, 8, 16)], of: d.op("flip", { x: "a" }) },
    {
      title: `where ${dtype}`,
      operands: [tile("bool", 16), tile(dtype, 16)],
      of: d.op("where", { condition: "a", a: "b", b: d.float(1.6) }),
    },
    { title: `full ${dtype}`, operands: [], of: d.op("full", { value: d.float(0.3) }, { shape: [8], dtype }) },
    {
      title: `dot ${dtype} in f16`,
      operands: [tile(dtype, 16, 64), tile(dtype, 64, 16)],
      of: d.op("dot", { a: "a", b: "b" }, { outDtype: "f16" }),
    },
    {
      title: `dot ${dtype} with few products in fewer bits`,
      operands: [tile(dtype, 64, 64), tile(dtype, 64, 16)],
      of: d.op("dot", { a: "a", b: "b" }, { maxNumImpreciseAcc: 32 }),
    },
    ...FLOATS8.map((other) => ({
      title: `dot ${dtype} ${other}`,
      operands: [tile(dtype, 16, 32), tile(other, 32, 16)],
      of: d.op("dot", { a: "a", b: "b" }),
    })),
  ]),
  ...(["f16", "bf16", "f8e5m2"] as const).map((dtype) => ({
    title: `cast f32 ${dtype} toward zero`,
    operands: [tile("f32", 16)],
    of: d.op("cast", { x: "a" }, { dtype, rounding: "rtz" }),
  })),
];

const literals: OpCase[] = [
  { title: "f16 + 1", operands: [tile("f16", 16)], of: d.add("a", 1) },
  { title: "bf16 · 0.5", operands: [tile("bf16", 16)], of: d.mul("a", d.float(0.5)) },
  { title: "i32 · 0.5", operands: [tile("i32", 16)], of: d.mul("a", d.float(0.5)) },
  { title: "i64 + a large number", operands: [tile("i64", 16)], of: d.add("a", d.big(1n << 40n)) },
  { title: "u64 + a large number", operands: [tile("u64", 16)], of: d.add("a", d.big(1n << 63n)) },
  { title: "u8 & 15", operands: [tile("u8", 16)], of: d.op("bitAnd", { a: "a", b: 15 }) },
  { title: "i32 < 3", operands: [tile("i32", 16)], of: d.lt("a", 3) },
  { title: "1 / f16", operands: [tile("f16", 16)], of: d.div(1, "a") },
  { title: "−x", operands: [tile("f32", 16)], of: d.unary("neg", "a") },
  { title: "a − (b − a)", operands: [tile("f32", 16), tile("f32", 16)], of: d.sub("a", d.sub("b", "a")) },
  { title: "(a + b) · a", operands: [tile("f32", 16), tile("f32", 16)], of: d.mul(d.add("a", "b"), "a") },
];

const masks: OpCase[] = [
  { title: "bool + bool", operands: [tile("bool", 16), tile("bool", 16)], of: d.add("a", "b") },
  { title: "bool == bool", operands: [tile("bool", 16), tile("bool", 16)], of: d.op("eq", { a: "a", b: "b" }) },
];

/** Of each kind, narrow ones among them. */
const SAMPLED: readonly DType[] = ["i8", "u16", "i32", "u32", "i64", "u64", "f16", "bf16", "f32"];
/** What no operands of one dtype show, or only those that `choices` has; (a + b − 1) wraps in i8, as it does in Triton. */
const APART: ReadonlySet<string> = new Set(["where", "clamp", "cdiv i8", "jn", "yn", "ldexp", "castRounded"]);

/** An op of elements on operands of one dtype: all of these that it takes, or booleans. */
function ofElements({ name, elements }: Op): readonly OpCase[] {
  if (!elements || APART.has(name)) return [];
  const of = d.op(name, Object.fromEntries(elements.map((operand, at) => [operand, NAMES[at]!])));
  const takes = (dtype: DType): boolean => {
    const params = elements.map((_, at) => d.scalarParam(NAMES[at]!, dtype));
    return inferTypes(d.kernel("probe", params, [d.declare("result", of)])).diagnostics.length === 0;
  };
  const taken = SAMPLED.filter((dtype) => takes(dtype) && !APART.has(`${name} ${dtype}`));
  return (taken.length > 0 ? taken : takes("f64") ? (["f64"] as const) : (["bool"] as const)).map((dtype) => ({
    title: [name, ...elements.map(() => dtype)].join(" "),
    operands: elements.map(() => tile(dtype, 64)),
    of,
  }));
}

export const CASES: readonly OpCase[] = [
  ...[...OPS.values()].flatMap(ofElements),
  ..."add sub mul minimum maximum div eq ne lt le gt ge".split(" ").flatMap((op) =>
    binary(op, [
      ["f64", "f64"],
      ["i32", "f32"],
    ]),
  ),
  ...["add", "sub", "mul", "minimum", "maximum"].flatMap((op) => binary(op, MIXED)),
  ...["bitAnd", "bitOr", "bitXor"].flatMap((op) => binary(op, [["u8", "i32"]])),
  ...binary("umulhi", [
    ["u32", "i32"],
    ["i8", "i64"],
  ]),
  ...["sum", "max", "min"].flatMap((op) => reduction(op, ["i8", "u16", "i32", "u64", "f16", "bf16", "f32"])),
  ...["argmax", "argmin"].flatMap((op) => reduction(op, ["i32", "u16", "u64", "bf16", "f32"])),
  ...reduction("sum", ["bool", "u8", "i64"]),
  ...reduction("xorSum", ["i32", "u32", "u16", "u64"]),
  ...["any", "all"].flatMap((op) => reduction(op, ["bool"])),
  ...(["maxWithIndex", "minWithIndex"] as const).flatMap((op) =>
    (["f32", "bf16", "i32", "u16", "u64"] as const).map((dtype) => ({
      title: `${op} ${dtype}`,
      operands: [tile(dtype, 8, 16)],
      of: d.op(op, { x: "a" }, { axis: 1 }),
    })),
  ),
  ...["cumsum", "cumprod"].flatMap((op): OpCase[] => [
    ...(["f32", "f16", "i32", "i8", "u16", "u64"] as const).map((dtype) => ({
      title: `${op} ${dtype}`,
      operands: [tile(dtype, 8, 16)],
      of: d.op(op, { x: "a" }, { axis: 1 }),
    })),
    {
      title: `${op} reverse`,
      operands: [tile("i32", 8, 16)],
      of: d.op(op, { x: "a" }, { axis: 0, reverse: true }),
    },
  ]),
  ...(["f32", "f16", "i8", "i64", "u16", "u64"] as const).map((dtype) => ({
    title: `flip ${dtype}`,
    operands: [tile(dtype, 8, 16)],
    of: d.op("flip", { x: "a" }),
  })),
  { title: "flip of an axis", operands: [tile("i32", 8, 4)], of: d.op("flip", { x: "a" }, { axis: 0 }) },
  ...(["f32", "f16", "i8", "i64"] as const).flatMap((dtype): OpCase[] => [
    {
      title: `gather ${dtype}`,
      operands: [tile(dtype, 8, 16), tile("u8", 8, 32)],
      of: d.op(
        "gather",
        { x: "a", index: d.op("cast", { x: d.op("bitAnd", { a: "b", b: 15 }) }, { dtype: "i32" }) },
        { axis: 1 },
      ),
    },
    { title: `topk ${dtype}`, operands: [tile(dtype, 4, 16)], of: d.op("topk", { x: "a" }, { k: 4 }) },
    {
      title: `topk ${dtype} ascending`,
      operands: [tile(dtype, 16)],
      of: d.op("topk", { x: "a" }, { k: 1, descending: false }),
    },
  ]),
  {
    title: "gather of an axis",
    operands: [tile("i32", 4, 8), tile("i64", 2, 8)],
    of: d.op("gather", { x: "a", index: d.op("bitAnd", { a: "b", b: 3 }) }, { axis: 0 }),
  },
  {
    title: "histogram",
    operands: [tile("i32", 64)],
    of: d.op("histogram", { x: d.op("bitAnd", { a: "a", b: 15 }) }, { bins: 16 }),
  },
  {
    title: "histogram under a mask",
    operands: [tile("u32", 64), tile("bool", 64)],
    of: d.op("histogram", { x: "a", mask: d.and("b", d.lt("a", 32)) }, { bins: 32 }),
  },
  { title: "ravel", operands: [tile("f16", 8, 4)], of: d.op("ravel", { x: "a" }) },
  { title: "cat", operands: [tile("f32", 8), tile("f32", 8)], of: d.op("cat", { a: "a", b: "b" }) },
  {
    title: "cat of a last axis",
    operands: [tile("i32", 4, 8), tile("i32", 4, 8)],
    of: d.op("cat", { a: "a", b: "b" }, { axis: 1 }),
  },
  { title: "sort", operands: [tile("f32", 4, 16)], of: d.op("sort", { x: "a" }) },
  {
    title: "sort descending",
    operands: [tile("i32", 16)],
    of: d.op("sort", { x: "a" }, { axis: 0, descending: true }),
  },
  ...(["u16", "u64"] as const).map((dtype) => ({
    title: `sort ${dtype}`,
    operands: [tile(dtype, 16)],
    of: d.op("sort", { x: "a" }),
  })),
  ...shapes,
  ...ordered,
  ...dots,
  ...scaled,
  ...choices,
  ...conversions,
  ...roundings,
  ...withIntegers,
  ...bitcasts,
  ...float8,
  ...literals,
  ...masks,
];
