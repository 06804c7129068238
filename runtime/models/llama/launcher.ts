import type { Allocator } from "../../device/allocations.js";
import type { Arguments, Device, Grid, LoadedBundle } from "../../device/device.js";
import { CPU_TILES, GPU_TILES } from "../../kernels/tiles.js";
import { groupRows, headConstants } from "../../reattention/kernel-runner.js";
import type { ModelConfig } from "../config.js";
import type { Matrix } from "../matrix.js";

export type Tiles = typeof CPU_TILES;

/** Launches model kernels by name with the tile sizes of its device. */
export class KernelLauncher {
  readonly device: Device;
  readonly memory: Allocator;
  readonly tiles: Tiles;
  /** The constants of the attention kernels. */
  readonly heads: ReturnType<typeof headConstants> & { readonly GP: number };
  readonly #bundle: LoadedBundle;

  constructor(device: Device, bundle: LoadedBundle, config: ModelConfig, memory: Allocator = device) {
    this.device = device;
    this.memory = memory;
    this.tiles = device.kind === "cuda" ? GPU_TILES : CPU_TILES;
    this.#bundle = bundle;
    this.heads = { ...headConstants(config), GP: groupRows(config, device) };
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
