/** Parses magic, version, metadata and tensor table of a GGUF file; nothing in it is trusted. */

import type { FileBytes } from "../file-bytes.js";
import { type TensorTypeName, tensorTypeName, tensorTypes } from "../quantization/types.js";
import { Cursor } from "./cursor.js";
import { GgufMetadata } from "./metadata.js";
import { type GgufValue, readValue } from "./values.js";

export interface GgufTensor {
  readonly name: string;
  readonly type: TensorTypeName;
  /** Row-major: outermost dimension first (ggml lists them the other way round). */
  readonly shape: readonly number[];
  /** First byte, from the start of the file. */
  readonly offset: number;
  /** Length in bytes. */
  readonly bytes: number;
}

export interface GgufHeader {
  readonly version: number;
  readonly metadata: GgufMetadata;
  readonly tensors: ReadonlyMap<string, GgufTensor>;
}

/** Far above any real model (a 100-layer mixture has some 2,000 tensors), far below what would exhaust memory. */
const mostKeys = 1 << 16;
const mostTensors = 1 << 18;
const longestName = 65535;
const mostDimensions = 4;
const smallestKeyValue = 8 + 1 + 4 + 1;
const smallestTensorInfo = 8 + 1 + 4 + 4 + 8;

export function readHeader(file: FileBytes): GgufHeader {
  const cursor = new Cursor(file);
  const version = readVersion(cursor);
  const tensorCount = readCount(cursor, "tensors", mostTensors, smallestTensorInfo);
  const keyCount = readCount(cursor, "metadata keys", mostKeys, smallestKeyValue);
  const metadata = new GgufMetadata(file.path, readKeyValues(cursor, keyCount));
  const alignment = readAlignment(cursor, metadata);
  const infos = readTensorInfos(cursor, tensorCount, alignment);
  const dataStart = Math.ceil(cursor.offset / alignment) * alignment;
  return { version, metadata, tensors: placeTensors(cursor, infos, dataStart, file.size) };
}

const magic = 0x46554747; // "GGUF", little-endian

/** What people give instead of a GGUF file, by its first four bytes. */
const lookalikes: Record<string, string> = {
  vers: "This is a Git LFS pointer, not the file itself: fetch it with `git lfs pull`.",
  "<!DO": "This is a web page: use the download link of the file itself.",
  "<htm": "This is a web page: use the download link of the file itself.",
  "PK\x03\x04": "This is a PyTorch or zip archive: convert the model to GGUF.",
};

function readVersion(cursor: Cursor): number {
  if (cursor.remaining === 0) {
    throw cursor.error("file-truncated", "the file is empty", 0, "Download or copy it again.");
  }
  if (cursor.remaining < 8) throw cursor.error("file-truncated", `only ${cursor.remaining} bytes long`, 0);
  if (cursor.u32() !== magic) {
    const start = String.fromCharCode(...cursor.passed(0, 4));
    throw cursor.error("gguf-magic", `not a GGUF file: it starts with ${JSON.stringify(start)}`, 0, lookalikes[start]);
  }
  const version = cursor.u32();
  if (version === 2 || version === 3) return version;
  if ((version & 0xffff) === 0) throw cursor.error("gguf-endian", "the file is big-endian", 4);
  throw cursor.error("gguf-version", `GGUF version ${version} is not supported`, 4);
}

function readCount(cursor: Cursor, what: string, most: number, bytesEach: number): number {
  const at = cursor.offset;
  const count = cursor.size(`the number of ${what}`);
  if (count > most) throw cursor.error("gguf-limit", `${count} ${what}, more than ${most}`, at);
  if (count * bytesEach > cursor.remaining)
    throw cursor.error("file-truncated", `${count} ${what} do not fit in the file`, at);
  return count;
}

function readKeyValues(cursor: Cursor, count: number): Map<string, GgufValue> {
  const values = new Map<string, GgufValue>();
  for (let i = 0; i < count; i++) {
    const at = cursor.offset;
    const key = cursor.string(`metadata key ${i}`, longestName);
    if (values.has(key)) throw cursor.error("gguf-duplicate", `the metadata has ${JSON.stringify(key)} twice`, at);
    values.set(key, readValue(cursor, cursor.u32(), key));
  }
  return values;
}

function readAlignment(cursor: Cursor, metadata: GgufMetadata): number {
  const alignment = metadata.count("general.alignment", 32);
  const powerOfTwo = alignment > 0 && (alignment & (alignment - 1)) === 0;
  if (!powerOfTwo || alignment > 65536) {
    throw cursor.error("gguf-value", `general.alignment is ${alignment}, no power of two up to 65536`, cursor.offset);
  }
  return alignment;
}

interface TensorInfo extends Omit<GgufTensor, "offset"> {
  /** Where the file states the tensor, for errors. */
  readonly at: number;
  /** From the start of the data section. */
  readonly dataOffset: number;
}

function readTensorInfos(cursor: Cursor, count: number, alignment: number): TensorInfo[] {
  const infos: TensorInfo[] = [];
  const names = new Set<string>();
  for (let i = 0; i < count; i++) {
    const info = readTensorInfo(cursor, i, alignment);
    if (names.has(info.name))
      throw cursor.error("gguf-duplicate", `tensor ${JSON.stringify(info.name)} comes twice`, info.at);
    names.add(info.name);
    infos.push(info);
  }
  return infos;
}

function readTensorInfo(cursor: Cursor, index: number, alignment: number): TensorInfo {
  const at = cursor.offset;
  const name = cursor.string(`the name of tensor ${index}`, longestName);
  const shown = `tensor ${JSON.stringify(name)}`;
  const shape = readShape(cursor, shown);
  const typeAt = cursor.offset;
  const typeId = cursor.u32();
  const type = tensorTypeName(typeId);
  if (!type) throw cursor.error("gguf-type", `${shown} has the unknown ggml type ${typeId}`, typeAt);
  const { blockSize, blockBytes } = tensorTypes[type];
  const row = shape.at(-1) ?? 1;
  if (row % blockSize !== 0) {
    throw cursor.error("gguf-value", `${shown} has rows of ${row}, not whole ${type} blocks of ${blockSize}`, at);
  }
  const bytes = shape.reduce((product, n) => product * n, blockBytes) / blockSize;
  if (!Number.isSafeInteger(bytes)) throw cursor.error("gguf-limit", `${shown} has the size ${shape.join(" × ")}`, at);
  const offsetAt = cursor.offset;
  const dataOffset = cursor.size(`the offset of ${shown}`);
  if (dataOffset % alignment !== 0) {
    throw cursor.error(
      "gguf-value",
      `${shown} starts at ${dataOffset}, no multiple of the alignment ${alignment}`,
      offsetAt,
    );
  }
  return { name, type, shape, bytes, at, dataOffset };
}

function readShape(cursor: Cursor, tensor: string): number[] {
  const at = cursor.offset;
  const rank = cursor.u32();
  if (rank > mostDimensions)
    throw cursor.error("gguf-limit", `${tensor} has ${rank} dimensions, more than ${mostDimensions}`, at);
  const shape: number[] = [];
  for (let i = 0; i < rank; i++) {
    const extent = cursor.size(`dimension ${i} of ${tensor}`);
    if (extent === 0) throw cursor.error("gguf-value", `${tensor} has an empty dimension`, at);
    shape.unshift(extent);
  }
  return shape;
}

/** Turns offsets into file positions, and refuses tensors that leave the file or overlap. */
function placeTensors(
  cursor: Cursor,
  infos: TensorInfo[],
  dataStart: number,
  fileSize: number,
): Map<string, GgufTensor> {
  const tensors = new Map<string, GgufTensor>();
  for (const { name, type, shape, bytes, at, dataOffset } of infos) {
    const offset = dataStart + dataOffset;
    if (!(offset + bytes <= fileSize)) {
      const span = `bytes ${offset} to ${offset + bytes}`;
      throw cursor.error(
        "gguf-tensor-range",
        `tensor ${JSON.stringify(name)} takes ${span}, but the file ends at ${fileSize}`,
        at,
      );
    }
    tensors.set(name, { name, type, shape, offset, bytes });
  }
  const inOrder = [...tensors.values()].sort((a, b) => a.offset - b.offset);
  for (let i = 1; i < inOrder.length; i++) {
    const [before, after] = [inOrder[i - 1]!, inOrder[i]!];
    if (before.offset + before.bytes > after.offset) {
      const pair = `tensors ${JSON.stringify(before.name)} and ${JSON.stringify(after.name)}`;
      throw cursor.error("gguf-tensor-range", `${pair} overlap`, after.offset);
    }
  }
  return tensors;
}
