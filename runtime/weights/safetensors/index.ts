/** safetensors files, single or in shards: the format of Hugging Face's models. */

import { ModelError } from "../errors.js";
import { type FileBytes, type MapFile, openFileBytes } from "../file-bytes.js";
import type { FileStretch } from "../reading.js";
import { readHeader, type SafetensorsTensor } from "./header.js";
import { readIndex } from "./shards.js";

export { dtypeBytes, type SafetensorsTensor, type SafetensorsType } from "./header.js";

export interface OpenSafetensorsOptions {
  /** Gives the bytes of files, where they are in memory already. */
  readonly mapFile?: MapFile;
}

/**
 * Opens a .safetensors file, or all shards of a model.safetensors.index.json, and checks their headers.
 *
 * @throws ModelError naming file, byte and way out for anything wrong with them
 */
export function openSafetensors(path: string, { mapFile }: OpenSafetensorsOptions = {}): Safetensors {
  const index = path.endsWith(".json") ? readIndex(path) : undefined;
  const files = new Map<string, FileBytes>();
  try {
    const paths = index ? new Set(index.values()) : [path];
    for (const file of paths) files.set(file, openFileBytes(file, mapFile));
    return new Safetensors(path, files, index);
  } catch (error) {
    for (const file of files.values()) file.close();
    throw error;
  }
}

/** An open model of one or more safetensors files. */
export class Safetensors {
  readonly path: string;
  /** Free text pairs of the header; those of the first shard that has a key. */
  readonly metadata: ReadonlyMap<string, string>;
  readonly tensors: ReadonlyMap<string, SafetensorsTensor>;
  readonly #files: ReadonlyMap<string, FileBytes>;

  constructor(path: string, files: ReadonlyMap<string, FileBytes>, index?: ReadonlyMap<string, string>) {
    this.path = path;
    this.#files = files;
    const metadata = new Map<string, string>();
    const tensors = new Map<string, SafetensorsTensor>();
    for (const file of files.values()) {
      const header = readHeader(file);
      for (const [key, value] of header.metadata) if (!metadata.has(key)) metadata.set(key, value);
      for (const tensor of header.tensors) {
        // The index decides: a shard may hold more than is asked of it.
        if ((index?.get(tensor.name) ?? path) === tensor.file) tensors.set(tensor.name, tensor);
      }
    }
    this.metadata = metadata;
    this.tensors = tensors;
    for (const [name, file] of index ?? []) if (!tensors.has(name)) throw missing(name, file);
  }

  /** The tensor called `name`; throws ModelError if there is none. */
  tensor(name: string): SafetensorsTensor {
    const tensor = this.tensors.get(name);
    if (!tensor) throw missing(name, this.path);
    return tensor;
  }

  /** The tensor's bytes, or the part [start, end) of them: Read only. */
  bytes(tensor: Omit<SafetensorsTensor, "type">, start = 0, end = tensor.bytes): Uint8Array {
    const { offset, bytes } = this.stretch(tensor, start, end);
    return this.#fileOf(tensor).view(offset, bytes);
  }

  /** Where the tensor's bytes lie, or the part [start, end) of them: what `Device.upload` copies from. */
  stretch(tensor: Omit<SafetensorsTensor, "type">, start = 0, end = tensor.bytes): FileStretch {
    const file = this.#fileOf(tensor);
    if (!(start >= 0 && start <= end && end <= tensor.bytes)) {
      const range = `bytes ${start} to ${end} are not within tensor ${JSON.stringify(tensor.name)}`;
      throw new ModelError("safetensors-tensor", range, { file: file.path });
    }
    return { file, offset: tensor.offset + start, bytes: end - start };
  }

  close(): void {
    for (const file of this.#files.values()) file.close();
  }
  [Symbol.dispose](): void {
    this.close();
  }

  #fileOf(tensor: Omit<SafetensorsTensor, "type">): FileBytes {
    const file = this.#files.get(tensor.file);
    if (!file) throw missing(tensor.name, this.path);
    return file;
  }
}

const missing = (name: string, file: string) =>
  new ModelError("tensor-missing", `there is no tensor ${JSON.stringify(name)}`, { file });
