import {
  type Checkpoint,
  dequantize,
  ModelError,
  type StoredTensor,
  type TensorTypeName,
} from "../../weights/index.js";
import type { Format } from "./settings.js";

/** Types that weights may have, and those that norms, biases and rope factors may have. */
const matrixTypes: ReadonlySet<TensorTypeName> = new Set([
  ...(["F32", "F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0"] as const),
  ...(["Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "IQ4_NL", "MXFP4"] as const),
]);
const vectorTypes: ReadonlySet<TensorTypeName> = new Set(["F32", "F16", "BF16"]);

/** The tensors of a model, each taken for something. Remembers which were: one that nobody takes would be ignored without a word. */
export class Inventory {
  readonly format: Format;
  readonly #checkpoint: Checkpoint;
  readonly #taken = new Set<string>();

  constructor(checkpoint: Checkpoint) {
    this.format = checkpoint.kind;
    this.#checkpoint = checkpoint;
  }

  has(name: string): boolean {
    return this.#checkpoint.tensors.has(name) || this.#checkpoint.foreign.has(name);
  }

  /** Row-major. Throws ModelError if there is no such tensor. */
  shape(name: string): readonly number[] {
    return this.#find(name).shape;
  }

  /** The tensor's name, if it is there with this shape and a type that can be used; throws ModelError otherwise. */
  take(name: string, shape: readonly number[]): string {
    const tensor = this.#find(name);
    this.#taken.add(name);
    if (tensor.shape.join() !== shape.join()) {
      const sizes = `[${tensor.shape.join(", ")}], but the metadata says [${shape.join(", ")}]`;
      throw fault("tensor-shape", tensor, `has the shape ${sizes}`);
    }
    const usable = shape.length > 1 ? matrixTypes : vectorTypes;
    if (usable.has(tensor.type)) return name;
    const what = matrixTypes.has(tensor.type) ? "which only matrices may have" : "which cannot be used";
    throw fault("gguf-type", tensor, `has the type ${tensor.type}, ${what}`, typeHint(this.format));
  }

  /** The values of a tensor of `count` positive numbers. */
  takePositive(name: string, count: number): Float32Array {
    const tensor = this.#find(this.take(name, [count]));
    const values = dequantize(tensor.type, this.#checkpoint.bytes(tensor));
    if (values.every((value) => Number.isFinite(value) && value > 0)) return values;
    throw fault("weights-damaged", tensor, "holds values that are not positive numbers");
  }

  /** Throws ModelError if the rows of the two tensors differ, as far as a few tell: `name` is then no copy of `other`. Takes `name`. */
  takeCopy(name: string, other: string): void {
    const [copy, original] = [this.#find(name), this.#find(other)];
    this.take(name, original.shape);
    if (copy.type === original.type && this.#sampleEquals(copy, original)) return;
    throw fault(
      "tensor-unsupported",
      copy,
      `differs from ${JSON.stringify(other)}, though the metadata says that they are one`,
      "Set tie_word_embeddings in config.json as the model was trained.",
    );
  }

  #sampleEquals(a: StoredTensor, b: StoredTensor): boolean {
    const [rows = 1] = a.shape;
    const rowBytes = a.bytes / rows;
    return Array.from({ length: SAMPLES + 1 }, (_, i) => Math.floor(((rows - 1) * i) / SAMPLES)).every((row) => {
      const [start, end] = [row * rowBytes, (row + 1) * rowBytes];
      return Buffer.compare(this.#checkpoint.bytes(a, start, end), this.#checkpoint.bytes(b, start, end)) === 0;
    });
  }

  /** Throws ModelError naming tensors that were not taken and that `harmless` does not match. */
  requireAllTaken(harmless: RegExp): void {
    const { tensors, foreign, path } = this.#checkpoint;
    const left = [...tensors.keys(), ...foreign.keys()].filter(
      (name) => !this.#taken.has(name) && !harmless.test(name),
    );
    if (left.length === 0) return;
    const more = left.length > 1 ? ` and ${left.length - 1} more` : "";
    throw new ModelError("tensor-unsupported", `nothing is known to do with tensor ${JSON.stringify(left[0])}${more}`, {
      file: tensors.get(left[0]!)?.file ?? path,
    });
  }

  #find(name: string): StoredTensor {
    const type = this.#checkpoint.foreign.get(name);
    if (type === undefined) return this.#checkpoint.tensor(name);
    throw new ModelError("gguf-type", `tensor ${JSON.stringify(name)} has the type ${type}, which cannot be used`, {
      file: this.#checkpoint.path,
      hint: typeHint(this.format),
    });
  }
}

/** Rows that are compared to tell whether a tensor is a copy of another: a head and an embedding of one shape differ in every row. */
const SAMPLES = 64;

const typeHint = (format: Format) =>
  format === "gguf" ? `Use a file quantised as ${[...matrixTypes].join(", ")}.` : "Use a model in bf16, f16 or f32.";

const fault = (code: ConstructorParameters<typeof ModelError>[0], tensor: StoredTensor, what: string, hint?: string) =>
  new ModelError(code, `tensor ${JSON.stringify(tensor.name)} ${what}`, { file: tensor.file, hint });
