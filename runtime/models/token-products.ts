import type { Device } from "../device/device.js";
import { blockTiles, integerRows, type RowUse, rowTiles, TILES } from "../kernels/tiles.js";
import { cdiv } from "../tiling.js";
import { type Matrix, rowArguments, weightArguments } from "./weights.js";

/**
 * How a decode step's product with a matrix is made, for `rows` rows of the result: by which of the kernels that there are for each `use`, in how many
 * programs, and what they take of the matrix. Of bf16 whole rows, where registers hold them; in integers, where the device has that for the format; else
 * in blocks. Programs that give logits, each with its best, are as many as a device runs at a time: they take blocks of rows in turn.
 */
export function tokenProduct<Use extends RowUse>(device: Device, matrix: Matrix, use: Use, rows: number) {
  const { traits, processors } = device;
  const { format, columns } = matrix;
  const most = use === "logits" ? processors * traits.programsEach : rows;
  const programs = (R: number, most: number) => [Math.min(cdiv(rows, R), most)] as const;
  const whole = format === "bf16" ? rowTiles(traits.tiles, columns, use) : undefined;
  if (whole) {
    const args = { ...rowArguments(matrix), ...whole.tiles };
    return { way: "rows", grid: programs(whole.tiles.R, processors * whole.each), args } as const;
  }
  const tile = TILES[traits.tiles][use];
  const R = integerRows(traits.tiles, format, rows, processors);
  if (R !== undefined) {
    const { B, ...rest } = tile;
    const args = { ...weightArguments(matrix), ...rest, R, BLOCKS: columns / 32 };
    return { way: "integers", grid: programs(R, most), args } as const;
  }
  const blockCount = columns / 32;
  const tiles = blockTiles(traits.tiles, tile, blockCount, use === "logits");
  return {
    way: "blocks",
    grid: programs(tiles.R, most),
    args: { ...weightArguments(matrix), blockCount, ...tiles },
  } as const;
}

/** Programs that give logits. */
export const logitPrograms = (device: Device, head: Matrix): number =>
  tokenProduct(device, head, "logits", head.rows).grid[0];
