import { DTYPES, type DType, isFloat, isNarrow } from "../../ir/index.js";
import { roundBf16, roundNarrow } from "../math/narrow-floats.js";
import type { FunctionBuilder } from "../wasm/function.js";
import type { ModuleBuilder, Ref } from "../wasm/module.js";
import { REPRESENTATION } from "../wasm/representation.js";

/** One operation to emit: what it is applied to, and in which dtypes. */
export interface Operation {
  readonly fb: FunctionBuilder;
  readonly module: ModuleBuilder;
  /** Of the operands (of the first one, where they differ) and of the result. */
  readonly from: DType;
  readonly dtype: DType;
}

export type Emit = (operation: Operation, ...operands: Ref[]) => Ref;

/** Booleans count as unsigned. */
export const isUnsigned = (dtype: DType): boolean => !isFloat(dtype) && DTYPES[dtype].kind !== "signed";

/** A function of four f32 applied to one: in a vector of its own, so that both give the same bits. */
export function lanewise(operation: Operation, routine: (module: ModuleBuilder) => string, x: Ref): Ref {
  const { m } = operation.fb;
  const name = routine(operation.module);
  return m.f32x4.extract_lane(operation.module.call(name, [m.f32x4.splat(x)], "v128"), 0);
}

const ROUND: Readonly<Partial<Record<DType, (module: ModuleBuilder) => string>>> = {
  f8e4m3: roundNarrow("f8e4m3"),
  f8e5m2: roundNarrow("f8e5m2"),
  f16: roundNarrow("f16"),
  bf16: roundBf16,
};

/** Brings the result of arithmetic to what its dtype can hold: wraps narrow integers, rounds narrow floats. */
export function fitScalar(operation: Operation, value: Ref): Ref {
  const { i32 } = operation.fb.m;
  const { dtype } = operation;
  if (!isNarrow(dtype)) return value;
  if (isFloat(dtype)) return lanewise(operation, ROUND[dtype]!, value);
  const { bytes, kind } = DTYPES[dtype];
  if (kind === "unsigned") return i32.and(value, i32.const(2 ** (8 * bytes) - 1));
  return bytes === 1 ? i32.extend8_s(value) : i32.extend16_s(value);
}

export function fitVector(operation: Operation, value: Ref): Ref {
  const { i32, i32x4, v128 } = operation.fb.m;
  const { dtype } = operation;
  if (!isNarrow(dtype)) return value;
  if (isFloat(dtype)) return operation.module.call(ROUND[dtype]!(operation.module), [value], "v128");
  const bits = 8 * DTYPES[dtype].bytes;
  if (DTYPES[dtype].kind === "unsigned") return v128.and(value, i32x4.splat(i32.const(2 ** bits - 1)));
  return i32x4.shr_s(i32x4.shl(value, i32.const(32 - bits)), i32.const(32 - bits));
}

export function constantRef(operation: Pick<Operation, "fb">, dtype: DType, value: number | bigint): Ref {
  const { m } = operation.fb;
  switch (REPRESENTATION[dtype]) {
    case "i64":
      return m.i64.const(BigInt.asIntN(64, BigInt(value)));
    case "f32":
      return Number.isNaN(Number(value)) ? m.f32.const_bits(0x7fc00000) : m.f32.const(Number(value));
    case "f64":
      return m.f64.const(Number(value));
    default:
      return m.i32.const(Number(value) | 0);
  }
}

export { isFloat };
