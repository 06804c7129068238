/*
 * Tile sizes of the model kernels, by device and, where it matters, by the shape of what is multiplied. What a model needs compiled follows from
 * them (models/dry-run.ts). Sizes were chosen by measurement (bench/).
 */

import { cdiv, powerOfTwo } from "../tiling.js";
import { LONG_ROW } from "./compile-options.js";
import { type Format, INTEGER_FORMATS } from "./formats/table.js";

/** Which of the tables suits a device. */
export type TileSet = "gpu" | "cpu";

const GPU = {
  embed: { B: 32 },
  /** Decode: R rows a program, B blocks of 32 columns at a time, KP elements of the residual at a time. */
  qkv: { B: 32, KP: 1024, R: 4 },
  gateUp: { B: 32, KP: 1024, R: 2 },
  add: { B: 32, R: 4 },
  logits: { B: 32, KP: 1024, R: 2 },
  greedy: { BLOCK: 1024 },
  top: { BLOCK: 8192 },
  shaping: { BLOCK: 1024 },
  tell: { BLOCK: 8192, COLUMN: 32 },
  score: { BLOCK: 4096 },
  /** Prefill: KP elements of a row at the most are read at a time, 32 to each thread; the products' tiles are in product-tiles.ts. */
  norm: { KP: 8192 },
  dequantize: { R: 8, B: 32 },
  few: { BM: 64, BN: 32, B: 2 },
  gate: { BLOCK: 512 },
  /** Experts: of one token, and of a chunk, where an expert has few rows or many. */
  routeToken: { B: 32, KP: 1024, R: 4 },
  expertsGateUp: { B: 32, KP: 1024, R: 4 },
  expertsDown: { B: 32, R: 4 },
  routeTokens: { BM: 32, BN: 64, B: 2 },
  sortByExpert: { BLOCK: 2048 },
  tileByExpert: { BLOCK: 32 },
  fewRows: { BM: 16, BN: 64, B: 2 },
  manyRows: { BM: 64, BN: 64, B: 2 },
  sumExperts: { BLOCK: 1024 },
  /** Weights as they come from a file. */
  pad: { BLOCK: 1024 },
  reorder: { BLOCK: 4096 },
} as const;

type Sizes<T> = { readonly [K in keyof T]: { readonly [C in keyof T[K]]: number } };

const CPU: Sizes<typeof GPU> = {
  embed: { B: 2 },
  qkv: { B: 2, KP: 64, R: 16 },
  gateUp: { B: 2, KP: 64, R: 16 },
  add: { B: 2, R: 16 },
  logits: { B: 2, KP: 64, R: 32 },
  greedy: { BLOCK: 64 },
  top: { BLOCK: 256 },
  shaping: { BLOCK: 256 },
  tell: { BLOCK: 256, COLUMN: 64 },
  score: { BLOCK: 256 },
  norm: { KP: 64 },
  dequantize: { R: 4, B: 2 },
  few: { BM: 32, BN: 32, B: 2 },
  gate: { BLOCK: 64 },
  routeToken: { B: 2, KP: 64, R: 16 },
  expertsGateUp: { B: 2, KP: 64, R: 16 },
  expertsDown: { B: 2, R: 16 },
  routeTokens: { BM: 32, BN: 16, B: 2 },
  sortByExpert: { BLOCK: 64 },
  tileByExpert: { BLOCK: 8 },
  fewRows: { BM: 8, BN: 32, B: 2 },
  manyRows: { BM: 32, BN: 32, B: 2 },
  sumExperts: { BLOCK: 64 },
  pad: { BLOCK: 256 },
  reorder: { BLOCK: 1024 },
};

export type Tiles = Sizes<typeof GPU>;

export const TILES: Readonly<Record<TileSet, Tiles>> = { gpu: GPU, cpu: CPU };

/**
 * Tiles of the products of bf16 matrices with whole rows in registers (decode-rows.kernel.ts): R rows of K elements in parts of P0 and P1, and
 * how many programs a multiprocessor has at once. Undefined where blocks of rows do better: on a CPU, and for rows that no registers hold.
 */
export function rowTiles(set: TileSet, K: number, use: RowUse) {
  if (set === "cpu" || K > 32768) return undefined;
  const whole = powerOfTwo(K);
  // A power of two may be far more than is there: then the rest is a part of its own.
  const [P0, P1]: [number, number] =
    K <= 4096 || whole <= K * 1.1 ? [whole, 16] : [whole / 2, Math.max(16, powerOfTwo(K - whole / 2))];
  const TWO = P1 > 16;
  const R = K <= 1024 && use !== "gateUp" ? 4 : 2;
  const columns = TWO ? P0 + P1 : P0;
  const each = K <= 1024 ? 16 : K <= 4096 ? ROWS_EACH[use] : columns <= LONG_ROW ? 2 : 1;
  return { tiles: { R, P0, P1, TWO }, each };
}

/**
 * Tiles of a product in blocks (decode-project.kernel.ts) with rows of `blockCount` blocks. A GPU takes rows whole, ONE, up to twice the usual blocks, since
 * what is read a step later waits for memory; and half as many of them, unless programs take turns.
 */
export function blockTiles<Tile extends { readonly B: number; readonly R: number }>(
  set: TileSet,
  tile: Tile,
  blockCount: number,
  takesTurns = false,
) {
  const B = set === "gpu" && blockCount > tile.B && blockCount <= 2 * tile.B ? 2 * tile.B : tile.B;
  const ONE = blockCount <= B;
  return { ...tile, B, R: set === "gpu" && ONE && !takesTurns ? tile.R / 2 : tile.R, ONE };
}

/** Programs that a multiprocessor has at once of each product; a gate and its up take twice the registers. */
export type RowUse = keyof typeof ROWS_EACH;

const ROWS_EACH = { qkv: 4, gateUp: 2, add: 4, logits: 4 } as const;

/**
 * Rows of a program that multiplies in integers (decode-integers.kernel.ts), where a device does so and the matrix has as many; else undefined.
 * Half as many where that employs more processors.
 */
export function integerRows(set: TileSet, format: Format, rows: number, processors: number): number | undefined {
  const R = Math.min(rows < 64 * processors ? 32 : 64, powerOfTwo(rows + 1) / 2);
  return set === "cpu" && INTEGER_FORMATS.has(format) && R >= 16 ? R : undefined;
}

/** Rows and tokens of the largest tile of a product in words. */
export const WORD_TILE = { rows: 32, tokens: 128 } as const;

/** Rows of a matrix in a tile of a product in words (linear/matmul-integers.kernel.ts), where a device has such and the matrix so many; else undefined. */
export function wordRows({ traits, processors }: UnitOf & { readonly processors: number }, rows: number) {
  const R = Math.min(rows < 64 * processors ? 16 : WORD_TILE.rows, powerOfTwo(rows + 1) / 2);
  return traits.tiles === "cpu" && R >= 16 ? R : undefined;
}

/** Tokens of a tile of such a product: as many as fit the nearest memory, and no more than there are. */
export const wordTokens = (count: number): number => {
  const M = Math.max(8, Math.min(WORD_TILE.tokens, powerOfTwo(count)));
  return M === WORD_TILE.tokens && cdiv(count, 64) % 2 === 1 ? 64 : M;
};

/** Bits of a factor beside its sign where the other one is of this format: products of 32 have 31 together. */
export const wordBits = (format: Format): number => (format !== "q6_k" && INTEGER_FORMATS.has(format) ? 15 : 13);

/** Rows of a tile of few rows: where no unit multiplies many at once, no more than there are. */
export const rowsOfTile = (set: TileSet, BM: number, rows: number): number =>
  set === "cpu" ? Math.min(BM, powerOfTwo(rows)) : BM;

/** Elements of a block that `readMemory` reads at a time: 16 to each thread, in loads of 16 bytes. */
export const READ_BLOCK = 4096;

/**
 * How a device multiplies matrices: four warps together, from 227 KB of shared memory; each warp for itself, from registers, with 99 or 163 KB of
 * shared memory; or the CPU executor.
 */
export type MatrixUnit = "warpgroup" | "warp" | "cpu";

/** What of a device says so. */
export interface UnitOf {
  readonly arch: number;
  readonly traits: { readonly tiles: TileSet };
}

/** CUDA C++ Programming Guide, compute capabilities; PTX ISA, wgmma and tcgen05. */
const WARPGROUPS: ReadonlySet<number> = new Set([90, 100, 103]);

export const matrixUnit = ({ arch, traits }: UnitOf): MatrixUnit =>
  traits.tiles === "cpu" ? "cpu" : WARPGROUPS.has(arch) ? "warpgroup" : "warp";
