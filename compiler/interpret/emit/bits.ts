import { DTYPES, type DType, isFloat, isNarrow } from "../../ir/index.js";
import { narrowF16, widenF16, widenF16Scalar } from "../math/halves.js";
import type { Ref } from "../wasm/module.js";
import { fitScalar, fitVector, lanewise, type Operation } from "./operands.js";

/** A value as the bits that it has in memory, in the low end of an integer, or what such bits stand for. */
type Change = (op: Operation, x: Ref) => Ref;

interface Packing {
  readonly pack: Change;
  readonly unpack: Change;
  readonly packVector: Change;
  readonly unpackVector: Change;
}

const call = (op: Operation, routine: string, x: Ref): Ref => op.module.call(routine, [x], "v128");

/** The floats that are not in memory what they are in a register. */
const PACKED: Readonly<Partial<Record<DType, Packing>>> = {
  f16: {
    pack: (op, x) => op.fb.m.i32.reinterpret(lanewise(op, narrowF16, x)),
    unpack: (op, x) => widenF16Scalar(op.fb, x),
    packVector: (op, x) => call(op, narrowF16(op.module), x),
    unpackVector: (op, x) => call(op, widenF16(op.module), x),
  },
  bf16: {
    pack: (op, x) => op.fb.m.i32.shr_u(op.fb.m.i32.reinterpret(x), op.fb.m.i32.const(16)),
    unpack: (op, x) => op.fb.m.f32.reinterpret(op.fb.m.i32.shl(x, op.fb.m.i32.const(16))),
    packVector: (op, x) => op.fb.m.i32x4.shr_u(x, op.fb.m.i32.const(16)),
    unpackVector: (op, x) => op.fb.m.i32x4.shl(x, op.fb.m.i32.const(16)),
  },
};

const wordOf = (dtype: DType): "i32" | "i64" => (DTYPES[dtype].bytes === 8 ? "i64" : "i32");

/** The bits of a value of a dtype; above those of a narrow integer there may be others. */
export function bitsOf(op: Operation, dtype: DType, x: Ref): Ref {
  const packing = PACKED[dtype];
  if (packing) return packing.pack(op, x);
  return isFloat(dtype) ? op.fb.m[wordOf(dtype)].reinterpret(x) : x;
}

/** The value of a dtype that bits stand for. */
export function valueOfBits(op: Operation, dtype: DType, bits: Ref): Ref {
  const packing = PACKED[dtype];
  if (packing) return packing.unpack(op, bits);
  if (isFloat(dtype)) return op.fb.m[DTYPES[dtype].bytes === 8 ? "f64" : "f32"].reinterpret(bits);
  return fitScalar({ ...op, dtype }, bits);
}

/** The same of four lanes. */
export const bitsOfValues = (op: Operation, dtype: DType, x: Ref): Ref => PACKED[dtype]?.packVector(op, x) ?? x;

export const valuesOfBits = (op: Operation, dtype: DType, bits: Ref): Ref =>
  PACKED[dtype]?.unpackVector(op, bits) ?? (isFloat(dtype) ? bits : fitVector({ ...op, dtype }, bits));

/** The bits with nothing above them. */
export function cleanBits(op: Operation, dtype: DType, x: Ref): Ref {
  const bits = bitsOf(op, dtype, x);
  if (isFloat(dtype) || !isNarrow(dtype)) return bits;
  return op.fb.m.i32.and(bits, op.fb.m.i32.const(2 ** (8 * DTYPES[dtype].bytes) - 1));
}
