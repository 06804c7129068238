import * as problems from "../diagnostics/catalogue/types.js";
import {
  type Dim,
  type DType,
  type Expr,
  isFloat,
  isFloat8,
  isInteger,
  LimitExceeded,
  type Type,
} from "../ir/index.js";
import { broadcastAll, float8Operand, operatorText } from "./broadcast.js";
import {
  type ConstType,
  commonDType,
  constantDim,
  convertAll,
  isOperand,
  type Literal,
  literal,
  type TileType,
} from "./convert.js";
import { type Constants, evaluateElements } from "./evaluate.js";
import type { Attrs, Call, InferContext, Op, OpNode } from "./op.js";
import type { PreludeName } from "./prelude.js";
import type { Meaning } from "./primitives.js";
import { call, type Py } from "./python.js";
import { materialize } from "./python-values.js";
import { scalarValue } from "./value.js";

/** In which dtype the operands meet, or each is, and which one comes out; null after a problem. */
export type DTypeRule = (
  call: Call,
  operands: readonly (TileType | ConstType)[],
  context: InferContext,
) => { readonly operands: DType | readonly DType[]; readonly result: DType } | null;

export interface ElementwiseSpec {
  readonly name: string;
  /** Operand names in the IR, in order. */
  readonly operands: readonly string[];
  /** An operator of TypeScript: nothing calls it by its name. */
  readonly operator?: true;
  readonly options?: Op["options"];
  readonly cost?: number;
  readonly rule: DTypeRule;
  /** What `const` operands give: a kind, and for integers and booleans the symbolic size. Absent where constants just become scalars. */
  readonly constant?: {
    readonly of: "int" | "float" | "bool" | "same";
    readonly dim?: (...dims: Dim[]) => Dim | undefined;
  };
  readonly emit: (operands: readonly Py[], node: OpNode) => Py;
  /** The spelling for constexpr operands, where it differs. */
  readonly emitConstant?: (operands: readonly Py[], node: OpNode) => Py;
  /** The function of the prelude that computes with constexpr operands, where Python's operator means something else. */
  readonly constantName?: PreludeName;
  /** One element of the result, in primitives. */
  readonly meaning: Meaning;
  /** The same where the option propagateNan is set. */
  readonly keepingNan?: Meaning;
  readonly constants?: Constants;
  readonly needs?: readonly PreludeName[];
  /** Checks of operands beyond dtype; false after reporting. */
  readonly check?: (call: Call, operands: readonly Expr[], context: InferContext) => boolean;
}

const operandsOf = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, "operand"] as const));

/** An op that computes each element of its result from the operands' elements at the same place. */
export function elementwise(spec: ElementwiseSpec): Op {
  const meaning = meaningOf(spec);
  return {
    name: spec.name,
    params: spec.operator ? undefined : operandsOf(spec.operands),
    options: spec.options,
    cost: spec.cost,
    elements: spec.operands,
    meaning,
    needs: (node) => (node.type.kind === "const" ? (spec.constantName ? [spec.constantName] : []) : (spec.needs ?? [])),
    infer: (call, context) => inferElementwise(spec, call, context),
    emit: (args, node) => emitElementwise(spec, args, node),
    evaluate: (args, node) => evaluateElements(spec.operands, meaning(node.attrs), args, node, spec.constants),
  };
}

const meaningOf =
  ({ meaning, keepingNan = meaning }: ElementwiseSpec) =>
  ({ propagateNan }: Attrs): Meaning =>
    propagateNan === true ? keepingNan : meaning;

function inferElementwise(spec: ElementwiseSpec, call: Call, context: InferContext): Expr | null {
  const operands = spec.operands.map((name) => call.args[name]!);
  for (const operand of operands)
    if (!isOperand(operand.type))
      return context.fail(
        problems.notNumbers(
          operand.span,
          { op: operatorText(spec.name), type: operand.type },
          context.origins(operand),
        ),
      );
  const stored = operands.find(({ type }) => type.kind === "tile" && isFloat8(type.dtype));
  if (stored) return float8Operand(call, stored, context);
  if (spec.check && !spec.check(call, operands, context)) return null;
  const types = operands.map((operand) => operand.type as TileType | ConstType);
  if (spec.constant && types.every((type) => type.kind === "const"))
    return constantResult(spec, call, operands, context);
  const dtypes = spec.rule(call, types, context);
  if (dtypes === null) return null;
  const converted = convertAll(operands, dtypes.operands, context);
  const shape = converted && broadcastAll(call, converted, context);
  if (!converted || !shape) return null;
  return {
    kind: "op",
    op: spec.name,
    args: Object.fromEntries(spec.operands.map((name, index) => [name, converted[index]!])),
    attrs: call.attrs,
    type: { kind: "tile", dtype: dtypes.result, shape, pointer: false },
    span: call.span,
  };
}

/** Arithmetic of constants stays a constant: a literal where the value is known, an expression over names otherwise. */
function constantResult(
  spec: ElementwiseSpec,
  call: Call,
  operands: readonly Expr[],
  context: InferContext,
): Expr | null {
  const types = operands.map((operand) => operand.type as ConstType);
  // The rule also judges constants: `/` of two integers is as wrong for them as for tiles.
  if (spec.rule(call, types, context) === null) return null;
  const of =
    spec.constant!.of === "same" ? (types.some((type) => type.of === "float") ? "float" : "int") : spec.constant!.of;
  const dims = operands.map(constantDim);
  const dim =
    of !== "float" && dims.every((one) => one !== undefined)
      ? known(of, () => spec.constant!.dim?.(...(dims as Dim[])))
      : undefined;
  if (typeof dim === "number" && !Number.isFinite(dim))
    return context.fail(problems.noInteger(call.span, { op: operatorText(spec.name) }));
  const type: Type = dim === undefined ? { kind: "const", of } : { kind: "const", of, dim };
  if (of === "int" && typeof dim === "number") return literal(dim, type, call.span);
  const node: OpNode = { kind: "op", op: spec.name, args: call.args, attrs: call.attrs, type, span: call.span };
  if (!operands.every((operand) => operand.kind === "literal" && typeof operand.value !== "bigint")) return node;
  const values = spec.operands.map((name) => [name, scalarValue(Number((call.args[name] as Literal).value))]);
  const meaning = meaningOf(spec)(call.attrs);
  const [value] = evaluateElements(spec.operands, meaning, Object.fromEntries(values), node, spec.constants).data;
  if (of === "int" && !Number.isSafeInteger(value)) return node;
  const whole: Type = of === "int" ? { kind: "const", of, dim: value! } : { kind: "const", of };
  return literal(of === "bool" ? value !== 0 : value!, whole, call.span);
}

/** A size of too many terms is refused; a condition of too many only chooses no size. */
function known(of: "int" | "bool", dim: () => Dim | undefined): Dim | undefined {
  try {
    return dim();
  } catch (error) {
    if (of === "bool" && error instanceof LimitExceeded) return undefined;
    throw error;
  }
}

function emitElementwise(spec: ElementwiseSpec, args: Readonly<Record<string, Py>>, node: OpNode): Py {
  const operands = spec.operands.map((name) => args[name]!);
  if (node.type.kind === "const") return { ...emitConstant(spec, operands, node), weak: true };
  // Numbers alone would be computed by Python; one with a dtype makes it Triton's.
  if (operands.every((operand) => operand.weak))
    operands[0] = materialize(operands[0]!, node.args[spec.operands[0]!]!.type);
  return { ...spec.emit(operands, node), weak: false };
}

function emitConstant(spec: ElementwiseSpec, operands: readonly Py[], node: OpNode): Py {
  return spec.constantName ? call(spec.constantName, operands) : (spec.emitConstant ?? spec.emit)(operands, node);
}

/** Numbers of any dtype; booleans count as 0 and 1. */
export const arithmetic: DTypeRule = (_call, operands) => {
  const met = commonDType(operands);
  const dtype = met === "bool" ? "i32" : met;
  return { operands: dtype, result: dtype };
};

/** Floats only; a lone integer literal becomes f32. */
export const floating: DTypeRule = (call, operands, context) => {
  const met = commonDType(operands);
  if (operands.every((type) => type.kind === "const")) return { operands: "f32", result: "f32" };
  if (isFloat(met)) return { operands: met, result: met };
  const wrong = operands.find((type) => type.kind === "tile" && !isFloat(type.dtype))!;
  return context.fail(
    problems.needsFloat(
      call.span,
      { op: operatorText(call.op), type: wrong },
      context.origins(...Object.values(call.args)),
    ),
  );
};

/** Integers only, equally signed where the op divides. */
export const integers =
  (options: { readonly dividing?: boolean } = {}): DTypeRule =>
  (call, operands, context) => {
    const wrong = operands.find((type) => (type.kind === "tile" ? !isInteger(type.dtype) : type.of !== "int"));
    if (wrong)
      return context.fail(
        problems.needsInteger(
          call.span,
          { op: operatorText(call.op), type: wrong },
          context.origins(...Object.values(call.args)),
        ),
      );
    const tiles = operands.filter((type) => type.kind === "tile").map((type) => type.dtype);
    const unsigned = tiles.filter((dtype) => dtype.startsWith("u"));
    const signed = tiles.filter((dtype) => dtype.startsWith("i"));
    if (options.dividing && unsigned.length > 0 && signed.length > 0)
      return context.fail(
        problems.signsDiffer(
          call.span,
          { op: operatorText(call.op), a: tiles[0]!, b: tiles[1]! },
          context.origins(...Object.values(call.args)),
        ),
      );
    const met = commonDType(operands);
    return { operands: met, result: met };
  };

/** Booleans only. */
export const logical: DTypeRule = (call, operands, context) => {
  const wrong = operands.findIndex((type) => (type.kind === "tile" ? type.dtype !== "bool" : type.of !== "bool"));
  if (wrong < 0) return { operands: "bool", result: "bool" };
  const operand = Object.values(call.args)[wrong]!;
  return context.fail(
    problems.needsBool(operand.span, { op: operatorText(call.op), type: operands[wrong]! }, context.origins(operand)),
  );
};

/** Numbers in, booleans out. */
export const comparing: DTypeRule = (call, operands, context) => {
  const met = commonDType(operands);
  const signed = operands.find((type): type is TileType => type.kind === "tile" && type.dtype.startsWith("i"));
  if (signed && met.startsWith("u"))
    context.warn(problems.comparedUnsigned(call.span, { op: operatorText(call.op), signed: signed.dtype, met }));
  return { operands: met, result: "bool" };
};
