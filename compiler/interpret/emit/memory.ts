import type { DType } from "../../ir/index.js";
import { narrowF16, widenF16, widenF16Scalar } from "../math/halves.js";
import type { Ref } from "../wasm/module.js";
import { lanewise, type Operation } from "./operands.js";

/*
 * Elements in a buffer have their dtype's own width. Elements of a tile in scratch memory have the width of their representation, so that
 * an f16 is not converted back and forth; a boolean there is a word of 0 or −1.
 */

type Load = (op: Operation, address: Ref, offset: number) => Ref;
type Store = (op: Operation, address: Ref, offset: number, value: Ref) => void;

const bf16Value = (op: Operation, bits: Ref): Ref =>
  op.fb.m.f32.reinterpret(op.fb.m.i32.shl(bits, op.fb.m.i32.const(16)));

export const LOAD_ELEMENT: Readonly<Record<DType, Load>> = {
  bool: (op, at, offset) => op.fb.m.i32.ne(op.fb.m.i32.load8_u(offset, 1, at), op.fb.m.i32.const(0)),
  i8: (op, at, offset) => op.fb.m.i32.load8_s(offset, 1, at),
  u8: (op, at, offset) => op.fb.m.i32.load8_u(offset, 1, at),
  i16: (op, at, offset) => op.fb.m.i32.load16_s(offset, 1, at),
  i32: (op, at, offset) => op.fb.m.i32.load(offset, 1, at),
  u32: (op, at, offset) => op.fb.m.i32.load(offset, 1, at),
  i64: (op, at, offset) => op.fb.m.i64.load(offset, 1, at),
  f16: (op, at, offset) => widenF16Scalar(op.fb, op.fb.m.i32.load16_u(offset, 1, at)),
  bf16: (op, at, offset) => bf16Value(op, op.fb.m.i32.load16_u(offset, 1, at)),
  f32: (op, at, offset) => op.fb.m.f32.load(offset, 1, at),
  f64: (op, at, offset) => op.fb.m.f64.load(offset, 1, at),
};

const store8: Store = (op, at, offset, value) => op.fb.push(op.fb.m.i32.store8(offset, 1, at, value));
const store16: Store = (op, at, offset, value) => op.fb.push(op.fb.m.i32.store16(offset, 1, at, value));
const store32: Store = (op, at, offset, value) => op.fb.push(op.fb.m.i32.store(offset, 1, at, value));

export const STORE_ELEMENT: Readonly<Record<DType, Store>> = {
  bool: store8,
  i8: store8,
  u8: store8,
  i16: store16,
  i32: store32,
  u32: store32,
  i64: (op, at, offset, value) => op.fb.push(op.fb.m.i64.store(offset, 1, at, value)),
  f16: (op, at, offset, value) => store16(op, at, offset, op.fb.m.i32.reinterpret(lanewise(op, narrowF16, value))),
  bf16: (op, at, offset, value) =>
    store16(op, at, offset, op.fb.m.i32.shr_u(op.fb.m.i32.reinterpret(value), op.fb.m.i32.const(16))),
  f32: (op, at, offset, value) => op.fb.push(op.fb.m.f32.store(offset, 1, at, value)),
  f64: (op, at, offset, value) => op.fb.push(op.fb.m.f64.store(offset, 1, at, value)),
};

const bytesToWords = (op: Operation, signed: boolean, at: Ref, offset: number): Ref => {
  const { m } = op.fb;
  const bytes = m.v128.load32_zero(offset, 1, at);
  return signed
    ? m.i32x4.extend_low_i16x8_s(m.i16x8.extend_low_i8x16_s(bytes))
    : m.i32x4.extend_low_i16x8_u(m.i16x8.extend_low_i8x16_u(bytes));
};

/** Four neighbours; dtypes of 8 bytes have no vector form. */
export const LOAD_VECTOR: Readonly<Partial<Record<DType, Load>>> = {
  bool: (op, at, offset) =>
    op.fb.m.i32x4.ne(bytesToWords(op, false, at, offset), op.fb.m.i32x4.splat(op.fb.m.i32.const(0))),
  i8: (op, at, offset) => bytesToWords(op, true, at, offset),
  u8: (op, at, offset) => bytesToWords(op, false, at, offset),
  i16: (op, at, offset) => op.fb.m.v128.load16x4_s(offset, 1, at),
  i32: (op, at, offset) => op.fb.m.v128.load(offset, 1, at),
  u32: (op, at, offset) => op.fb.m.v128.load(offset, 1, at),
  f16: (op, at, offset) => op.module.call(widenF16(op.module), [op.fb.m.v128.load16x4_u(offset, 1, at)], "v128"),
  bf16: (op, at, offset) => op.fb.m.i32x4.shl(op.fb.m.v128.load16x4_u(offset, 1, at), op.fb.m.i32.const(16)),
  f32: (op, at, offset) => op.fb.m.v128.load(offset, 1, at),
};

/** The low halves of four words, side by side in the low eight bytes. */
const packHalves = (op: Operation, words: Ref): Ref => {
  const value = op.fb.hold("v128", words);
  const pick = [0, 1, 4, 5, 8, 9, 12, 13, 0, 1, 4, 5, 8, 9, 12, 13];
  return op.fb.m.i8x16.shuffle(op.fb.get(value), op.fb.get(value), pick);
};

const packBytes = (op: Operation, words: Ref): Ref => {
  const value = op.fb.hold("v128", words);
  const pick = [0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12];
  return op.fb.m.i8x16.shuffle(op.fb.get(value), op.fb.get(value), pick);
};

const storeBytes: Store = (op, at, offset, value) =>
  op.fb.push(op.fb.m.v128.store32_lane(offset, 1, 0, at, packBytes(op, value)));
const storeHalves: Store = (op, at, offset, value) =>
  op.fb.push(op.fb.m.v128.store64_lane(offset, 1, 0, at, packHalves(op, value)));
const storeWords: Store = (op, at, offset, value) => op.fb.push(op.fb.m.v128.store(offset, 1, at, value));

export const STORE_VECTOR: Readonly<Partial<Record<DType, Store>>> = {
  bool: (op, at, offset, value) =>
    storeBytes(op, at, offset, op.fb.m.v128.and(value, op.fb.m.i32x4.splat(op.fb.m.i32.const(1)))),
  i8: storeBytes,
  u8: storeBytes,
  i16: storeHalves,
  i32: storeWords,
  u32: storeWords,
  f16: (op, at, offset, value) => storeHalves(op, at, offset, op.module.call(narrowF16(op.module), [value], "v128")),
  bf16: (op, at, offset, value) => storeHalves(op, at, offset, op.fb.m.i32x4.shr_u(value, op.fb.m.i32.const(16))),
  f32: storeWords,
};
