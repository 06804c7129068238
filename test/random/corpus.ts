/** The kernels that `npm test` compares with Triton's interpreter, and test/gpu with a GPU; the scripts draw others. */
export const CORPUS = { seed: 1, count: 2000 } as const;

export const INTEGERS = ["i8", "u8", "i16", "i32", "u32", "i64"] as const;
export const FLOATS = ["f16", "bf16", "f32", "f64"] as const;
export const NUMBERS = [...INTEGERS, ...FLOATS] as const;
export const ALL = ["bool", ...NUMBERS] as const;
export type DType = (typeof ALL)[number];

/** Elements of a tile, of what a program has of each memory, and programs. */
export const SIZE = 16;
export const [REGION, PROGRAMS] = [32, 2];
export const CONSTANTS = { ROUNDS: 2 };
