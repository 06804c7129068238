import * as problems from "../diagnostics/catalogue/types.js";
import {
  DTYPES,
  type DType,
  dimEquals,
  type Expr,
  isInteger,
  type Shape,
  type Span,
  type Type,
  tile,
  VOID,
} from "../ir/index.js";
import { checkChoices, checkSizes, dims } from "./attrs.js";
import { sameShape } from "./broadcast.js";
import { assignable, convert, isNumbers, isPointer, shapeOf, type TileType } from "./convert.js";
import type { Args, Call, InferContext, Op } from "./op.js";
import { call, list, method, type Py } from "./python.js";
import { shapePy } from "./python-values.js";

type DescriptorType = Extract<Type, { kind: "descriptor" }>;

/** The operands called `<prefix>0`, `<prefix>1` and so on. */
const numbered = <T>(args: Readonly<Record<string, T>>, prefix: string): T[] => {
  const found: T[] = [];
  while (args[prefix + found.length] !== undefined) found.push(args[prefix + found.length]!);
  return found;
};

const renumber = (operands: readonly Expr[], prefix: string): Args =>
  Object.fromEntries(operands.map((operand, index) => [prefix + index, operand]));

function descriptorOperand(source: Call, context: InferContext): Expr | null {
  const desc = source.args.desc!;
  if (desc.type.kind === "descriptor") return desc;
  return context.fail(problems.needsDescriptor(desc.span, { op: source.op, type: desc.type }, context.origins(desc)));
}

/** Scalar integers in a dtype, one for each axis; null after a problem. */
function integersFor(
  what: string,
  source: Call,
  given: readonly Expr[],
  rank: number,
  dtype: "i32" | "i64",
  context: InferContext,
): Expr[] | null {
  if (given.length !== rank)
    return context.fail(problems.descriptorRank(source.span, { what, want: rank, got: given.length }));
  const converted: Expr[] = [];
  for (const operand of given) {
    const { type } = operand;
    const whole =
      (type.kind === "const" && type.of === "int") ||
      (isNumbers(type) && type.shape.length === 0 && isInteger(type.dtype));
    if (!whole)
      return context.fail(
        problems.loopBound(operand.span, { what: `one of the ${what}`, type }, context.origins(operand)),
      );
    const one = convert(operand, dtype, context);
    if (!one) return null;
    converted.push(one);
  }
  return converted;
}

const loadTensorDescriptor: Op = {
  name: "loadTensorDescriptor",
  reads: "desc",
  cost: 6,
  params: { desc: "operand", offsets: { operands: "offset" } },
  infer(source, context) {
    const desc = descriptorOperand(source, context);
    if (!desc) return null;
    const { dtype, block } = desc.type as DescriptorType;
    const offsets = integersFor("offsets", source, numbered(source.args, "offset"), block.length, "i32", context);
    if (!offsets) return null;
    const args = { desc, ...renumber(offsets, "offset") };
    return { kind: "op", op: "loadTensorDescriptor", args, attrs: {}, type: tile(dtype, block), span: source.span };
  },
  emit: (args) => method(args.desc!, "load", [list(numbered(args, "offset"))]),
};

/** Writes a block into a tensor of one of the dtypes, or of any. */
const write = (name: string, python: string, allowed?: readonly DType[]): Op => ({
  name,
  params: { desc: "operand", offsets: { operands: "offset" }, value: "operand" },
  writes: "desc",
  infer(source, context) {
    const desc = descriptorOperand(source, context);
    if (!desc) return null;
    const { dtype, block } = desc.type as DescriptorType;
    if (allowed && !allowed.includes(dtype))
      return context.fail(problems.lacksDType(source.span, { op: name, dtype, allowed }, context.origins(desc)));
    const offsets = integersFor("offsets", source, numbered(source.args, "offset"), block.length, "i32", context);
    const given = source.args.value!;
    const fits = assignable(given.type, dtype) && isNumbers(given.type) && sameShape(shapeOf(given.type), block);
    if (!fits)
      return context.fail(
        problems.descriptorValue(
          given.span,
          { value: given.type, want: tile(dtype, block) },
          context.origins(given, desc),
        ),
      );
    const value = convert(given, dtype, context);
    if (!offsets || !value) return null;
    const args = { desc, ...renumber(offsets, "offset"), value };
    return { kind: "op", op: name, args, attrs: {}, type: VOID, span: source.span };
  },
  emit: (args) => method(args.desc!, python, [list(numbered(args, "offset")), args.value!]),
});

const isOne = (expr: Expr): boolean =>
  (expr.kind === "literal" && expr.value === 1) ||
  (expr.type.kind === "const" && expr.type.dim !== undefined && dimEquals(expr.type.dim, 1));

/** What TMA takes: powers of two, and rows of 16 bytes. */
export function checkBlock(
  op: string,
  dtype: DType,
  block: Shape,
  span: Span,
  context: Pick<InferContext, "fail">,
): void {
  checkSizes(op, block, span, context);
  const row = block.at(-1);
  if (typeof row !== "number" || row * DTYPES[dtype].bytes >= 16) return;
  const message = `a row of a descriptor's block has at least 16 bytes; ${row} of ${dtype} are ${row * DTYPES[dtype].bytes}`;
  context.fail(problems.descriptorLayout(span, { message }));
}

const makeTensorDescriptor: Op = {
  name: "makeTensorDescriptor",
  params: { ptr: "operand", shape: { operands: "shape" }, strides: { operands: "stride" }, block: "shape" },
  called: { makeTensorDescriptor: {}, descriptor: {} },
  infer(source, context) {
    const ptr = source.args.ptr!;
    if (!isPointer(ptr.type) || ptr.type.shape.length > 0)
      return context.fail(problems.needsPointer(ptr.span, { op: source.op, type: ptr.type }, context.origins(ptr)));
    if (!checkChoices(source, { padding: ["zero", "nan"] }, context)) return null;
    const block = dims(source.attrs.block);
    const shape = integersFor("sizes", source, numbered(source.args, "shape"), block.length, "i32", context);
    const givenStrides = numbered(source.args, "stride");
    const strides = integersFor("strides", source, givenStrides, block.length, "i64", context);
    if (!shape || !strides) return null;
    const last = givenStrides.at(-1)!;
    if (!isOne(last))
      return context.fail(
        problems.descriptorLayout(last.span, { message: "the last stride of a descriptor is the constant 1" }),
      );
    const attrs = { block, ...(source.attrs.padding === "nan" ? { padding: "nan" } : {}) };
    const type: Type = { kind: "descriptor", dtype: (ptr.type as TileType).dtype, block };
    const args = { ptr, ...renumber(shape, "shape"), ...renumber(strides, "stride") };
    return { kind: "op", op: "makeTensorDescriptor", args, attrs, type, span: source.span };
  },
  check(node, context) {
    const { dtype, block } = node.type as DescriptorType;
    checkBlock("makeTensorDescriptor", dtype, block, node.span, context);
  },
  emit: (args, { attrs }) => {
    const pieces = (prefix: string): Py[] => numbered(args, prefix);
    return call("tl.make_tensor_descriptor", [args.ptr!], {
      shape: list(pieces("shape")),
      strides: list(pieces("stride")),
      block_shape: shapePy(dims(attrs.block)),
      padding_option: attrs.padding === "nan" ? '"nan"' : undefined,
    });
  },
};

const INTEGERS: readonly DType[] = ["i32", "u32", "i64", "u64"];

export const DESCRIPTORS: readonly Op[] = [
  loadTensorDescriptor,
  write("storeTensorDescriptor", "store"),
  write("atomicAddTensorDescriptor", "atomic_add", ["i32", "u32", "u64", "f16", "bf16", "f32"]),
  ...["Min", "Max"].map((what) => write(`atomic${what}TensorDescriptor`, `atomic_${what.toLowerCase()}`, INTEGERS)),
  // Triton takes i64 here too; an H200 does not know that instruction.
  ...["And", "Or", "Xor"].map((what) =>
    write(
      `atomic${what}TensorDescriptor`,
      `atomic_${what.toLowerCase()}`,
      INTEGERS.filter((dtype) => dtype !== "i64"),
    ),
  ),
  makeTensorDescriptor,
];
