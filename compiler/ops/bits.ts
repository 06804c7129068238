import { DTYPES } from "../ir/index.js";
import { elementwise, integers, logical } from "./elementwise.js";
import type { Op, OpNode } from "./op.js";
import { infix, LEVEL, method, type Py, prefix } from "./python.js";
import { dtypeText } from "./python-values.js";

/** Both sides are always evaluated: there is one program for all elements. */
function logic(name: "and" | "or", python: "&" | "|", of: (a: number, b: number) => number): Op {
  return elementwise({
    name,
    operands: ["a", "b"],
    params: [],
    rule: logical,
    constant: { of: "bool" },
    emit: ([a, b]) => infix(a!, python, b!, LEVEL[python]),
    emitConstant: ([a, b]) => infix(a!, name, b!, LEVEL[name]),
    of,
  });
}

const not = elementwise({
  name: "not",
  operands: ["x"],
  params: [],
  rule: logical,
  constant: { of: "bool" },
  emit: ([x]) => prefix("~", x!),
  emitConstant: ([x]) => prefix("not ", x!, LEVEL.not),
  of: (x) => 1 - x,
});

const bit = (name: string, python: "&" | "|" | "^", of: (a: bigint, b: bigint) => bigint): Op =>
  elementwise({
    name,
    operands: ["a", "b"],
    params: [],
    rule: integers(),
    constant: { of: "int" },
    emit: ([a, b]) => infix(a!, python, b!, LEVEL[python]),
    of: (a, b) => Number(of(BigInt(a), BigInt(b))),
  });

const shift = (name: string, python: "<<" | ">>", of: (a: number, b: number) => number): Op =>
  elementwise({
    name,
    operands: ["a", "b"],
    params: [],
    rule: integers(),
    constant: { of: "int" },
    emit: ([a, b]) => infix(a!, python, b!, LEVEL.shift),
    of,
  });

/** The dtype whose right shift brings in zeros. Triton has no u16 and no u64 in this language, so only their names occur here. */
const UNSIGNED: Readonly<Record<string, string>> = {
  i8: "tl.uint8",
  i16: "tl.uint16",
  i32: "tl.uint32",
  i64: "tl.uint64",
};

/** `>>>`: a shift of the bits as an unsigned number, back in the operand's dtype. */
function emitLogical([a, b]: readonly Py[], node: OpNode): Py {
  if (node.type.kind !== "tile" || DTYPES[node.type.dtype].kind === "unsigned") return infix(a!, ">>", b!, LEVEL.shift);
  const unsigned = UNSIGNED[node.type.dtype]!;
  const bits = method(a!, "to", [unsigned], { bitcast: "True" });
  const amount = b!.weak ? b! : method(b!, "to", [unsigned]);
  return method(infix(bits, ">>", amount, LEVEL.shift), "to", [dtypeText(node.type.dtype)], { bitcast: "True" });
}

/** A negative number counts as the unsigned one with its bits, so their number matters. */
const logicalShift = (bits: number): Op =>
  elementwise({
    name: "shiftRightLogical",
    operands: ["a", "b"],
    params: [],
    rule: integers(),
    constant: { of: "int" },
    emit: emitLogical,
    emitConstant: ([a, b]) => infix(a!, ">>", b!, LEVEL.shift),
    of: (a, b) => Number(BigInt.asIntN(bits, BigInt.asUintN(bits, BigInt(a)) >> BigInt(b))),
  });

const shiftRightLogical: Op = {
  ...logicalShift(32),
  evaluate: (args, node) =>
    logicalShift(node.type.kind === "tile" ? DTYPES[node.type.dtype].bytes * 8 : 32).evaluate!(args, node),
};

/** In 64 bits. A constant may be no number at all (a division by 0), and JavaScript would try to make one of any length. */
function shifted(a: number, b: number): number {
  if (!Number.isInteger(a) || !Number.isInteger(b)) return Number.NaN;
  return b > 63 ? 0 : Number(BigInt.asIntN(64, BigInt(a) << BigInt(b)));
}

export const BITS: readonly Op[] = [
  logic("and", "&", (a, b) => a & b),
  logic("or", "|", (a, b) => a | b),
  not,
  bit("bitAnd", "&", (a, b) => a & b),
  bit("bitOr", "|", (a, b) => a | b),
  bit("bitXor", "^", (a, b) => a ^ b),
  elementwise({
    name: "bitNot",
    operands: ["x"],
    params: [],
    rule: integers(),
    constant: { of: "int" },
    emit: ([x]) => prefix("~", x!),
    of: (x) => -1 - x,
  }),
  shift("shiftLeft", "<<", shifted),
  shift("shiftRight", ">>", (a, b) => Math.floor(a / 2 ** b)),
  shiftRightLogical,
];
