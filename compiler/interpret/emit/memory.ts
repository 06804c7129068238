import { DTYPES, type DType, isFloat, isNarrow } from "../../ir/index.js";
import type { Ref } from "../wasm/module.js";
import { REPRESENTATION } from "../wasm/representation.js";
import { bitsOf, bitsOfValues, valueOfBits, valuesOfBits } from "./bits.js";
import type { Operation } from "./operands.js";

/*
 * Elements in a buffer have their dtype's own width. Elements of a tile in scratch memory have the width of their representation, so that
 * an f16 is not converted back and forth; a boolean there is a word of 0 or −1.
 */

/** An element in a buffer of 1, 2 or 4 bytes as a word, whose sign goes on where it has one. */
function loadWord(op: Operation, at: Ref, offset: number): Ref {
  const { i32 } = op.fb.m;
  const { bytes, kind } = DTYPES[op.dtype];
  if (bytes === 4) return i32.load(offset, 1, at);
  if (bytes === 2) return i32[kind === "signed" ? "load16_s" : "load16_u"](offset, 1, at);
  return i32[kind === "signed" ? "load8_s" : "load8_u"](offset, 1, at);
}

/** An element of `dtype` in a buffer. */
export function loadElement(operation: Operation, dtype: DType, at: Ref, offset: number): Ref {
  const op = { ...operation, dtype };
  const { m } = op.fb;
  const form = REPRESENTATION[dtype];
  if (dtype === "bool") return m.i32.ne(loadWord(op, at, offset), m.i32.const(0));
  if (!isNarrow(dtype)) return m[form].load(offset, 1, at);
  return isFloat(dtype) ? valueOfBits(op, dtype, loadWord(op, at, offset)) : loadWord(op, at, offset);
}

export function storeElement(operation: Operation, dtype: DType, at: Ref, offset: number, value: Ref): void {
  const { fb } = operation;
  const { bytes } = DTYPES[dtype];
  if (bytes >= 4) fb.push(fb.m[REPRESENTATION[dtype]].store(offset, 1, at, value));
  else {
    const bits = bitsOf({ ...operation, dtype }, dtype, value);
    fb.push(fb.m.i32[bytes === 2 ? "store16" : "store8"](offset, 1, at, bits));
  }
}

const bytesToWords = (op: Operation, signed: boolean, at: Ref, offset: number): Ref => {
  const { m } = op.fb;
  const bytes = m.v128.load32_zero(offset, 1, at);
  return signed
    ? m.i32x4.extend_low_i16x8_s(m.i16x8.extend_low_i8x16_s(bytes))
    : m.i32x4.extend_low_i16x8_u(m.i16x8.extend_low_i8x16_u(bytes));
};

/** Four neighbours as words; dtypes of 8 bytes have no vector form. */
function loadWords(op: Operation, at: Ref, offset: number): Ref {
  const { bytes, kind } = DTYPES[op.dtype];
  const { v128 } = op.fb.m;
  if (bytes === 4) return v128.load(offset, 1, at);
  if (bytes === 2) return v128[kind === "signed" ? "load16x4_s" : "load16x4_u"](offset, 1, at);
  return bytesToWords(op, kind === "signed", at, offset);
}

export function loadElements(operation: Operation, dtype: DType, at: Ref, offset: number): Ref {
  const op = { ...operation, dtype };
  const { i32x4, i32 } = op.fb.m;
  const words = loadWords(op, at, offset);
  if (dtype === "bool") return i32x4.ne(words, i32x4.splat(i32.const(0)));
  return isFloat(dtype) ? valuesOfBits(op, dtype, words) : words;
}

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

export function storeElements(operation: Operation, dtype: DType, at: Ref, offset: number, value: Ref): void {
  const { fb } = operation;
  const { v128, i32x4, i32 } = fb.m;
  const op = { ...operation, dtype };
  const words = dtype === "bool" ? v128.and(value, i32x4.splat(i32.const(1))) : bitsOfValues(op, dtype, value);
  const { bytes } = DTYPES[dtype];
  if (bytes === 4) fb.push(v128.store(offset, 1, at, words));
  else if (bytes === 2) fb.push(v128.store64_lane(offset, 1, 0, at, packHalves(op, words)));
  else fb.push(v128.store32_lane(offset, 1, 0, at, packBytes(op, words)));
}
