/** Parses and checks the header of one safetensors file; nothing in it is trusted. */

import { z } from "zod";
import { ModelError } from "../errors.js";
import type { FileBytes } from "../file-bytes.js";
import { duplicateKey } from "./duplicate-key.js";

/** Bytes of an element by dtype. */
export const dtypeBytes = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  F8_E4M3: 1,
  F8_E5M2: 1,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
} as const;

export type SafetensorsType = keyof typeof dtypeBytes;

export interface SafetensorsTensor {
  readonly name: string;
  readonly type: SafetensorsType;
  /** Row-major: outermost dimension first. */
  readonly shape: readonly number[];
  /** First byte, from the start of `file`. */
  readonly offset: number;
  /** Length in bytes. */
  readonly bytes: number;
  /** Path of the file that holds it. */
  readonly file: string;
}

export interface SafetensorsHeader {
  readonly metadata: ReadonlyMap<string, string>;
  readonly tensors: readonly SafetensorsTensor[];
}

/** The limit of the format's own reader. */
const largestHeader = 100_000_000;

const size = z.int().nonnegative();
const entrySchema = z.strictObject({
  dtype: z.enum(Object.keys(dtypeBytes) as SafetensorsType[]),
  shape: z.array(size),
  data_offsets: z.tuple([size, size]),
});
const metadataSchema = z.record(z.string(), z.string());

export function readHeader(file: FileBytes): SafetensorsHeader {
  const length = readLength(file);
  const { __metadata__, ...entries } = readJson(file, length);
  const metadata = __metadata__ === undefined ? {} : check(metadataSchema, __metadata__, "__metadata__", file);
  const tensors = Object.entries(entries).map(([name, entry]) => placeTensor(name, entry, file, 8 + length));
  refuseOverlaps(tensors);
  return { metadata: new Map(Object.entries(metadata)), tensors };
}

function readLength(file: FileBytes): number {
  if (file.size < 8)
    throw new ModelError("file-truncated", `only ${file.size} bytes long`, { file: file.path, offset: 0 });
  const bytes = file.view(0, 8);
  const length = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  if (length > largestHeader) {
    throw fault(
      file,
      `the header is ${length} bytes long, more than 100 MB: not a safetensors file, or a hostile one`,
      0,
    );
  }
  if (8 + Number(length) > file.size) {
    throw new ModelError("file-truncated", `the header is ${length} bytes long, but the file ends at ${file.size}`, {
      file: file.path,
      offset: 8,
    });
  }
  return Number(length);
}

function readJson(file: FileBytes, length: number): Record<string, unknown> {
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(file.view(8, length));
    value = JSON.parse(text);
  } catch (cause) {
    throw fault(file, `the header is not JSON (${(cause as Error).message})`, 8);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw fault(file, "the header is not a JSON object", 8);
  const twice = duplicateKey(text);
  if (twice !== undefined) throw fault(file, `the header has ${JSON.stringify(twice)} twice`, 8);
  return value as Record<string, unknown>;
}

function placeTensor(name: string, value: unknown, file: FileBytes, dataStart: number): SafetensorsTensor {
  const shown = `tensor ${JSON.stringify(name)}`;
  const { dtype, shape, data_offsets } = check(entrySchema, value, shown, file);
  const [start, end] = data_offsets;
  const bytes = shape.reduce((product, extent) => product * extent, dtypeBytes[dtype]);
  const wrong = (what: string) =>
    new ModelError("safetensors-tensor", `${shown} ${what}`, { file: file.path, offset: dataStart + start });
  if (start > end || dataStart + end > file.size) {
    throw wrong(`takes bytes ${start} to ${end} of the data, which has ${file.size - dataStart}`);
  }
  if (bytes !== end - start)
    throw wrong(`takes ${end - start} bytes, but ${shape.join(" × ") || "a scalar"} of ${dtype} needs ${bytes}`);
  return { name, type: dtype, shape, offset: dataStart + start, bytes, file: file.path };
}

function refuseOverlaps(tensors: readonly SafetensorsTensor[]): void {
  const inOrder = tensors.filter(({ bytes }) => bytes > 0).sort((a, b) => a.offset - b.offset);
  for (let i = 1; i < inOrder.length; i++) {
    const [before, after] = [inOrder[i - 1]!, inOrder[i]!];
    if (before.offset + before.bytes > after.offset) {
      const pair = `tensors ${JSON.stringify(before.name)} and ${JSON.stringify(after.name)}`;
      throw new ModelError("safetensors-tensor", `${pair} overlap`, { file: after.file, offset: after.offset });
    }
  }
}

function check<T>(schema: z.ZodType<T>, value: unknown, what: string, file: FileBytes): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw fault(file, `${what} is wrong in the header: ${issue?.path.join(".") || "value"}: ${issue?.message}`, 8);
}

const fault = (file: FileBytes, what: string, offset: number) =>
  new ModelError("safetensors-header", what, { file: file.path, offset });
