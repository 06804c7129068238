/** Writes whole models for tests: GGUF files, also split ones, and Hugging Face folders, from tensors by name. */

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { temporaryFolder } from "../../temporary-folder.js";
import { ggufBytes, type TensorSpec, type Typed } from "./write-gguf.js";

export interface Weights {
  /** Row-major. */
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export type NamedWeights = ReadonlyMap<string, Weights>;

const bytesOf = ({ data }: Weights): Buffer => Buffer.from(data.buffer, data.byteOffset, data.byteLength);

/** How f32 tensors lie in a GGUF file. */
export function ggufTensors(weights: NamedWeights): { readonly tensors: TensorSpec[]; readonly data: Buffer } {
  const tensors: TensorSpec[] = [];
  const parts: Buffer[] = [];
  let offset = 0;
  for (const [name, tensor] of weights) {
    tensors.push({ name, type: 0, dims: [...tensor.shape].reverse(), offset });
    const bytes = bytesOf(tensor);
    const padding = Buffer.alloc((32 - (bytes.length % 32)) % 32);
    parts.push(bytes, padding);
    offset += bytes.length + padding.length;
  }
  return { tensors, data: Buffer.concat(parts) };
}

/** A GGUF file of f32 tensors. */
export const ggufModel = (metadata: Readonly<Record<string, Typed>>, weights: NamedWeights): Buffer =>
  ggufBytes({ metadata: Object.entries(metadata), ...ggufTensors(weights) });

/** A safetensors file of f32 tensors. */
export function safetensorsFile(weights: NamedWeights, dtype = "F32"): Buffer {
  let offset = 0;
  const header: Record<string, unknown> = {};
  for (const [name, { shape, data }] of weights) {
    header[name] = { dtype, shape, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, ...[...weights.values()].map(bytesOf)]);
}

/** A new folder with these files: bytes, text, or something to turn into JSON. Returns its path. */
export function folderOf(files: Readonly<Record<string, unknown>>): string {
  const folder = temporaryFolder("model");
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    const raw = typeof content === "string" || content instanceof Uint8Array;
    writeFileSync(path, raw ? content : JSON.stringify(content));
  }
  return folder;
}
