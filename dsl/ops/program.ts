import { outsideKernel } from "../outside.js";
import type { NotPowerOfTwo, Problem } from "../shapes.js";
import type { Forgotten, Int, Tile } from "../types.js";

/**
 * Position of this program in the grid along axis 0, 1 or 2. Triton: `tl.program_id`.
 *
 * @example const row = programId(0);
 */
export function programId(axis: 0 | 1 | 2): Int {
  return outsideKernel("programId", axis);
}

/**
 * Number of programs of the grid along an axis. Triton: `tl.num_programs`.
 *
 * @example for (const tile of range(programId(0), tiles, numPrograms(0))) { … }
 */
export function numPrograms(axis: 0 | 1 | 2): Int {
  return outsideKernel("numPrograms", axis);
}

/**
 * The integers `start … end − 1` as a tile of i32. Their number must be a power of two known when the kernel is built.
 * Triton: `tl.arange`.
 *
 * @example const columns = arange(0, BLOCK); // [BLOCK]
 */
export function arange<const Start extends number, const End extends number>(
  start: Start,
  end: Start extends 0
    ? NotPowerOfTwo<End> extends true
      ? Problem<`arange: the size must be a power of two of at most 1048576, got ${End}`>
      : End
    : End,
): Tile<Start extends 0 ? [End] : Forgotten, "i32"> {
  return outsideKernel("arange", start, end);
}
