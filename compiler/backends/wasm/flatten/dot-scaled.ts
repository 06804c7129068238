import { type Attrs, type DType, type Expr, type Span, tile } from "../../../ir/index.js";
import { SCALED_BLOCK, type ScaledSide, shapeOf, sidesOf } from "../../../ops/index.js";
import type { OpExpr } from "../ops.js";
import { dtypeOf, number, of } from "./made.js";

/** Operations on tiles, all at one place of the source. */
class Making {
  readonly span: Span;
  constructor(span: Span) {
    this.span = span;
  }

  shaped(op: string, x: Expr, shape: readonly number[], attrs: Attrs = {}): Expr {
    return of(op, { x }, tile(dtypeOf(x), shape), this.span, attrs);
  }

  /** Of a tile and a number, or another tile. */
  with(op: string, a: Expr, b: Expr | number, dtype: DType = dtypeOf(a)): Expr {
    const other = typeof b === "number" ? number(b, this.span, dtypeOf(a)) : b;
    return of(op, { a, b: other }, tile(dtype, shapeOf(a.type)), this.span);
  }

  as(op: "cast" | "bitcast", x: Expr, dtype: DType): Expr {
    return dtypeOf(x) === dtype ? x : of(op, { x }, tile(dtype, shapeOf(x.type)), this.span, { dtype });
  }

  /** With the last two axes exchanged. */
  swapped(x: Expr): Expr {
    const shape = shapeOf(x.type) as number[];
    const order = [...shape.keys()];
    order.push(...order.splice(-2).reverse());
    return this.shaped(
      "trans",
      x,
      order.map((axis) => shape[axis]!),
      { order },
    );
  }
}

/** Of two elements in each byte the numbers, which makes the last axis twice as long. */
function e2m1(x: Expr, make: Making): Expr {
  const [low, high] = [make.with("bitAnd", x, 15), make.with("shiftRight", x, 4)];
  const shape = shapeOf(x.type) as number[];
  const codes = of(
    "interleave",
    { a: low, b: high },
    tile("u8", [...shape.slice(0, -1), 2 * shape.at(-1)!]),
    make.span,
  );
  const code = make.as("cast", codes, "u32");
  // Exponent and mantissa at their places in an f32, whose exponents count from another number; e2m1's subnormals are then f32's.
  const size = make.with("shiftLeft", make.with("bitAnd", code, 7), 22);
  const sign = make.with("shiftLeft", make.with("bitAnd", code, 8), 28);
  return make.with("mul", make.as("bitcast", make.with("bitOr", size, sign), "f32"), 2 ** 126);
}

/** 2^(s − 127), where the least is f32's subnormal and 255 is NaN. */
function powerOf(scale: Expr, make: Making): Expr {
  const s = make.as("cast", scale, "u32");
  const bits = make.with("maximum", make.with("shiftLeft", s, 23), 0x400000);
  const noNumber = make.as("cast", make.with("eq", s, 255, "bool"), "u32");
  return make.as("bitcast", make.with("bitOr", bits, make.with("shiftLeft", noNumber, 22)), "f32");
}

/** A scale for each element: of a tile whose last axis is K. */
function stretched(scale: Expr, make: Making): Expr {
  const shape = shapeOf(scale.type) as number[];
  const column = make.shaped("expandDims", scale, [...shape, 1], { axis: shape.length });
  const wide = [...shape, SCALED_BLOCK];
  const all = make.shaped("broadcastTo", column, wide, { shape: wide });
  const flat = [...shape.slice(0, -1), shape.at(-1)! * SCALED_BLOCK];
  return make.shaped("reshape", all, flat, { shape: flat });
}

const FLOAT8: Readonly<Record<string, DType>> = { e4m3: "f8e4m3", e5m2: "f8e5m2" };

function dequantized({ x, scale, format, packed, inner }: ScaledSide, make: Making): Expr {
  let value: Expr;
  if (packed === -1) value = e2m1(x, make);
  else if (packed === -2) value = make.swapped(e2m1(make.swapped(x), make));
  else value = make.as("cast", make.as("bitcast", x, FLOAT8[format] ?? dtypeOf(x)), "f32");
  if (scale === undefined) return value;
  const power = stretched(powerOf(scale, make), make);
  return make.with("mul", value, inner === -1 ? power : make.swapped(power));
}

/** A product of scaled elements as one of f32. */
export function dotOfScaled(expr: OpExpr): Expr {
  const { span, type } = expr;
  const make = new Making(span);
  const [a, b] = sidesOf(expr).map((side) => dequantized(side, make));
  const { acc } = expr.args;
  return of("dot", { a: a!, b: b!, ...(acc && { acc }) }, type, span, { inputPrecision: "ieee" });
}

/** A product in f16 as one of f32 that is rounded once. */
export function dotInHalves({ args, span, type, attrs }: OpExpr): Expr {
  const make = new Making(span);
  const { a, b, acc } = args as { a: Expr; b: Expr; acc?: Expr };
  const wide = tile("f32", shapeOf(type));
  const sum = of("dot", { a, b, ...(acc && { acc: make.as("cast", acc, "f32") }) }, wide, span, attrs);
  return make.as("cast", sum, "f16");
}
