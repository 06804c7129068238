import type { DType } from "../../ir/index.js";
import { isFloat } from "../../ir/index.js";
import { roundBf16, roundF16 } from "../math/halves.js";
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

export const isUnsigned = (dtype: DType): boolean => dtype === "u8" || dtype === "u32" || dtype === "bool";

/** A function of four f32 applied to one: in a vector of its own, so that both give the same bits. */
export function lanewise(operation: Operation, routine: (module: ModuleBuilder) => string, x: Ref): Ref {
  const { m } = operation.fb;
  const name = routine(operation.module);
  return m.f32x4.extract_lane(operation.module.call(name, [m.f32x4.splat(x)], "v128"), 0);
}

const ROUND: Readonly<Partial<Record<DType, (module: ModuleBuilder) => string>>> = { f16: roundF16, bf16: roundBf16 };

/** Brings the result of arithmetic to what its dtype can hold: wraps narrow integers, rounds narrow floats. */
export function fitScalar(operation: Operation, value: Ref): Ref {
  const { m } = operation.fb;
  switch (operation.dtype) {
    case "i8":
      return m.i32.extend8_s(value);
    case "i16":
      return m.i32.extend16_s(value);
    case "u8":
      return m.i32.and(value, m.i32.const(0xff));
    case "f16":
    case "bf16":
      return lanewise(operation, ROUND[operation.dtype]!, value);
    default:
      return value;
  }
}

export function fitVector(operation: Operation, value: Ref): Ref {
  const { m } = operation.fb;
  const extend = (bits: number): Ref =>
    m.i32x4.shr_s(m.i32x4.shl(value, m.i32.const(32 - bits)), m.i32.const(32 - bits));
  switch (operation.dtype) {
    case "i8":
      return extend(8);
    case "i16":
      return extend(16);
    case "u8":
      return m.v128.and(value, m.i32x4.splat(m.i32.const(0xff)));
    case "f16":
    case "bf16":
      return operation.module.call(ROUND[operation.dtype]!(operation.module), [value], "v128");
    default:
      return value;
  }
}

export function constantRef(operation: Pick<Operation, "fb">, dtype: DType, value: number | bigint): Ref {
  const { m } = operation.fb;
  switch (REPRESENTATION[dtype]) {
    case "i64":
      return m.i64.const(BigInt(value));
    case "f32":
      return Number.isNaN(Number(value)) ? m.f32.const_bits(0x7fc00000) : m.f32.const(Number(value));
    case "f64":
      return m.f64.const(Number(value));
    default:
      return m.i32.const(Number(value) | 0);
  }
}

export { isFloat };
