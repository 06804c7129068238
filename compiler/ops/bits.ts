import * as problems from "../diagnostics/catalogue/types.js";
import { type Dim, DTYPES, dimAnd, dimNot, dimOr, type Expr } from "../ir/index.js";
import { holds } from "./convert.js";
import { elementwise, integers, logical } from "./elementwise.js";
import type { Op, OpNode } from "./op.js";
import type { PreludeName } from "./prelude.js";
import { call, infix, LEVEL, method, type Py, prefix } from "./python.js";
import { dtypeText, materialize } from "./python-values.js";
import { type Integers, integersIn } from "./value.js";

/** Of tiles, or of what touches no memory: both sides are computed (see passes/inference/guards.ts). */
function logic(
  name: "and" | "or",
  python: "&" | "|",
  of: (a: number, b: number) => number,
  dim: (a: Dim, b: Dim) => Dim,
): Op {
  return elementwise({
    name,
    operands: ["a", "b"],
    operator: true,
    rule: logical,
    constant: { of: "bool", dim },
    emit: ([a, b]) => infix(a!, python, b!, LEVEL[python]),
    emitConstant: ([a, b]) => infix(a!, name, b!, LEVEL[name]),
    of,
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
  of: (x) => 1 - x,
});

const bit = (name: string, python: "&" | "|" | "^", of: (a: bigint, b: bigint) => bigint): Op =>
  elementwise({
    name,
    operands: ["a", "b"],
    operator: true,
    rule: integers(),
    constant: { of: "int" },
    emit: ([a, b]) => infix(a!, python, b!, LEVEL[python]),
    of: (a, b) => Number(of(BigInt(a), BigInt(b))),
  });

/** By an amount that is known, and then inside of the integer, or by one that may be anything. */
const shifted = (name: "shift_left" | "shift_right", a: Py, b: Py, { type }: OpNode): Py =>
  b.weak ? infix(a, SYMBOLS[name], b, LEVEL.shift) : call(name, [materialize(a, type), b]);

const SYMBOLS = { shift_left: "<<", shift_right: ">>" } as const;

interface Shift {
  readonly name: string;
  readonly python: "shift_left" | "shift_right";
  readonly emit?: (operands: readonly Py[], node: OpNode) => Py;
  readonly constantName?: PreludeName;
  /** Of integers of so many bits, before it wraps. */
  readonly ofIntegers: (integers: Integers, a: bigint, amount: bigint) => bigint;
}

/** Without the conversions that nobody wrote. */
const asWritten = (expr: Expr): Expr =>
  expr.kind === "op" && expr.op === "cast" && expr.attrs.implicit ? asWritten(expr.args.x!) : expr;

/** By the width or more everything is shifted out: zeros are left, or copies of the sign. Constants have 32 bits, or 64 where they need them. */
function shift({ name, python, emit, constantName, ofIntegers }: Shift): Op {
  const ofConstant = (a: number): Integers => integersIn(holds("i32", a) ? "i32" : "i64");
  const op = elementwise({
    name,
    operands: ["a", "b"],
    operator: true,
    rule: integers(),
    constant: { of: "int" },
    emit: emit ?? (([a, b], node) => shifted(python, a!, b!, node)),
    emitConstant: ([a, b]) => infix(a!, SYMBOLS[python], b!, LEVEL.shift),
    constantName,
    of: (a, b) => {
      const { bits } = ofConstant(a);
      if (!Number.isInteger(a) || !(b >= 0 && b < bits)) return Number.NaN;
      return Number(BigInt.asIntN(bits, ofIntegers({ bits, signed: true }, BigInt(a), BigInt(b))));
    },
    ofIntegers: (of, a, amount) => {
      const inside = amount >= 0n && amount < of.bits;
      if (!inside && !(name === "shiftRight" && of.signed)) return 0n;
      return ofIntegers(of, a!, inside ? amount! : BigInt(of.bits - 1));
    },
  });
  return {
    ...op,
    needs: (node) =>
      node.type.kind === "tile" && asWritten(node.args.b!).type.kind !== "const" ? [python] : op.needs!(node),
    check(node, context) {
      const [a, b] = [node.args.a!, node.args.b!].map(asWritten);
      if (b!.kind !== "literal") return;
      const { type } = node;
      const { bits } =
        type.kind === "tile" ? integersIn(type.dtype) : ofConstant(a!.kind === "literal" ? Number(a!.value) : 0);
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
  logic("and", "&", (a, b) => a & b, dimAnd),
  logic("or", "|", (a, b) => a | b, dimOr),
  not,
  bit("bitAnd", "&", (a, b) => a & b),
  bit("bitOr", "|", (a, b) => a | b),
  bit("bitXor", "^", (a, b) => a ^ b),
  elementwise({
    name: "bitNot",
    operands: ["x"],
    operator: true,
    rule: integers(),
    constant: { of: "int" },
    emit: ([x]) => prefix("~", x!),
    of: (x) => -1 - x,
  }),
  shift({
    name: "shiftLeft",
    python: "shift_left",
    constantName: "shifted_left",
    ofIntegers: (_of, a, amount) => a << amount,
  }),
  shift({ name: "shiftRight", python: "shift_right", ofIntegers: (_of, a, amount) => a >> amount }),
  shift({
    name: "shiftRightLogical",
    python: "shift_right",
    emit: emitLogical,
    constantName: "shifted_right_logical",
    // A negative number counts as the unsigned one with its bits.
    ofIntegers: ({ bits }, a, amount) => BigInt.asUintN(bits, a) >> amount,
  }),
];
