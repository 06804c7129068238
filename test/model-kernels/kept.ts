import { FORMATS, type Format } from "../../runtime/kernels/linear/weights.js";
import { KEPT } from "../../runtime/models/upload.js";

/** The formats that kernels of decode and prefill read as they are. */
export const kept: readonly Format[] = [...KEPT];

/** Blocks of 32 columns that rows of a format consist of: a whole block of its own. */
export const unitOf = (format: Format): number => Math.max(1, FORMATS[format].blockSize / 32);

/** Numbers of blocks as rows of a format may have them, each once. */
export function wholeBlocks(format: Format, counts: readonly number[]): number[] {
  const unit = unitOf(format);
  return [...new Set(counts.map((count) => Math.max(1, Math.ceil(count / unit)) * unit))];
}
