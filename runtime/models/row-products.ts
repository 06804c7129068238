import type { Device } from "../device/device.js";
import { integerRows, type RowUse, rowTiles, TILES } from "../kernels/tiles.js";
import { cdiv } from "../tiling.js";
import type { Matrix } from "./weights.js";

/**
 * Tiles and programs of a decode step's product with a bf16 matrix whose rows fit the registers, for `rows` rows of the result; undefined for other
 * matrices, which are multiplied in blocks.
 */
export function rowProduct({ traits, processors }: Device, { format, columns }: Matrix, use: RowUse, rows: number) {
  const found = format === "bf16" ? rowTiles(traits.tiles, columns, use) : undefined;
  return found && { tiles: found.tiles, programs: Math.min(cdiv(rows, found.tiles.R), processors * found.each) };
}

/** Tiles and programs of a product in integers, for `rows` rows of the result, where the device has such for the matrix. */
export function integerProduct({ traits, processors }: Device, { format, columns }: Matrix, rows: number) {
  const R = integerRows(traits.tiles, format, rows, processors);
  return R === undefined ? undefined : { tiles: { R, BLOCKS: columns / 32 }, programs: cdiv(rows, R) };
}

/** Programs that give logits, each with its best: as many as a device runs at a time, at the most one for each block of rows. */
export function logitPrograms(device: Device, head: Matrix): number {
  const { traits, processors } = device;
  const blocks = integerProduct(device, head, head.rows)?.programs ?? cdiv(head.rows, TILES[traits.tiles].logits.R);
  return rowProduct(device, head, "logits", head.rows)?.programs ?? Math.min(blocks, processors * traits.programsEach);
}
