import type { DeviceBuffer } from "../device/device.js";
import type { Format } from "../kernels/linear/weights.js";

/** A weight matrix on the device, row-major. */
export interface Matrix {
  readonly buffer: DeviceBuffer;
  readonly format: Format;
  readonly rows: number;
  /** Elements of a row as they lie there: a multiple of 32, and zeros behind `width`. */
  readonly columns: number;
  readonly width: number;
  /** f32 [rows] */
  readonly bias: DeviceBuffer | undefined;
}

/** Matrices stacked, each of another format than the one before it. */
export type Stack = readonly [Matrix, ...Matrix[]];

export const rowsOfStack = (stack: readonly Matrix[]): number => stack.reduce((sum, { rows }) => sum + rows, 0);

/** The weights of a layer; see weights-plan.ts for what each is. Vectors are f32. */
export interface LayerWeights {
  readonly attentionNorm: DeviceBuffer;
  readonly qkv: Stack;
  readonly headNorms: { readonly queryNorm: DeviceBuffer; readonly keyNorm: DeviceBuffer } | undefined;
  readonly out: Matrix;
  readonly postAttentionNorm: DeviceBuffer | undefined;
  readonly feedForwardNorm: DeviceBuffer;
  readonly gateUp: Matrix;
  readonly down: Matrix;
  readonly router: Matrix | undefined;
  readonly postFeedForwardNorm: DeviceBuffer | undefined;
}

export interface Weights {
  readonly embedding: Matrix;
  readonly layers: readonly LayerWeights[];
  readonly outputNorm: DeviceBuffer;
  /** The embedding itself where the model ties them. */
  readonly head: Matrix;
}

/** A matrix as kernels take it: one buffer under four dtypes, its format, and its bias, for which any buffer stands where there is none. */
export const weightArguments = ({ buffer, format, bias }: Matrix) => ({
  bytes: buffer,
  signed: buffer,
  halves: buffer,
  bf16: buffer,
  bias: bias ?? buffer,
  FORMAT: format,
  BIAS: bias !== undefined,
});

/** A bf16 matrix as kernels of whole rows take it. */
export const rowArguments = ({ buffer, bias, columns }: Matrix) => ({
  bf16: buffer,
  bias: bias ?? buffer,
  K: columns,
  BIAS: bias !== undefined,
});

/** The same without the bias, for kernels that only read the matrix. */
export const matrixArguments = ({ buffer, format }: Matrix) => ({
  bytes: buffer,
  signed: buffer,
  halves: buffer,
  bf16: buffer,
  FORMAT: format,
});
