import * as problems from "../diagnostics/catalogue/types.js";
import { type Dim, DTYPES, type DType, dimAnd, dimNot, dimOr, type Expr } from "../ir/index.js";
import { holds } from "./convert.js";
import { elementwise, integers, logical } from "./elementwise.js";
import type { Op, OpNode } from "./op.js";
import type { PreludeName } from "./prelude.js";
import type { Meaning } from "./primitives.js";
import * as p from "./primitives.js";
import { call, infix, LEVEL, method, type Py, prefix } from "./python.js";
import { dtypeText, materialize } from "./python-values.js";
import { integersIn } from "./value.js";

/** Of tiles, or of what touches no memory: both sides are computed (see passes/inference/guards.ts). */
function logic(name: "and" | "or", python: "&" | "|", meaning: Meaning, dim: (a: Dim, b: Dim) => Dim): Op {
  return elementwise({
    name,
    operands: ["a", "b"],
    operator: true,
    rule: logical,
    constant: { of: "bool", dim },
    emit: ([a, b]) => infix(a!, python, b!, LEVEL[python]),
    emitConstant: ([a, b]) => infix(a!, name, b!, LEVEL[name]),
    meaning,
  });
}

const not = elementwise({
  name: "not",
  operands: ["x"],
  operator: true,
  rule: logical,
  constant: { of: "bool", dim: dimNot },
  emit: ([x]) => prefix("~", x!),
  emitConstant: ([x]) => prefix("not ", x!, LEVEL.not),
  meaning: p.not,
});

const bit = (name: string, python: "&" | "|" | "^", meaning: Meaning): Op =>
  elementwise({
    name,
    operands: ["a", "b"],
    operator: true,
    rule: integers(),
    constant: { of: "int" },
    emit: ([a, b]) => infix(a!, python, b!, LEVEL[python]),
    meaning,
  });

/** By an amount that is known, and then inside of the integer, or by one that may be anything. */
const shifted = (name: "shift_left" | "shift_right", a: Py, b: Py, { type }: OpNode): Py =>
  b.weak ? infix(a, SYMBOLS[name], b, LEVEL.shift) : call(name, [materialize(a, type), b]);

const SYMBOLS = { shift_left: "<<", shift_right: ">>" } as const;

interface Shift {
  readonly name: string;
  readonly meaning: Meaning;
  readonly python: "shift_left" | "shift_right";
  readonly emit?: (operands: readonly Py[], node: OpNode) => Py;
  readonly constantName?: PreludeName;
}

/** Without the conversions that nobody wrote. */
const asWritten = (expr: Expr): Expr =>
  expr.kind === "op" && expr.op === "cast" && expr.attrs.implicit ? asWritten(expr.args.x!) : expr;

/** By the width or more everything is shifted out: zeros are left, or copies of the sign. Constants have 32 bits, or 64 where they need them. */
function shift({ name, python, meaning, emit, constantName }: Shift): Op {
  const ofConstant = (a: number): DType => (holds("i32", a) ? "i32" : "i64");
  const op = elementwise({
    name,
    operands: ["a", "b"],
    operator: true,
    rule: integers(),
    constant: { of: "int" },
    emit: emit ?? (([a, b], node) => shifted(python, a!, b!, node)),
    emitConstant: ([a, b]) => infix(a!, SYMBOLS[python], b!, LEVEL.shift),
    constantName,
    meaning,
    constants: { isDefined: (a, b) => b >= 0 && b < integersIn(ofConstant(a)).bits, dtype: ofConstant },
  });
  return {
    ...op,
    needs: (node) =>
      node.type.kind === "tile" && asWritten(node.args.b!).type.kind !== "const" ? [python] : op.needs!(node),
    check(node, context) {
      const [a, b] = [node.args.a!, node.args.b!].map(asWritten);
      if (b!.kind !== "literal") return;
      const { type } = node;
      const dtype = type.kind === "tile" ? type.dtype : ofConstant(a!.kind === "literal" ? Number(a!.value) : 0);
      const { bits } = integersIn(dtype);
      const amount = Number(b!.value);
      if (amount < 0 || amount >= bits) context.fail(problems.shiftAmount(node.span, { amount, bits }));
    },
  };
}

/** `>>>`: a shift of the bits as an unsigned number, back in the operand's dtype. */
function emitLogical([a, b]: readonly Py[], node: OpNode): Py {
  if (node.type.kind !== "tile" || DTYPES[node.type.dtype].kind === "unsigned")
    return shifted("shift_right", a!, b!, node);
  const unsigned = `tl.u${DTYPES[node.type.dtype].triton}`;
  const bits = method(materialize(a!, node.args.a!.type), "to", [unsigned], { bitcast: "True" });
  const amount = b!.weak ? b! : method(b!, "to", [unsigned]);
  return method(shifted("shift_right", bits, amount, node), "to", [dtypeText(node.type.dtype)], { bitcast: "True" });
}

export const BITS: readonly Op[] = [
  logic("and", "&", p.and, dimAnd),
  logic("or", "|", p.or, dimOr),
  not,
  bit("bitAnd", "&", p.and),
  bit("bitOr", "|", p.or),
  bit("bitXor", "^", p.xor),
  elementwise({
    name: "bitNot",
    operands: ["x"],
    operator: true,
    rule: integers(),
    constant: { of: "int" },
    emit: ([x]) => prefix("~", x!),
    meaning: p.not,
  }),
  shift({ name: "shiftLeft", python: "shift_left", meaning: p.shiftLeft, constantName: "shifted_left" }),
  shift({ name: "shiftRight", python: "shift_right", meaning: p.shiftRight }),
  shift({
    name: "shiftRightLogical",
    python: "shift_right",
    emit: emitLogical,
    meaning: p.shiftRightLogical,
    constantName: "shifted_right_logical",
  }),
];
