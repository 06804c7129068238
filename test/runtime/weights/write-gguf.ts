/** Builds GGUF files in memory for tests, right or deliberately wrong ones. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { atTheEnd } from "../../at-the-end.js";
import { temporaryFolder } from "../../temporary-folder.js";

const valueTypes = {
  u8: 0,
  i8: 1,
  u16: 2,
  i16: 3,
  u32: 4,
  i32: 5,
  f32: 6,
  bool: 7,
  string: 8,
  array: 9,
  u64: 10,
  i64: 11,
  f64: 12,
};
type ValueType = keyof typeof valueTypes;

/** A metadata value with its type in the file. */
export type Typed =
  | { readonly type: Exclude<ValueType, "array">; readonly value: number | bigint | boolean | string }
  | {
      readonly type: "array";
      readonly of: ValueType;
      readonly value: readonly (number | bigint | boolean | string | Typed)[];
    };

export interface TensorSpec {
  readonly name: string;
  /** ggml's type number. */
  readonly type: number;
  /** Innermost first, as in the file. */
  readonly dims: readonly (number | bigint)[];
  readonly offset: number | bigint;
}

export interface GgufSpec {
  readonly magic?: string;
  readonly version?: number;
  readonly tensorCount?: number | bigint;
  readonly keyCount?: number | bigint;
  readonly metadata?: readonly (readonly [string, Typed])[];
  readonly tensors?: readonly TensorSpec[];
  readonly alignment?: number;
  readonly data?: Uint8Array;
}

export const u32 = (value: number): Typed => ({ type: "u32", value });
export const f32 = (value: number): Typed => ({ type: "f32", value });
export const text = (value: string): Typed => ({ type: "string", value });
export const bool = (value: boolean): Typed => ({ type: "bool", value });
export const array = (of: ValueType, value: readonly (number | bigint | boolean | string | Typed)[]): Typed => ({
  type: "array",
  of,
  value,
});

class Writer {
  readonly #parts: Buffer[] = [];
  length = 0;

  add(part: Buffer): void {
    this.#parts.push(part);
    this.length += part.length;
  }
  u32(value: number): void {
    const part = Buffer.alloc(4);
    part.writeUInt32LE(value);
    this.add(part);
  }
  u64(value: number | bigint): void {
    const part = Buffer.alloc(8);
    part.writeBigUInt64LE(BigInt(value));
    this.add(part);
  }
  string(value: string): void {
    const part = Buffer.from(value);
    this.u64(part.length);
    this.add(part);
  }
  value(type: ValueType, value: number | bigint | boolean | string | Typed): void {
    if (type === "array") this.array(value as Typed);
    else if (type === "string") this.string(value as string);
    else {
      const part = Buffer.alloc(8);
      this.add(part.subarray(0, scalars[type](part, value as number)));
    }
  }
  array(typed: Typed): void {
    if (typed.type !== "array") throw new TypeError("not an array");
    this.u32(valueTypes[typed.of]);
    this.u64(typed.value.length);
    for (const element of typed.value) this.value(typed.of, element);
  }
  bytes(): Buffer {
    return Buffer.concat(this.#parts);
  }
}

const scalars: Record<Exclude<ValueType, "array" | "string">, (part: Buffer, value: number) => number> = {
  u8: (part, value) => part.writeUInt8(value),
  i8: (part, value) => part.writeInt8(value),
  u16: (part, value) => part.writeUInt16LE(value),
  i16: (part, value) => part.writeInt16LE(value),
  u32: (part, value) => part.writeUInt32LE(value),
  i32: (part, value) => part.writeInt32LE(value),
  f32: (part, value) => part.writeFloatLE(value),
  f64: (part, value) => part.writeDoubleLE(value),
  bool: (part, value) => part.writeUInt8(Number(value)),
  u64: (part, value) => part.writeBigUInt64LE(BigInt(value)),
  i64: (part, value) => part.writeBigInt64LE(BigInt(value)),
};

/** The bytes of a GGUF file as `spec` says. */
export function ggufBytes(spec: GgufSpec): Buffer {
  const { metadata = [], tensors = [], alignment = 32, data = new Uint8Array() } = spec;
  const writer = new Writer();
  writer.add(Buffer.from(spec.magic ?? "GGUF", "latin1"));
  writer.u32(spec.version ?? 3);
  writer.u64(spec.tensorCount ?? tensors.length);
  writer.u64(spec.keyCount ?? metadata.length);
  for (const [key, typed] of metadata) {
    writer.string(key);
    writer.u32(valueTypes[typed.type]);
    writer.value(typed.type, typed.type === "array" ? typed : typed.value);
  }
  for (const { name, type, dims, offset } of tensors) {
    writer.string(name);
    writer.u32(dims.length);
    for (const extent of dims) writer.u64(extent);
    writer.u32(type);
    writer.u64(offset);
  }
  writer.add(Buffer.alloc((alignment - (writer.length % alignment)) % alignment));
  writer.add(Buffer.from(data));
  return writer.bytes();
}

let folder: string | undefined;
let count = 0;
atTheEnd(() => {
  folder = undefined;
});

/** Writes `bytes` to a new temporary file, gone when the tests of the file are through, and returns its path. */
export function temporaryFile(bytes: Uint8Array, extension = "gguf"): string {
  folder ??= temporaryFolder("weights");
  const path = join(folder, `${count++}.${extension}`);
  writeFileSync(path, bytes);
  return path;
}
