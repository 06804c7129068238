import { toBits } from "../../runtime/device/arrays.js";
import { BLOCK_BYTES, type Format } from "../../runtime/kernels/weights.js";
import { type Numbers, rounded } from "./numbers.js";

/** A weight matrix as it lies in a GGUF file, and the numbers that were put into it. */
export interface WeightMatrix {
  readonly format: Format;
  readonly rows: number;
  readonly columns: number;
  readonly bytes: Uint8Array;
  /** [rows, columns] */
  readonly values: Float64Array;
}

/** What random weights are: of a model's size, or whole multiples of `unit`. */
export type Weights = { readonly kind: "random" } | { readonly kind: "whole"; readonly unit: number };

/** A block of 32 weights: its bytes and its values. */
type Block = readonly [bytes: ArrayBufferView, values: Float64Array];

const f16 = (value: number): number => rounded("f16", [value])[0]!;

/** Joins f16 numbers and bytes. */
function packed(halves: readonly number[], bytes: ArrayLike<number>): Uint8Array {
  const block = new Uint8Array(halves.length * 2 + bytes.length);
  block.set(new Uint8Array(toBits("f16", halves).buffer));
  block.set(bytes, halves.length * 2);
  return block;
}

/** Value q · scale + least; q of columns j and j + 16 share byte j. */
function q4_1(source: Numbers, weights: Weights): Block {
  const [scale, least] =
    weights.kind === "whole"
      ? [weights.unit * source.pick([1, 2]), weights.unit * source.whole(-15, 0)]
      : [f16(0.002 + 0.01 * source.uniform()), f16(-0.06 + 0.01 * source.normal())];
  const q = Array.from({ length: 32 }, () => source.whole(0, 15));
  const pairs = Array.from({ length: 16 }, (_, j) => q[j]! | (q[j + 16]! << 4));
  return [packed([scale, least], pairs), Float64Array.from(q, (one) => one * scale + least)];
}

function q8_0(source: Numbers, weights: Weights): Block {
  const whole = weights.kind === "whole";
  const scale = whole ? weights.unit * source.pick([1, -2]) : f16(0.0002 + 0.001 * source.uniform());
  const q = Int8Array.from({ length: 32 }, () => (whole ? source.whole(-10, 10) : source.whole(-128, 127)));
  return [packed([scale], new Uint8Array(q.buffer)), Float64Array.from(q, (one) => one * scale)];
}

function bf16(source: Numbers, weights: Weights): Block {
  const next = (): number => (weights.kind === "whole" ? weights.unit * source.whole(-20, 20) : 0.06 * source.normal());
  const values = rounded("bf16", Float64Array.from({ length: 32 }, next));
  return [toBits("bf16", values), values];
}

const BLOCKS = { q4_1, q8_0, bf16 } satisfies Record<Format, unknown>;

/** A matrix of `rows` rows of `blockCount` blocks of 32 columns. */
export function weightMatrix(
  format: Format,
  rows: number,
  blockCount: number,
  source: Numbers,
  weights: Weights,
): WeightMatrix {
  const columns = blockCount * 32;
  const bytes = new Uint8Array(rows * blockCount * BLOCK_BYTES[format]);
  const values = new Float64Array(rows * columns);
  for (let block = 0; block < rows * blockCount; block++) {
    const [raw, numbers] = BLOCKS[format](source, weights);
    bytes.set(new Uint8Array(raw.buffer, raw.byteOffset, raw.byteLength), block * BLOCK_BYTES[format]);
    values.set(numbers, block * 32);
  }
  return { format, rows, columns, bytes, values };
}

/** The matrix with row `from` also at row `to`, so that two outputs are equal. */
export function withRowTwice(matrix: WeightMatrix, from: number, to: number): WeightMatrix {
  const [bytes, values] = [matrix.bytes.slice(), matrix.values.slice()];
  const rowBytes = bytes.length / matrix.rows;
  bytes.copyWithin(to * rowBytes, from * rowBytes, (from + 1) * rowBytes);
  values.copyWithin(to * matrix.columns, from * matrix.columns, (from + 1) * matrix.columns);
  return { ...matrix, bytes, values };
}
