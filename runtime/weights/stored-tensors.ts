import { ModelError } from "./errors.js";
import type { TensorTypeName } from "./quantization/types.js";
import type { FileStretch } from "./reading.js";

/** A tensor as a file holds it. */
export interface StoredTensor {
  readonly name: string;
  readonly type: TensorTypeName;
  /** Row-major: outermost dimension first. */
  readonly shape: readonly number[];
  /** Length in bytes. */
  readonly bytes: number;
  /** Path of the file it lies in, and its first byte from the start of that file. */
  readonly file: string;
  readonly offset: number;
}

/** What all formats have. */
export interface StoredTensors {
  /** As it was given. */
  readonly path: string;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** Tensors of element types that no model here has, such as U8: name → type. They are in no other list. */
  readonly foreign: ReadonlyMap<string, string>;
  /** The tensor called `name`; throws ModelError if there is none. */
  tensor(name: string): StoredTensor;
  /** The tensor's bytes, or the part [start, end) of them. Read only. */
  bytes(tensor: StoredTensor, start?: number, end?: number): Uint8Array;
  /** Where the bytes lie, or the part [start, end) of them: what `Device.upload` copies from. */
  stretch(tensor: StoredTensor, start?: number, end?: number): FileStretch;
  close(): void;
  [Symbol.dispose](): void;
}

export interface TensorSource {
  readonly path: string;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly foreign?: ReadonlyMap<string, string>;
  bytes(tensor: StoredTensor, start: number, end: number): Uint8Array;
  stretch(tensor: StoredTensor, start: number, end: number): FileStretch;
  close(): void;
}

/** `source` with what all formats share, and `own`, which only one has. */
export function storedTensors<T extends object>(source: TensorSource, own: T): StoredTensors & T {
  const { path, tensors, foreign = new Map() } = source;
  return {
    ...own,
    path,
    tensors,
    foreign,
    tensor(name) {
      const tensor = tensors.get(name);
      if (tensor) return tensor;
      throw new ModelError("tensor-missing", `there is no tensor ${JSON.stringify(name)}`, { file: path });
    },
    bytes: (tensor, start = 0, end = tensor.bytes) => source.bytes(tensor, start, end),
    stretch: (tensor, start = 0, end = tensor.bytes) => source.stretch(tensor, start, end),
    close: () => source.close(),
    [Symbol.dispose]: () => source.close(),
  };
}
