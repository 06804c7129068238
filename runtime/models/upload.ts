import type { Allocator } from "../device/allocations.js";
import { upload } from "../device/arrays.js";
import type { Device, DeviceBuffer, FileCopy, UploadOptions } from "../device/device.js";
import { type Format, formatOf, rowBytes } from "../kernels/linear/weights.js";
import type { ModelKernels } from "../kernels/loaded.js";
import { type Checkpoint, dequantize, ModelError, type StoredTensor } from "../weights/index.js";
import type { ModelConfig } from "./config.js";
import { padded, sizesOf } from "./sizes.js";
import { Staging } from "./staging.js";
import { type LayerWeights, type Matrix, rowsOfStack, type Stack, type Weights } from "./weights.js";
import type { LayerPlan, MatrixPlan, Part, VectorPlan, WeightsPlan } from "./weights-plan.js";

/** Formats that kernels of decode and prefill read as they are; the rest becomes bf16. */
export const KEPT: ReadonlySet<Format> = new Set([
  ...(["bf16", "q4_0", "q4_1", "q5_0", "q5_1", "q8_0"] as const),
  ...(["q4_k", "q5_k", "q6_k"] as const),
]);
/** Of a router, whose rounding may choose other experts, f32 as well. */
const KEPT_OF_ROUTERS: ReadonlySet<Format> = new Set([...KEPT, "f32"]);

export interface UploadTarget {
  readonly device: Device;
  readonly memory: Allocator;
  readonly kernels: ModelKernels;
}

/** How a matrix will lie on a device. */
export interface MatrixShape {
  readonly format: Format;
  readonly rows: number;
  readonly columns: number;
  readonly width: number;
}

/** Rows of a part: as the tensor has them, or those that are picked from it. */
const rowsOf = (tensor: StoredTensor, { order }: Part): number =>
  order?.length ?? tensor.shape.slice(0, -1).reduce((product, size) => product * size, 1);

/**
 * The format and sizes of a planned matrix: as in the file where kernels read that and all parts are alike, else bf16. Rows of each part are
 * filled up to a multiple of `unit`. @throws ModelError for types that no kernel reads
 */
export function matrixShape(checkpoint: Checkpoint, { parts }: MatrixPlan, unit = 1, kept = KEPT): MatrixShape {
  const tensors = parts.map(({ tensor }) => checkpoint.tensor(tensor));
  const formats = new Set(tensors.map((tensor) => formatOfTensor(tensor)));
  const [first] = formats;
  const width = tensors[0]!.shape.at(-1)!;
  const columns = padded(width);
  const format = formats.size === 1 && kept.has(first!) && (columns === width || first === "bf16") ? first! : "bf16";
  const rows = parts.reduce((sum, part, index) => sum + Math.ceil(rowsOf(tensors[index]!, part) / unit) * unit, 0);
  return { format, rows, columns, width };
}

function formatOfTensor(tensor: StoredTensor): Format {
  const format = formatOf(tensor.type);
  if (format) return format;
  throw new ModelError("gguf-type", `tensor ${JSON.stringify(tensor.name)} has the type ${tensor.type}`, {
    file: tensor.file,
    hint: "Use a file of another quantisation, such as Q4_K_M or Q8_0.",
  });
}

/** Uploads the weights of a model as planned: what stays as it is goes straight from the file to its place, the rest over scratch memory. */
export class WeightsUpload {
  readonly #target: UploadTarget;
  readonly #checkpoint: Checkpoint;
  readonly #config: ModelConfig;
  readonly #copies: FileCopy[] = [];
  readonly #staging: Staging;

  constructor(target: UploadTarget, checkpoint: Checkpoint, config: ModelConfig) {
    this.#target = target;
    this.#checkpoint = checkpoint;
    this.#config = config;
    this.#staging = new Staging(target);
  }

  async run(plan: WeightsPlan, options: UploadOptions = {}): Promise<Weights> {
    const embedding = await this.#matrix(plan.embedding);
    const layers: LayerWeights[] = [];
    for (const layer of plan.layers) layers.push(await this.#layer(layer));
    const outputNorm = await this.#vector(plan.outputNorm, sizesOf(this.#config).residual);
    const head = plan.head ? await this.#matrix(plan.head) : embedding;
    await this.#staging.run(this.#copies, options);
    return { embedding, layers, outputNorm, head };
  }

  async #layer(plan: LayerPlan): Promise<LayerWeights> {
    const { residual } = sizesOf(this.#config);
    const vector = (source: VectorPlan | undefined) => source && this.#vector(source, residual);
    const { queryNorm, keyNorm } = plan;
    return {
      attentionNorm: await this.#vector(plan.attentionNorm, residual),
      qkv: await this.#stack(plan.qkv),
      headNorms: queryNorm &&
        keyNorm && {
          queryNorm: await this.#vector(queryNorm, this.#config.headSize),
          keyNorm: await this.#vector(keyNorm, this.#config.headSize),
        },
      out: await this.#matrix(plan.out, 32),
      postAttentionNorm: await vector(plan.postAttentionNorm),
      feedForwardNorm: await this.#vector(plan.feedForwardNorm, residual),
      gateUp: await this.#stacked(plan.gateUp),
      down: await this.#matrix(plan.down, 32),
      router: plan.router && (await this.#matrix(plan.router, 1, KEPT_OF_ROUTERS)),
      postFeedForwardNorm: await vector(plan.postFeedForwardNorm),
    };
  }

  /** A matrix for each run of parts that lie on the device in one format. */
  async #stack({ parts, bias }: MatrixPlan): Promise<Stack> {
    const runs: { readonly format: Format; readonly parts: Part[] }[] = [];
    for (const part of parts) {
      const { format } = matrixShape(this.#checkpoint, { parts: [part] });
      const run = runs.at(-1);
      if (run?.format === format) run.parts.push(part);
      else runs.push({ format, parts: [part] });
    }
    const stack: Matrix[] = [];
    for (const run of runs) stack.push(await this.#matrix(run));
    const biases = bias && (await this.#bias(bias, rowsOfStack(stack), 1));
    let row = 0;
    const biased = stack.map((matrix) => {
      row += matrix.rows;
      return { ...matrix, bias: biases?.view((row - matrix.rows) * 4) };
    });
    return biased as [Matrix, ...Matrix[]];
  }

  /** [gate; up], each filled up to whole blocks; a fused tensor is taken apart first where that makes a difference. */
  #stacked(plan: MatrixPlan): Promise<Matrix> {
    const [first] = plan.parts;
    const rows = rowsOf(this.#checkpoint.tensor(first!.tensor), first!) / 2;
    const fused = plan.parts.length === 1 && padded(rows) !== rows;
    return this.#matrix(fused ? { ...plan, parts: halves(first!, rows) } : plan, 32);
  }

  async #matrix(plan: MatrixPlan, unit = 1, kept = KEPT): Promise<Matrix> {
    const shape = matrixShape(this.#checkpoint, plan, unit, kept);
    const { memory, device } = this.#target;
    const bytesOfRow = rowBytes(shape.format, shape.columns);
    const buffer = memory.alloc(shape.rows * bytesOfRow);
    let row = 0;
    let filled = 0;
    for (const part of plan.parts) {
      const tensor = this.#checkpoint.tensor(part.tensor);
      const rows = rowsOf(tensor, part);
      this.#place(part, tensor, shape, (at) => buffer.view((row + at) * bytesOfRow, (rows - at) * bytesOfRow));
      filled += rows;
      row += Math.ceil(rows / unit) * unit;
    }
    // Queued before the copies: what they leave out is zero.
    if (filled < shape.rows) device.fill(buffer, 0);
    return { buffer, ...shape, bias: plan.bias && (await this.#bias(plan.bias, shape.rows, unit)) };
  }

  #place(part: Part, tensor: StoredTensor, shape: MatrixShape, at: (row: number) => DeviceBuffer): void {
    const format = formatOfTensor(tensor);
    const bytesOfRow = tensor.bytes / rowsOf(tensor, { tensor: part.tensor });
    const rows = rowsOf(tensor, part);
    const start = contiguous(part.order);
    const bytes = start === undefined ? tensor.bytes : rows * bytesOfRow;
    const from = stretch(this.#checkpoint, tensor, (start ?? 0) * bytesOfRow, bytes);
    if (format === shape.format && shape.columns === shape.width && start !== undefined) {
      this.#copies.push({ to: at(0).view(0, bytes), ...from });
      return;
    }
    const order = start === undefined ? part.order : undefined;
    this.#staging.add({ from, format, bytesOfRow, tensorRows: bytes / bytesOfRow, order, rows, shape, to: at(0) });
  }

  /** A vector of weights as f32, and zeros behind it up to `length`. */
  async #vector({ tensor: name, plus = 0, order }: VectorPlan, length: number): Promise<DeviceBuffer> {
    const values = this.#values({ tensor: name, order });
    const whole = new Float32Array(Math.max(length, values.length));
    for (const [index, value] of values.entries()) whole[index] = value + plus;
    return upload(this.#target.memory, whole);
  }

  async #bias(parts: readonly Part[], rows: number, unit: number): Promise<DeviceBuffer> {
    const whole = new Float32Array(rows);
    let at = 0;
    for (const part of parts) {
      const values = this.#values(part);
      whole.set(values, at);
      at += Math.ceil(values.length / unit) * unit;
    }
    return upload(this.#target.memory, whole);
  }

  #values({ tensor: name, order }: Part): Float32Array {
    const tensor = this.#checkpoint.tensor(name);
    const values = dequantize(tensor.type, this.#checkpoint.bytes(tensor));
    return order ? Float32Array.from(order, (index) => values[index]!) : values;
  }
}

/** The first row of rows that follow each other; 0 for all of them. */
function contiguous(order: Int32Array | undefined): number | undefined {
  if (!order || order.length === 0) return 0;
  return order.every((row, index) => row === order[0]! + index) ? order[0] : undefined;
}

function halves({ tensor, order }: Part, rows: number): Part[] {
  const all = order ?? Int32Array.from({ length: 2 * rows }, (_, index) => index);
  return [
    { tensor, order: all.slice(0, rows) },
    { tensor, order: all.slice(rows) },
  ];
}

const stretch = (checkpoint: Checkpoint, tensor: StoredTensor, start: number, bytes: number) =>
  checkpoint.stretch(tensor, start, start + bytes);
