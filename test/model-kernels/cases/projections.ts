/** What the matrix-vector products of a decode step are tried with, and what they have in common. */

import type { Format } from "../../../runtime/kernels/linear/weights.js";
import { blockTiles, type RowUse } from "../../../runtime/kernels/tiles.js";
import { type Inputs, inputs, KINDS, type Kind, normInputs } from "../activations.js";
import type { Setting } from "../case.js";
import { kept, wholeBlocks } from "../kept.js";
import { type WeightMatrix, type Weights, weightMatrix } from "../matrix.js";
import { biased, normalized, product } from "../reference.js";

export interface Projection {
  readonly FORMAT: Format;
  readonly kind: Kind;
  readonly blockCount: number;
  /** Elements that count; behind them stand zeros. Default: all. */
  readonly width?: number;
}

export const weightsOf = (kind: Kind, unit = 1): Weights => (kind === "whole" ? { kind, unit } : { kind: "random" });

/**
 * Numbers of blocks: less than a tile, a whole one, more, and more than two, which no tile takes at once. The mean square of whole numbers is exact only over a power of two of them,
 * since a GPU divides by multiplying with the reciprocal.
 */
const blockCounts = (kind: Kind, B: number): number[] =>
  kind === "whole" ? [1, B, 2 * B, 4 * B] : [1, B - 1, B + 1, 2 * B + 1];

/** Every combination of format, kind and number of blocks. */
export const projections = (B: number, blocks = blockCounts): Projection[] =>
  kept.flatMap((FORMAT) =>
    KINDS.flatMap((kind) => wholeBlocks(FORMAT, blocks(kind, B)).map((blockCount) => ({ FORMAT, kind, blockCount }))),
  );

/** What a kernel's other choices are tried with: one format, both kinds, a part of a tile and more than one. */
export const someProjections = (B: number): Projection[] =>
  KINDS.flatMap((kind) =>
    [1, kind === "whole" ? 4 * B : 2 * B + 1].map((blockCount) => ({ FORMAT: "q4_0" as const, kind, blockCount })),
  );

/** Widths that are no whole blocks. */
export const narrowProjections = (B: number): Projection[] => [
  { FORMAT: "bf16", kind: "random", blockCount: 1, width: 27 },
  { FORMAT: "bf16", kind: "random", blockCount: B + 1, width: (B + 1) * 32 - 5 },
  { FORMAT: "bf16", kind: "whole", blockCount: 1, width: 16 },
];

/** A product's tiles with what follows from them: whether one takes a row whole. */
export const tilesFor = <Use extends RowUse>(
  { set, tiles }: Setting,
  use: Use,
  { blockCount }: Pick<Projection, "blockCount">,
) => blockTiles(set, tiles[use], blockCount, use === "logits");

export function titleOf({ FORMAT, kind, blockCount, width }: Projection, ...choices: readonly string[]): string {
  const blocks = `${blockCount} block${blockCount === 1 ? "" : "s"}`;
  return [FORMAT, `${kind} numbers`, blocks, ...(width ? [`width ${width}`] : []), ...choices].join(", ");
}

/** A bias of `count` multiples of `unit`, or none. */
export const biasOf = ({ kind, f32 }: Inputs, BIAS: boolean, count: number, unit = 1): Float64Array | undefined =>
  BIAS ? f32(count).map((value) => (kind === "whole" ? value * unit : value)) : undefined;

/** A normed residual times a matrix, with what it is made of. */
export function normedProjection(
  { FORMAT, kind, blockCount, width = blockCount * 32 }: Projection,
  rows: number,
  { BIAS, unit = 1, change = (matrix) => matrix }: NormedOptions,
) {
  const data = inputs(kind, blockCount + width);
  const { x, norm, epsilon } = normInputs(data, width);
  const state = normalized(x, norm, epsilon, width);
  const times = ({ values, columns }: WeightMatrix) => product(state, values, 1, rows, columns);
  const matrix = change(weightMatrix(FORMAT, rows, blockCount, data.source, weightsOf(kind, unit)), times);
  const bias = biasOf(data, BIAS, rows, unit);
  return { data, x, norm, epsilon, width, matrix, bias, y: biased(times(matrix), bias) };
}

interface NormedOptions {
  readonly BIAS: boolean;
  /** Whole weights and biases are multiples of it. */
  readonly unit?: number;
  /** What happens to the matrix before it is used. */
  readonly change?: (matrix: WeightMatrix, times: (matrix: WeightMatrix) => Float64Array) => WeightMatrix;
}
