import { cdiv } from "../../tiling.js";
import { type MatrixUnit, matrixUnit, type UnitOf } from "../tiles.js";

/*
 * Tiles of the products of bf16 matrices, and which of them suits a shape. Measured on an H200 with the matrices of Llama 3.1 8B, for 4 to 8192
 * tokens (bench/LOG.md).
 */

/** Constants of `matmul` and `matmulAdd`. */
export interface ProductTile {
  readonly BM: number;
  readonly BN: number;
  readonly BK: number;
  readonly CN: number;
  readonly GROUP: number;
  readonly FLAT: boolean;
}

/** Constants of `matmulGated`, which has two sums of BM · BN. */
export type GatedTile = Omit<ProductTile, "CN" | "FLAT">;

interface Choice<Tile> {
  readonly tile: Tile;
  /** Speed of a full device with such tiles, of the fastest's. */
  readonly rate: number;
}

/** Rows of a tile on a GPU where there are more than these: products with as many rows of tiles have the same tile. */
export const PRODUCT_ROWS = 128;

const WIDE = { BM: PRODUCT_ROWS, BN: 256, BK: 64, CN: 128, GROUP: 8, FLAT: true };
const SQUARE = { BM: PRODUCT_ROWS, BN: 128, BK: 64, CN: 128, GROUP: 8, FLAT: false };
/*
 * Where one round of tiles is all there is, a tile takes as long as its rows of B are on their way: narrow ones, of which there is one for each
 * processor, with more stages of more columns.
 */
const NARROW = { BM: PRODUCT_ROWS, BN: 64, BK: 128, CN: 64, GROUP: 8, FLAT: false };
const FEW_ROWS = { BM: 64, BN: 64, BK: 128, CN: 64, GROUP: 8, FLAT: false };
const FEW_NARROW = { BM: 64, BN: 32, BK: 128, CN: 32, GROUP: 8, FLAT: false };
/** Eight warps hold its operands in registers without spilling. */
const SLIM = { BM: PRODUCT_ROWS, BN: 64, BK: 64, CN: 64, GROUP: 8, FLAT: false };
const ON_CPU = { BM: 32, BN: 32, BK: 64, CN: 32, GROUP: 1, FLAT: false };

const GATED_SQUARE = { BM: PRODUCT_ROWS, BN: 128, BK: 64, GROUP: 16 };
const GATED_SLIM = { BM: PRODUCT_ROWS, BN: 64, BK: 64, GROUP: 8 };
const GATED_FEW = { BM: 64, BN: 64, BK: 64, GROUP: 8 };

type Choices<Tile> = Readonly<Record<MatrixUnit, readonly Choice<Tile>[]>>;

/** The larger tile first: it is taken where both would take as long. */
export const PRODUCT_TILES: Choices<ProductTile> = {
  warpgroup: [
    { tile: WIDE, rate: 1 },
    { tile: SQUARE, rate: 0.97 },
    { tile: NARROW, rate: 0.6 },
    { tile: FEW_ROWS, rate: 0.41 },
    { tile: FEW_NARROW, rate: 0.22 },
  ],
  warp: [{ tile: SLIM, rate: 1 }],
  cpu: [{ tile: ON_CPU, rate: 1 }],
};

export const GATED_TILES: Choices<GatedTile> = {
  warpgroup: [
    { tile: GATED_SQUARE, rate: 1 },
    { tile: GATED_SLIM, rate: 0.94 },
    { tile: GATED_FEW, rate: 0.56 },
  ],
  warp: [{ tile: GATED_SLIM, rate: 1 }],
  cpu: [{ tile: { BM: 32, BN: 32, BK: 64, GROUP: 1 }, rate: 1 }],
};

/** Constants of `batchLogitsRows`. */
export const LOGITS_TILE = { BM: 64, BN: 64, BK: 128 } as const;

/** What of a device the choice depends on. */
export interface ProductDevice extends UnitOf {
  readonly processors: number;
}

const tilesOf = ({ M, N }: { M: number; N: number }, { BM, BN }: { BM: number; BN: number }): number =>
  cdiv(M, BM) * cdiv(N, BN);

/**
 * The tile that is through soonest with a result of M · N. Processors take tiles one after another, and the last round takes as long as a full
 * one: large tiles multiply faster, small ones leave less of that round empty. Tiles of fewer than PRODUCT_ROWS rows are for no more than these.
 */
export function tileFor<Tile extends { readonly BM: number; readonly BN: number }>(
  choices: Choices<Tile>,
  shape: { readonly M: number; readonly N: number },
  device: ProductDevice,
): Tile {
  const time = ({ tile, rate }: Choice<Tile>): number =>
    (cdiv(tilesOf(shape, tile), device.processors) * tile.BM * tile.BN) / rate;
  const all = choices[matrixUnit(device)];
  const most = all[0]!.tile.BM;
  const fit = all.filter(({ tile: { BM } }) => BM >= most || shape.M <= most);
  return fit.reduce((best, one) => (time(one) < time(best) ? one : best)).tile;
}

/**
 * Rows of A whose product with these tiles is M rows high. Its descriptor has them all: what copies a tile is slow where rows are missing. Those behind the
 * M-th may be any numbers, none of which meet another row's.
 */
export const paddedRows = (M: number, { BM }: { BM: number }): number => cdiv(M, BM) * BM;

/** Programs of a product: one for each tile, or as many as run at once, of which a processor holds one. */
export function productPrograms(
  shape: { readonly M: number; readonly N: number },
  tile: { readonly BM: number; readonly BN: number; readonly FLAT?: boolean },
  { processors }: ProductDevice,
): number {
  const tiles = tilesOf(shape, tile);
  return tile.FLAT ? Math.min(tiles, processors) : tiles;
}
