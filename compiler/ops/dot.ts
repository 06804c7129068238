import * as problems from "../diagnostics/catalogue/types.js";
import { DTYPES, type DType, dimEquals, type Expr, isFloat8, type Shape, type Type, tile } from "../ir/index.js";
import { checkChoices, firstDim, quoted } from "./attrs.js";
import { sameShape } from "./broadcast.js";
import { isNumbers, shapeOf, type TileType } from "./convert.js";
import { present } from "./memory.js";
import type { Attrs, Call, InferContext, Op } from "./op.js";
import { call } from "./python.js";
import { dimPy, dtypeText } from "./python-values.js";
import type { TileValue } from "./value.js";

/** What the tensor cores accumulate in, where nothing else is asked for. */
const RESULT: Readonly<Partial<Record<DType, DType>>> = {
  f8e4m3: "f32",
  f8e5m2: "f32",
  f16: "f32",
  bf16: "f32",
  f32: "f32",
  f64: "f64",
  i8: "i32",
};
/** What they also accumulate in f16. */
const HALVES: readonly DType[] = ["f16", "f8e4m3", "f8e5m2"];

const PRECISIONS = ["ieee", "tf32", "tf32x3", "bf16x3", "bf16x6"];

export const dot: Op = {
  name: "dot",
  whole: true,
  params: { a: "operand", b: "operand" },
  options: { acc: "operand", inputPrecision: "text", outDtype: "dtype", maxNumImpreciseAcc: "size" },
  infer(source, context) {
    const { a, b, acc } = source.args as { a: Expr; b: Expr; acc?: Expr };
    if (!checkChoices(source, { inputPrecision: PRECISIONS }, context) || !checkOperands(source, a, b, context))
      return null;
    const [left, right] = [a.type as TileType, b.type as TileType];
    const result = resultType(source, left.dtype, acc?.type, context);
    const imprecise = result && impreciseSums(source, left.dtype, result, context);
    if (result === null || imprecise === null) return null;
    const type = tile(result, resultShape(left.shape, right.shape));
    if (acc && !matches(acc.type, type))
      return context.fail(
        problems.dotAccumulator(acc.span, { op: "dot", acc: acc.type, want: type }, context.origins(acc, a, b)),
      );
    const precision: Attrs = left.dtype === "f32" ? { inputPrecision: source.attrs.inputPrecision ?? "ieee" } : {};
    const halves: Attrs = result === "f16" ? { outDtype: result } : {};
    const attrs = { ...precision, ...imprecise, ...halves };
    return { kind: "op", op: "dot", args: present({ a, b, acc }), attrs, type, span: source.span };
  },
  check(node, context) {
    const { a, b } = node.args as { a: Expr; b: Expr };
    const inner = shapeOf(a.type).at(-1);
    const least = DTYPES[(a.type as TileType).dtype].bytes === 1 ? 32 : 16;
    if (typeof inner === "number" && inner < least)
      context.fail(problems.dotSizes(node.span, { a: a.type, b: b.type, least }, context.origins(a, b)));
    const most = firstDim(node.attrs.maxNumImpreciseAcc);
    if (typeof most === "number" && typeof inner === "number" && (most < 0 || most > inner))
      context.fail(problems.dotImprecise(node.span, { most, inner }));
  },
  emit: ({ a, b, acc }, { attrs }) => {
    const most = firstDim(attrs.maxNumImpreciseAcc);
    return call("tl.dot", [a!, b!], {
      acc,
      input_precision: quoted(attrs.inputPrecision),
      max_num_imprecise_acc: most === undefined ? undefined : dimPy(most),
      out_dtype: attrs.outDtype === undefined ? undefined : dtypeText("f16"),
    });
  },
  evaluate: ({ a, b, acc }) => multiply(a!, b!, acc),
};

/** The dtype that is asked for, or that of an accumulator in f16; null after reporting one that the operands have no sums in. */
function resultType(source: Call, operand: DType, acc: Type | undefined, context: InferContext): DType | null {
  const usual = RESULT[operand]!;
  const possible = HALVES.includes(operand) ? [usual, "f16" as const] : [usual];
  const { outDtype } = source.attrs;
  if (outDtype === undefined) {
    const isHalf = acc !== undefined && isNumbers(acc) && acc.dtype === "f16";
    return isHalf && HALVES.includes(operand) ? "f16" : usual;
  }
  const found = possible.find((one) => one === outDtype);
  return found ?? context.fail(problems.dotResult(source.span, { operand, got: String(outDtype), possible }));
}

/** Only Hopper's sums of float8 lose bits, which Triton moves to f32 after so many of K; null after a problem. */
function impreciseSums(source: Call, operand: DType, result: DType, context: InferContext): Attrs | null {
  const { maxNumImpreciseAcc } = source.attrs;
  if (maxNumImpreciseAcc === undefined) return {};
  if (isFloat8(operand) && result === "f32") return { maxNumImpreciseAcc };
  return context.fail(problems.dotAlwaysPrecise(source.span, { operand, result }));
}

const resultShape = (a: Shape, b: Shape): Shape => [...a.slice(0, -1), b.at(-1)!];
export const matches = (a: Type, b: Type): boolean =>
  isNumbers(a) && isNumbers(b) && a.dtype === b.dtype && sameShape(a.shape, b.shape);

/** Dtypes, ranks and sizes of the factors; false after reporting. */
function checkOperands(source: Call, a: Expr, b: Expr, context: InferContext): boolean {
  const notes = context.origins(a, b);
  const fail = (diagnostic: Parameters<InferContext["fail"]>[0]): false => {
    context.fail(diagnostic);
    return false;
  };
  for (const operand of [a, b])
    if (!isNumbers(operand.type) || (operand.type.shape.length !== 2 && operand.type.shape.length !== 3))
      return fail(
        problems.needsTile(
          operand.span,
          { op: "dot", type: operand.type, rank: "rank 2 or 3" },
          context.origins(operand),
        ),
      );
  const [left, right] = [a.type as TileType, b.type as TileType];
  const pair = left.dtype === right.dtype || (isFloat8(left.dtype) && isFloat8(right.dtype));
  if (!pair || !RESULT[left.dtype]) return fail(problems.dotTypes(source.span, { a: left, b: right }, notes));
  const [outer, inner] = [left.shape.slice(0, -2), left.shape.at(-1)!];
  if (!sameShape(outer, right.shape.slice(0, -2)) || !dimEquals(inner, right.shape.at(-2)!))
    return fail(problems.dotInnerSizes(source.span, { a: left, b: right, hint: transHint(a, b) }, notes));
  return true;
}

/** `dot(x, trans(z))`, where that would fit. */
function transHint(a: Expr, b: Expr): string | undefined {
  const [left, right] = [shapeOf(a.type), shapeOf(b.type)];
  if (left.length !== 2 || right.length !== 2) return undefined;
  const name = (operand: Expr, otherwise: string): string => (operand.kind === "ref" ? operand.name : otherwise);
  const [x, y] = [name(a, "a"), name(b, "b")];
  if (dimEquals(left[1]!, right[1]!)) return `did you mean dot(${x}, trans(${y}))?`;
  if (dimEquals(left[0]!, right[0]!)) return `did you mean dot(trans(${x}), ${y})?`;
  return undefined;
}

/** The product in doubles: the reference the rounded ones are compared with. */
export function multiply(a: TileValue, b: TileValue, acc: TileValue | undefined): TileValue {
  const [rows, inner, columns] = [a.shape.at(-2)!, a.shape.at(-1)!, b.shape.at(-1)!];
  const batches = a.shape.length === 3 ? a.shape[0]! : 1;
  const data: number[] = [];
  for (let batch = 0; batch < batches; batch++)
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++) {
        let sum = acc?.data[data.length] ?? 0;
        for (let k = 0; k < inner; k++)
          sum += a.data[(batch * rows + row) * inner + k]! * b.data[(batch * inner + k) * columns + column]!;
        data.push(sum);
      }
  return { shape: [...a.shape.slice(0, -1), columns], data };
}

export const DOT: readonly Op[] = [dot];
