/*
 * Tile sizes of the model kernels, by device and, where it matters, by the shape of what is multiplied. What a model needs compiled follows from
 * them (models/dry-run.ts). Sizes were chosen by measurement (bench/).
 */

/** Which of the tables suits a device. */
export type TileSet = "gpu" | "cpu";

const GPU = {
  embed: { B: 32 },
  /** Decode: R rows a program, B blocks of 32 columns at a time, KP elements of the residual at a time. */
  qkv: { B: 32, KP: 1024, R: 8 },
  gateUp: { B: 32, KP: 1024, R: 4 },
  down: { B: 64, R: 4 },
  out: { B: 32, R: 4 },
  logits: { B: 32, KP: 1024, R: 8 },
  greedy: { BLOCK: 1024 },
  top: { BLOCK: 8192 },
  /** Prefill: KP elements of a row at the most are read at a time, 32 to each thread; the products' tiles are in product-tiles.ts. */
  norm: { KP: 8192 },
  dequantize: { R: 8, B: 32 },
  few: { BM: 64, BN: 32, B: 2 },
  gate: { BLOCK: 512 },
  /** Weights as they come from a file. */
  pad: { BLOCK: 1024 },
  reorder: { BLOCK: 4096 },
} as const;

type Sizes<T> = { readonly [K in keyof T]: { readonly [C in keyof T[K]]: number } };

const CPU: Sizes<typeof GPU> = {
  embed: { B: 2 },
  qkv: { B: 2, KP: 64, R: 16 },
  gateUp: { B: 2, KP: 64, R: 16 },
  down: { B: 2, R: 16 },
  out: { B: 2, R: 16 },
  logits: { B: 2, KP: 64, R: 32 },
  greedy: { BLOCK: 64 },
  top: { BLOCK: 256 },
  norm: { KP: 64 },
  dequantize: { R: 4, B: 2 },
  few: { BM: 32, BN: 32, B: 2 },
  gate: { BLOCK: 64 },
  pad: { BLOCK: 256 },
  reorder: { BLOCK: 1024 },
};

export type Tiles = Sizes<typeof GPU>;

export const TILES: Readonly<Record<TileSet, Tiles>> = { gpu: GPU, cpu: CPU };

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
