import { DTYPES, type DType, isFloat, isNarrow } from "../../../ir/index.js";
import { call, f32, type Instruction, i32, i32x4, NUMBERS } from "../encode/instructions.js";
import { narrow, widenF16Scalar, widenF16Vector, widenNarrow } from "../math/narrow-floats.js";
import { fitScalar, fitVector, lanewise, type Operation } from "./operands.js";

/** A value as the bits that it has in memory, in the low end of an integer, or what such bits stand for. */
type Change = (op: Operation, x: Instruction) => Instruction;

interface Packing {
  readonly pack: Change;
  readonly unpack: Change;
  readonly packVector: Change;
  readonly unpackVector: Change;
}

/** By functions of four lanes. */
const byLanes = (dtype: DType): Packing => ({
  pack: (op, x) => i32.reinterpret(lanewise(op, narrow(dtype), x)),
  unpack: (op, x) => lanewise(op, widenNarrow(dtype), f32.reinterpret(x)),
  packVector: (op, x) => call(narrow(dtype)(op.module), x),
  unpackVector: (op, x) => call(widenNarrow(dtype)(op.module), x),
});

/** The floats that are not in memory what they are in a register. */
const PACKED: Readonly<Partial<Record<DType, Packing>>> = {
  f8e4m3: byLanes("f8e4m3"),
  f8e5m2: byLanes("f8e5m2"),
  // In place: it is little more than the call.
  f16: {
    ...byLanes("f16"),
    unpack: (op, x) => widenF16Scalar(op.fb, x),
    unpackVector: (op, x) => widenF16Vector(op.fb, x),
  },
  bf16: {
    pack: (_op, x) => i32.shr_u(i32.reinterpret(x), i32.const(16)),
    unpack: (_op, x) => f32.reinterpret(i32.shl(x, i32.const(16))),
    packVector: (_op, x) => i32x4.shr_u(x, i32.const(16)),
    unpackVector: (_op, x) => i32x4.shl(x, i32.const(16)),
  },
};

const wordOf = (dtype: DType): "i32" | "i64" => (DTYPES[dtype].bytes === 8 ? "i64" : "i32");

/** The bits of a value of a dtype; above those of a narrow integer there may be others. */
export function bitsOf(op: Operation, dtype: DType, x: Instruction): Instruction {
  const packing = PACKED[dtype];
  if (packing) return packing.pack(op, x);
  return isFloat(dtype) ? NUMBERS[wordOf(dtype)].reinterpret(x) : x;
}

/** The value of a dtype that bits stand for. */
export function valueOfBits(op: Operation, dtype: DType, bits: Instruction): Instruction {
  const packing = PACKED[dtype];
  if (packing) return packing.unpack(op, bits);
  if (isFloat(dtype)) return NUMBERS[DTYPES[dtype].bytes === 8 ? "f64" : "f32"].reinterpret(bits);
  return fitScalar({ ...op, dtype }, bits);
}

/** The same of four lanes. */
export const bitsOfValues = (op: Operation, dtype: DType, x: Instruction): Instruction =>
  PACKED[dtype]?.packVector(op, x) ?? x;

export const valuesOfBits = (op: Operation, dtype: DType, bits: Instruction): Instruction =>
  PACKED[dtype]?.unpackVector(op, bits) ?? (isFloat(dtype) ? bits : fitVector({ ...op, dtype }, bits));

/** The bits with nothing above them. */
export function cleanBits(op: Operation, dtype: DType, x: Instruction): Instruction {
  const bits = bitsOf(op, dtype, x);
  if (isFloat(dtype) || !isNarrow(dtype)) return bits;
  return i32.and(bits, i32.const(2 ** (8 * DTYPES[dtype].bytes) - 1));
}
