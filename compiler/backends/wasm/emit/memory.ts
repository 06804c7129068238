import { DTYPES, type DType, isFloat, isNarrow } from "../../../ir/index.js";
import { type Instruction, i8x16, i16x8, i32, i32x4, NUMBERS, v128 } from "../encode/instructions.js";
import { REPRESENTATION } from "../encode/representation.js";
import { bitsOf, bitsOfValues, valueOfBits, valuesOfBits } from "./bits.js";
import type { Operation } from "./operands.js";

/*
 * Elements in a buffer have their dtype's own width. Elements of a tile in scratch memory have the width of their representation, so that
 * an f16 is not converted back and forth; a boolean there is a word of 0 or −1.
 */

/** An address as a base and a constant that the instruction adds itself. */
export interface Place {
  readonly base: Instruction;
  readonly offset: number;
}

/** An element in a buffer of 1, 2 or 4 bytes as a word, whose sign goes on where it has one. */
function loadWord(op: Operation, at: Instruction, offset: number): Instruction {
  const { bytes, kind } = DTYPES[op.dtype];
  if (bytes === 4) return i32.load(offset, at);
  if (bytes === 2) return i32[kind === "signed" ? "load16_s" : "load16_u"](offset, at);
  return i32[kind === "signed" ? "load8_s" : "load8_u"](offset, at);
}

/** An element of `dtype` in a buffer. */
export function loadElement(operation: Operation, dtype: DType, at: Instruction, offset: number): Instruction {
  const op = { ...operation, dtype };
  const form = REPRESENTATION[dtype];
  if (dtype === "bool") return i32.ne(loadWord(op, at, offset), i32.const(0));
  if (!isNarrow(dtype)) return NUMBERS[form].load(offset, at);
  return isFloat(dtype) ? valueOfBits(op, dtype, loadWord(op, at, offset)) : loadWord(op, at, offset);
}

export function storeElement(
  operation: Operation,
  dtype: DType,
  at: Instruction,
  offset: number,
  value: Instruction,
): void {
  const { fb } = operation;
  const { bytes } = DTYPES[dtype];
  if (bytes >= 4) fb.push(NUMBERS[REPRESENTATION[dtype]].store(offset, at, value));
  else {
    const bits = bitsOf({ ...operation, dtype }, dtype, value);
    fb.push(i32[bytes === 2 ? "store16" : "store8"](offset, at, bits));
  }
}

const bytesToWords = (signed: boolean, at: Instruction, offset: number): Instruction => {
  const bytes = v128.load32_zero(offset, at);
  return signed
    ? i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(bytes))
    : i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(bytes));
};

/** Four neighbours as words; dtypes of 8 bytes have no vector form. */
function loadWords(op: Operation, at: Instruction, offset: number): Instruction {
  const { bytes, kind } = DTYPES[op.dtype];
  if (bytes === 4) return v128.load(offset, at);
  if (bytes === 2) return v128[kind === "signed" ? "load16x4_s" : "load16x4_u"](offset, at);
  return bytesToWords(kind === "signed", at, offset);
}

export function loadElements(operation: Operation, dtype: DType, at: Instruction, offset: number): Instruction {
  return valuesOfWords(operation, dtype, loadWords({ ...operation, dtype }, at, offset));
}

/** What words read from a buffer stand for, whose sign is on them where they have one. */
function valuesOfWords(operation: Operation, dtype: DType, words: Instruction): Instruction {
  if (dtype === "bool") return i32x4.ne(words, i32x4.splat(i32.const(0)));
  return isFloat(dtype) ? valuesOfBits({ ...operation, dtype }, dtype, words) : words;
}

/** Four elements in a buffer, each at a place of its own; dtypes of 8 bytes have no vector form. */
export function gatherElements(operation: Operation, dtype: DType, at: readonly Place[]): Instruction {
  const { bytes, kind } = DTYPES[dtype];
  const zero = i32x4.splat(i32.const(0));
  const words = at.reduce((vector, { base, offset }, lane) => {
    if (bytes === 1) return v128.load8_lane(offset, 4 * lane, base, vector);
    if (bytes === 2) return v128.load16_lane(offset, 2 * lane, base, vector);
    return v128.load32_lane(offset, lane, base, vector);
  }, zero);
  const bits = i32.const(32 - 8 * bytes);
  const signed = kind === "signed" && bytes < 4 ? i32x4.shr_s(i32x4.shl(words, bits), bits) : words;
  return valuesOfWords(operation, dtype, signed);
}

/** The low halves of four words, side by side in the low eight bytes. */
const packHalves = (op: Operation, words: Instruction): Instruction => {
  const value = op.fb.hold("v128", words);
  const pick = [0, 1, 4, 5, 8, 9, 12, 13, 0, 1, 4, 5, 8, 9, 12, 13];
  return i8x16.shuffle(op.fb.get(value), op.fb.get(value), pick);
};

const packBytes = (op: Operation, words: Instruction): Instruction => {
  const value = op.fb.hold("v128", words);
  const pick = [0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12];
  return i8x16.shuffle(op.fb.get(value), op.fb.get(value), pick);
};

export function storeElements(
  operation: Operation,
  dtype: DType,
  at: Instruction,
  offset: number,
  value: Instruction,
): void {
  const { fb } = operation;
  const op = { ...operation, dtype };
  const words = dtype === "bool" ? v128.and(value, i32x4.splat(i32.const(1))) : bitsOfValues(op, dtype, value);
  const { bytes } = DTYPES[dtype];
  if (bytes === 4) fb.push(v128.store(offset, at, words));
  else if (bytes === 2) fb.push(v128.store64_lane(offset, 0, at, packHalves(op, words)));
  else fb.push(v128.store32_lane(offset, 0, at, packBytes(op, words)));
}
