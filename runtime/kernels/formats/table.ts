/**
 * The formats in which a weight matrix may lie on a device. All but f32, f16 and bf16 are ggml's blocks as they are in a file; a name is
 * ggml's in lower case. Rows follow each other without gaps.
 */
const block = (blockSize: number, blockBytes: number) => ({ blockSize, blockBytes }) as const;

/** `blockSize` weights take `blockBytes` bytes; a row is whole blocks, and whole 32 columns. */
export const FORMATS = {
  f32: block(32, 128),
  f16: block(32, 64),
  bf16: block(32, 64),
  q4_0: block(32, 18),
  q4_1: block(32, 20),
  q5_0: block(32, 22),
  q5_1: block(32, 24),
  q8_0: block(32, 34),
  iq4_nl: block(32, 18),
  mxfp4: block(32, 17),
  q2_k: block(256, 84),
  q3_k: block(256, 110),
  q4_k: block(256, 144),
  q5_k: block(256, 176),
  q6_k: block(256, 210),
  iq4_xs: block(256, 136),
} as const;

export type Format = keyof typeof FORMATS;

/** Those whose weights formats/integers.ts multiplies as whole numbers. */
export const INTEGER_FORMATS: ReadonlySet<Format> = new Set([
  "q4_0",
  "q4_1",
  "q5_0",
  "q5_1",
  "q8_0",
  "q4_k",
  "q5_k",
  "q6_k",
]);

/** Of these, those whose weights are q · d + m; of the others they are q · d. */
export const hasMiddle = (format: Format): boolean => ["q4_1", "q5_1", "q4_k", "q5_k"].includes(format);

const isFormat = (name: string): name is Format => Object.hasOwn(FORMATS, name);

/** The format of a tensor of this type, by its name in a GGUF file ("Q4_K"); undefined for one that no kernel reads. */
export function formatOf(tensorType: string): Format | undefined {
  const name = tensorType.toLowerCase();
  return isFormat(name) ? name : undefined;
}

/** Bytes of a row of so many columns. Throws RangeError where that is no whole number of blocks. */
export function rowBytes(format: Format, columns: number): number {
  const { blockSize, blockBytes } = FORMATS[format];
  if (!Number.isInteger(columns) || columns < 0 || columns % blockSize !== 0)
    throw new RangeError(`a row of ${columns} columns is no whole number of ${format} blocks of ${blockSize}`);
  return (columns / blockSize) * blockBytes;
}
