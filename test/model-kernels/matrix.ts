import { toBits } from "../../runtime/device/arrays.js";
import { FORMATS, type Format, rowBytes } from "../../runtime/kernels/linear/weights.js";
import { dequantize } from "../../runtime/weights/index.js";
import type { Numbers } from "./numbers.js";

/** A weight matrix as it lies in a GGUF file, and the numbers that it holds. */
export interface WeightMatrix {
  readonly format: Format;
  readonly rows: number;
  readonly columns: number;
  readonly bytes: Uint8Array;
  /** [rows, columns] */
  readonly values: Float64Array;
}

/** What random weights are: of a model's size, or whole multiples of `unit`, a power of two, of at most three digits. */
export type Weights = { readonly kind: "random" } | { readonly kind: "whole"; readonly unit: number };

/** Fills a block whose bytes are random already with what makes its weights such as are wanted. */
type Fill = (block: Uint8Array, source: Numbers, weights: Weights) => void;

function putHalf(block: Uint8Array, at: number, value: number): void {
  const bits = toBits("f16", [value])[0]!;
  block.set([bits & 255, bits >> 8], at);
}

/** A block of unquantised weights. */
const floats =
  (encode: (values: Float64Array) => ArrayBufferView): Fill =>
  (block, source, weights) => {
    const next = (): number =>
      weights.kind === "whole" ? weights.unit * source.whole(-20, 20) : 0.06 * source.normal();
    const { buffer } = encode(Float64Array.from({ length: 32 }, next));
    block.set(new Uint8Array(buffer));
  };

interface Scaled {
  /** Where the f16 scale stands. */
  readonly scaleAt: number;
  /** Scales of random weights are from this to twice this. */
  readonly size: number;
  /** Where the f16 minimum stands, if there is one, and how many steps of the scale it is for the weights' mean to be about zero. */
  readonly minimumAt?: number;
  readonly middle?: number;
  /** The small scales of whole weights: their mean is then one or two. */
  readonly small?: (block: Uint8Array, source: Numbers) => void;
}

/** A block with f16 scales: a minimum is added, in the formats with small scales subtracted. */
const scaled =
  ({ scaleAt, size, minimumAt, middle = 0, small }: Scaled): Fill =>
  (block, source, weights) => {
    const sign = small ? -1 : 1;
    const whole = weights.kind === "whole";
    const scale = whole ? weights.unit * source.pick(small ? [1] : [1, -1]) : size * (1 + source.uniform());
    putHalf(block, scaleAt, scale);
    if (minimumAt !== undefined) putHalf(block, minimumAt, whole ? sign * weights.unit : -sign * scale * middle);
    if (whole) small?.(block, source);
  };

/** Q4_K and Q5_K: scales 1 or 2, minima to 15. */
function scalesAndMinima(block: Uint8Array, source: Numbers): void {
  for (let i = 4; i < 8; i++) block[i] = source.pick([1, 2]);
  for (let i = 8; i < 12; i++) block[i] = source.whole(0, 15);
  for (let i = 12; i < 16; i++) block[i] = source.pick([1, 2]) | (source.whole(0, 15) << 4);
}

const each = (block: Uint8Array, from: number, to: number, next: () => number): void => {
  for (let i = from; i < to; i++) block[i] = next();
};

const FILLS: Readonly<Record<Format, Fill>> = {
  f32: floats((values) => Float32Array.from(values)),
  f16: floats((values) => toBits("f16", values)),
  bf16: floats((values) => toBits("bf16", values)),
  q4_0: scaled({ scaleAt: 0, size: 0.006 }),
  q4_1: scaled({ scaleAt: 0, size: 0.006, minimumAt: 2, middle: 7 }),
  q5_0: scaled({ scaleAt: 0, size: 0.003 }),
  q5_1: scaled({ scaleAt: 0, size: 0.003, minimumAt: 2, middle: 15 }),
  q8_0: scaled({ scaleAt: 0, size: 0.0004 }),
  iq4_nl: scaled({ scaleAt: 0, size: 0.0006 }),
  mxfp4: (block, source, weights) => {
    block[0] = 128 + (weights.kind === "whole" ? Math.log2(weights.unit) : source.whole(-9, -6));
  },
  q2_k: scaled({
    scaleAt: 80,
    size: 0.003,
    minimumAt: 82,
    middle: 1,
    small: (block, source) => each(block, 0, 16, () => source.pick([1, 2]) | (source.whole(0, 15) << 4)),
  }),
  // Scales of 33, which is 1.
  q3_k: scaled({
    scaleAt: 108,
    size: 0.001,
    small: (block) => {
      block.fill(0x11, 96, 104);
      block.fill(0xaa, 104, 108);
    },
  }),
  q4_k: scaled({ scaleAt: 0, size: 0.0001, minimumAt: 2, middle: 7, small: scalesAndMinima }),
  q5_k: scaled({ scaleAt: 0, size: 0.00006, minimumAt: 2, middle: 15, small: scalesAndMinima }),
  q6_k: scaled({
    scaleAt: 208,
    size: 0.00003,
    small: (block, source) => each(block, 192, 208, () => source.pick([1, 254])),
  }),
  iq4_xs: scaled({
    scaleAt: 0,
    size: 0.00004,
    small: (block) => {
      block.fill(0xaa, 2, 4);
      block.fill(0x11, 4, 8);
    },
  }),
};

/** A matrix of `rows` rows of `blockCount` blocks of 32 columns, whole blocks of the format. */
export function weightMatrix(
  format: Format,
  rows: number,
  blockCount: number,
  source: Numbers,
  weights: Weights,
): WeightMatrix {
  const columns = blockCount * 32;
  const { blockBytes } = FORMATS[format];
  const bytes = new Uint8Array(rows * rowBytes(format, columns));
  for (let at = 0; at < bytes.length; at += blockBytes) {
    const block = bytes.subarray(at, at + blockBytes);
    each(block, 0, blockBytes, () => source.whole(0, 255));
    FILLS[format](block, source, weights);
  }
  return { format, rows, columns, bytes, values: Float64Array.from(dequantize(typeOf(format), bytes)) };
}

/** The format's name in a GGUF file. */
export const typeOf = (format: Format) => format.toUpperCase() as Uppercase<Format>;

/** The matrix with row `from` also at row `to`, so that two outputs are equal. */
export function withRowTwice(matrix: WeightMatrix, from: number, to: number): WeightMatrix {
  const [bytes, values] = [matrix.bytes.slice(), matrix.values.slice()];
  const size = bytes.length / matrix.rows;
  bytes.copyWithin(to * size, from * size, (from + 1) * size);
  values.copyWithin(to * matrix.columns, from * matrix.columns, (from + 1) * matrix.columns);
  return { ...matrix, bytes, values };
}
