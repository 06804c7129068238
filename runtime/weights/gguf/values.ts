/** Metadata values: how each type is read, and arrays that are walked at once but decoded when asked for. */

import type { Cursor } from "./cursor.js";

export type GgufScalar = number | bigint | boolean | string;
export type GgufValue = GgufScalar | GgufArray;

/** Real files nest one deep; the format allows any depth. */
const deepestNesting = 4;
/** A chat template or licence is the longest single string there is. */
const longestString = 64 << 20;

interface Fixed {
  readonly name: string;
  readonly bytes: number;
  read(cursor: Cursor): number | bigint | boolean;
}

/** Types of fixed size by their number in the file. */
const fixedTypes: Record<number, Fixed> = {
  0: { name: "u8", bytes: 1, read: (c) => c.u8() },
  1: { name: "i8", bytes: 1, read: (c) => c.i8() },
  2: { name: "u16", bytes: 2, read: (c) => c.u16() },
  3: { name: "i16", bytes: 2, read: (c) => c.i16() },
  4: { name: "u32", bytes: 4, read: (c) => c.u32() },
  5: { name: "i32", bytes: 4, read: (c) => c.i32() },
  6: { name: "f32", bytes: 4, read: (c) => c.f32() },
  7: { name: "bool", bytes: 1, read: readBoolean },
  10: { name: "u64", bytes: 8, read: (c) => narrow(c.u64()) },
  11: { name: "i64", bytes: 8, read: (c) => narrow(c.i64()) },
  12: { name: "f64", bytes: 8, read: (c) => c.f64() },
};
const stringType = 8;
const arrayType = 9;

/** An array of the metadata. Its elements become JavaScript values on first use. */
export class GgufArray implements Iterable<GgufValue> {
  readonly elementType: string;
  readonly length: number;
  readonly #decode: () => GgufValue[];
  #values: GgufValue[] | undefined;

  constructor(elementType: string, length: number, decode: () => GgufValue[]) {
    this.elementType = elementType;
    this.length = length;
    this.#decode = decode;
  }

  values(): readonly GgufValue[] {
    this.#values ??= this.#decode();
    return this.#values;
  }

  [Symbol.iterator](): Iterator<GgufValue> {
    return this.values()[Symbol.iterator]();
  }
}

/** Reads one value of type number `type` at the cursor. */
export function readValue(cursor: Cursor, type: number, key: string, depth = 0): GgufValue {
  const fixed = fixedTypes[type];
  if (fixed) return fixed.read(cursor);
  if (type === stringType) return cursor.string(`the value of ${key}`, longestString);
  if (type === arrayType) return readArray(cursor, key, depth + 1);
  throw cursor.error("gguf-value", `${key} has the unknown value type ${type}`, cursor.offset);
}

function readArray(cursor: Cursor, key: string, depth: number): GgufArray {
  const at = cursor.offset;
  if (depth > deepestNesting)
    throw cursor.error("gguf-limit", `${key} nests arrays more than ${deepestNesting} deep`, at);
  const type = cursor.u32();
  const length = cursor.size(`the length of ${key}`);
  const fixed = fixedTypes[type];
  if (fixed) return fixedArray(cursor, fixed, length);
  if (type === stringType) return stringArray(cursor, length);
  if (type !== arrayType) throw cursor.error("gguf-value", `${key} has elements of the unknown type ${type}`, at);
  // An inner array takes 12 bytes at least, so the file's size bounds how many there can be.
  if (length > cursor.remaining / 12) throw cursor.error("file-truncated", `${key} cannot hold ${length} arrays`, at);
  const inner: GgufArray[] = [];
  for (let i = 0; i < length; i++) inner.push(readArray(cursor, key, depth + 1));
  return new GgufArray("array", length, () => inner);
}

function fixedArray(cursor: Cursor, type: Fixed, length: number): GgufArray {
  const start = cursor.offset;
  cursor.skip(length * type.bytes);
  return new GgufArray(type.name, length, () => {
    const after = cursor.offset;
    cursor.offset = start;
    try {
      return Array.from({ length }, () => type.read(cursor));
    } finally {
      cursor.offset = after;
    }
  });
}

// Byte-level vocabularies may hold tokens that are no UTF-8, so this decoder replaces instead of throwing.
const lenientUtf8 = new TextDecoder("utf-8", { ignoreBOM: true });

function stringArray(cursor: Cursor, length: number): GgufArray {
  const start = cursor.offset;
  const bounds = cursor.stringBounds(length);
  const bytes = cursor.passed(start, cursor.offset - start);
  return new GgufArray("string", length, () =>
    Array.from({ length }, (_, i) => decodeShort(bytes, bounds[2 * i]!, bounds[2 * i + 1]!)),
  );
}

/** TextDecoder costs a microsecond a call, and most tokens are a few ASCII bytes. */
function decodeShort(bytes: Uint8Array, start: number, end: number): string {
  if (end - start > 24) return lenientUtf8.decode(bytes.subarray(start, end));
  let text = "";
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!;
    if (byte > 127) return lenientUtf8.decode(bytes.subarray(start, end));
    text += String.fromCharCode(byte);
  }
  return text;
}

function readBoolean(cursor: Cursor): boolean {
  const at = cursor.offset;
  const byte = cursor.u8();
  if (byte > 1) throw cursor.error("gguf-value", `a boolean is ${byte}`, at);
  return byte === 1;
}

const narrow = (value: bigint): number | bigint => {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
};
