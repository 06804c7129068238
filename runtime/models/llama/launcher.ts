import type { Arguments, Device, Grid, LoadedBundle } from "../../device/device.js";
import { CPU_TILES, GPU_TILES } from "../../kernels/tiles.js";
import type { ModelConfig } from "../config.js";
import type { Matrix } from "../matrix.js";

export type Tiles = typeof CPU_TILES;

/** The constants of a model's attention kernels: heads, and the powers of two above them that tiles need. */
export interface HeadConstants {
  readonly G: number;
  readonly GP: number;
  readonly D: number;
  readonly HALF: number;
  readonly HP: number;
  readonly KVP: number;
}

/** Launches model kernels by name with the tile sizes of its device. */
export class KernelLauncher {
  readonly device: Device;
  readonly tiles: Tiles;
  readonly heads: HeadConstants;
  readonly #bundle: LoadedBundle;

  constructor(device: Device, bundle: LoadedBundle, config: ModelConfig) {
    this.device = device;
    this.tiles = device.kind === "cuda" ? GPU_TILES : CPU_TILES;
    this.#bundle = bundle;
    const group = config.heads / config.kvHeads;
    this.heads = {
      G: group,
      // The matrix units take at least 16 rows; the CPU executor any power of two.
      GP: Math.max(device.kind === "cuda" ? 16 : 1, powerOfTwo(group)),
      D: config.headSize,
      HALF: config.headSize / 2,
      HP: powerOfTwo(config.heads),
      KVP: powerOfTwo(config.kvHeads),
    };
  }

  run(kernel: string, grid: Grid, args: Arguments): void {
    this.#bundle.kernel(kernel).launch(grid, args);
  }
}

/** A matrix as the kernels take it: one buffer under four dtypes, and its format. */
export const weightArguments = ({ buffer, format }: Matrix) => ({
  bytes: buffer,
  signed: buffer,
  halves: buffer,
  bf16: buffer,
  FORMAT: format,
});

export const powerOfTwo = (n: number): number => 2 ** Math.ceil(Math.log2(n));
export const cdiv = (a: number, b: number): number => Math.ceil(a / b);
