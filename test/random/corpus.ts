import { DTYPE_NAMES, type DType, isFloat, isFloat8, isInteger, isNarrow } from "../../compiler/ir/index.js";

/**
 * Random kernels: `npm test` compares the first `few` with Triton's interpreter, test/gpu all of them with a GPU, and `node scripts/random-kernels.mjs`
 * draws others.
 */
export const CORPUS = { seed: 1, count: 2000, few: 600 } as const;

export const INTEGERS = DTYPE_NAMES.filter(isInteger);
export const FLOATS = DTYPE_NAMES.filter((dtype) => isFloat(dtype) && !isFloat8(dtype));
export const NUMBERS = [...INTEGERS, ...FLOATS];
export const ALL: readonly DType[] = ["bool", ...NUMBERS];
/** Those that memory is changed in, in one step. */
export const COUNTED = INTEGERS.filter((dtype) => !isNarrow(dtype));

/** Elements of a tile, of what a program has of each memory, and programs. */
export const SIZE = 16;
export const [REGION, PROGRAMS] = [32, 2];
export const CONSTANTS = { ROUNDS: 2 };
