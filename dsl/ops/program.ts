import { outsideKernel } from "../outside.js";
import type { NotPowerOfTwo, Problem } from "../shapes.js";
import type { Forgotten, I64, Int, Tile } from "../types.js";

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
 * Warps of each program, as the build says; on the CPU executor, which has none, the same number. Triton: `tl.extra.cuda.num_warps`.
 *
 * @example const each = cdiv(rows, numWarps());
 */
export function numWarps(): Int {
  return outsideKernel("numWarps");
}

/**
 * Threads of each program: 32 for each warp, also on the CPU executor, where one thread runs a program. Triton: `tl.extra.cuda.num_threads`.
 *
 * @example const each = cdiv(n, numThreads());
 */
export function numThreads(): Int {
  return outsideKernel("numThreads");
}

/**
 * The multiprocessor that the program runs on; on the CPU executor the worker thread. Below `device.processors` on both. Triton: `tl.extra.cuda.smid`.
 *
 * @example atomicAdd(programsOf + smid(), 1);
 */
export function smid(): Int {
  return outsideKernel("smid");
}

/**
 * A clock of nanoseconds since some moment, read where it stands; on a GPU it may step by a microsecond or more. On the CPU executor it is the
 * process's own clock, and a program's time is that of the thread that runs it. Triton: `tl.extra.cuda.globaltimer`.
 *
 * @example const start = globalTimer();
 */
export function globalTimer(): I64 {
  return outsideKernel("globalTimer");
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
