import { DTYPES, type DType, isFloat, isNarrow } from "../../../ir/index.js";
import type { FunctionBuilder } from "../encode/function.js";
import { call, f32, f32x4, f64, type Instruction, i32, i32x4, i64, v128 } from "../encode/instructions.js";
import type { ModuleBuilder } from "../encode/module.js";
import { REPRESENTATION } from "../encode/representation.js";
import { roundBf16, roundNarrow } from "../math/narrow-floats.js";

/** One operation to emit: what it is applied to, and in which dtypes. */
export interface Operation {
  readonly fb: FunctionBuilder;
  readonly module: ModuleBuilder;
  /** Of the operands (of the first one, where they differ) and of the result. */
  readonly from: DType;
  readonly dtype: DType;
}

export type Emit = (operation: Operation, ...operands: Instruction[]) => Instruction;

/** Booleans count as unsigned. */
export const isUnsigned = (dtype: DType): boolean => !isFloat(dtype) && DTYPES[dtype].kind !== "signed";

/** A function of four f32 applied to one: in a vector of its own, so that both give the same bits. */
export function lanewise(
  operation: Operation,
  routine: (module: ModuleBuilder) => string,
  x: Instruction,
): Instruction {
  const name = routine(operation.module);
  return f32x4.extract_lane(call(name, f32x4.splat(x)), 0);
}

const ROUND: Readonly<Partial<Record<DType, (module: ModuleBuilder) => string>>> = {
  f8e4m3: roundNarrow("f8e4m3"),
  f8e5m2: roundNarrow("f8e5m2"),
  f16: roundNarrow("f16"),
  bf16: roundBf16,
};

/** Brings the result of arithmetic to what its dtype can hold: wraps narrow integers, rounds narrow floats. */
export function fitScalar(operation: Operation, value: Instruction): Instruction {
  const { dtype } = operation;
  if (!isNarrow(dtype)) return value;
  if (isFloat(dtype)) return lanewise(operation, ROUND[dtype]!, value);
  const { bytes, kind } = DTYPES[dtype];
  if (kind === "unsigned") return i32.and(value, i32.const(2 ** (8 * bytes) - 1));
  return bytes === 1 ? i32.extend8_s(value) : i32.extend16_s(value);
}

export function fitVector(operation: Operation, value: Instruction): Instruction {
  const { dtype } = operation;
  if (!isNarrow(dtype)) return value;
  if (isFloat(dtype)) return call(ROUND[dtype]!(operation.module), value);
  const bits = 8 * DTYPES[dtype].bytes;
  if (DTYPES[dtype].kind === "unsigned") return v128.and(value, i32x4.splat(i32.const(2 ** bits - 1)));
  return i32x4.shr_s(i32x4.shl(value, i32.const(32 - bits)), i32.const(32 - bits));
}

/** A number as an instruction. */
export function literal(dtype: DType, value: number | bigint): Instruction {
  switch (REPRESENTATION[dtype]) {
    case "i64":
      return i64.const(BigInt(value));
    case "f32":
      return f32.const(Number(value));
    case "f64":
      return f64.const(Number(value));
    default:
      return i32.const(Number(value) | 0);
  }
}

export { isFloat };
