/** GGUF files: the format of llama.cpp, versions 2 and 3, little-endian. */

import { ModelError } from "../errors.js";
import { type FileBytes, type MapFile, openFileBytes } from "../file-bytes.js";
import type { FileStretch } from "../reading.js";
import { type GgufHeader, type GgufTensor, readHeader } from "./header.js";
import type { GgufMetadata } from "./metadata.js";

export type { GgufTensor } from "./header.js";
export { GgufMetadata } from "./metadata.js";
export { GgufArray, type GgufScalar, type GgufValue } from "./values.js";

export interface OpenGgufOptions {
  /** Gives the file's bytes, where they are in memory already. */
  readonly mapFile?: MapFile;
}

/**
 * Opens the model file at `path` and checks its whole header.
 *
 * ```ts
 * using file = openGguf("model.gguf");
 * const layers = file.metadata.count("llama.block_count");
 * const norm = file.tensor("output_norm.weight");
 * const weights = dequantize(norm.type, file.bytes(norm));
 * ```
 *
 * @throws ModelError naming file, byte and way out for anything wrong with it
 */
export function openGguf(path: string, options: OpenGgufOptions = {}): Gguf {
  const file = openFileBytes(path, options.mapFile);
  try {
    return new Gguf(file, readHeader(file));
  } catch (error) {
    file.close();
    throw error;
  }
}

/** An open GGUF file. */
export class Gguf {
  readonly path: string;
  /** Size of the file in bytes. */
  readonly size: number;
  readonly version: number;
  readonly metadata: GgufMetadata;
  readonly tensors: ReadonlyMap<string, GgufTensor>;
  readonly #file: FileBytes;

  constructor(file: FileBytes, header: GgufHeader) {
    this.#file = file;
    this.path = file.path;
    this.size = file.size;
    this.version = header.version;
    this.metadata = header.metadata;
    this.tensors = header.tensors;
  }

  /** The tensor called `name`; throws ModelError if there is none. */
  tensor(name: string): GgufTensor {
    const tensor = this.tensors.get(name);
    if (!tensor)
      throw new ModelError("tensor-missing", `there is no tensor ${JSON.stringify(name)}`, { file: this.path });
    return tensor;
  }

  /** The tensor's raw blocks, or the part [start, end) of them: Read only. */
  bytes(tensor: GgufTensor, start = 0, end = tensor.bytes): Uint8Array {
    const { offset, bytes } = this.stretch(tensor, start, end);
    return this.#file.view(offset, bytes);
  }

  /** Where the tensor's raw blocks lie, or the part [start, end) of them: what `Device.upload` copies from. */
  stretch(tensor: GgufTensor, start = 0, end = tensor.bytes): FileStretch {
    if (!(start >= 0 && start <= end && end <= tensor.bytes)) {
      throw new ModelError(
        "gguf-tensor-range",
        `bytes ${start} to ${end} are not within tensor ${JSON.stringify(tensor.name)}`,
        {
          file: this.path,
        },
      );
    }
    return { file: this.#file, offset: tensor.offset + start, bytes: end - start };
  }

  close(): void {
    this.#file.close();
  }
  [Symbol.dispose](): void {
    this.close();
  }
}
