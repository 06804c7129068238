import { arange, col, expandDims, type Mask, maxContiguous, staticAssert, type Tile } from "tilescript";
import { q4_0, q4_1, q5_0, q5_1, q8_0 } from "../formats/blocks-of-32.js";
import { q2_k, q3_k, q4_k, q5_k, q6_k } from "../formats/blocks-of-256.js";
import { halves as f16OrBf16, words } from "../formats/floats.js";
import type { Buffers } from "../formats/numbers.js";
import { iq4_nl, iq4_xs, mxfp4 } from "../formats/tables-of-16.js";

export { FORMATS, type Format, formatOf, rowBytes } from "../formats/table.js";

/** A weight matrix. */
export interface Weights extends Buffers {
  /** Blocks of 32 columns of a row: a multiple of 8 in formats with blocks of 256. */
  blockCount: number;
  /** One of `FORMATS`. */
  FORMAT: string;
}

/**
 * The lanes of a block's halves [16], for products with one vector. A thread takes four, as many numbers of the vector as it loads at a time: with more,
 * those would have to change places among threads.
 */
export const lanes = () => maxContiguous(arange(0, 16), 4);

/**
 * Dequantises blocks of 32 columns of some rows of a weight matrix: rows [R], blocks [B], lane [16] → columns lane and
 * 16 + lane of each block, each f32 [R, B, 16]. ggml puts such two into one byte. Rows from `rowCount` and blocks from `blockCount` on read
 * as zero.
 */
export function dequantize(p: Weights, rows: Tile, blocks: Tile, lane: Tile, rowCount: number): [Tile, Tile] {
  const block = col(rows) * p.blockCount + blocks;
  const inside = col(rows) < rowCount && blocks < p.blockCount;
  if (p.FORMAT === "bf16") return f16OrBf16(p.bf16, expandDims(block, 2), expandDims(inside, 2), lane);
  else if (p.FORMAT === "f16") return f16OrBf16(p.halves, expandDims(block, 2), expandDims(inside, 2), lane);
  else if (p.FORMAT === "f32") return words(p.bf16, expandDims(block, 2), expandDims(inside, 2), lane);
  else if (p.FORMAT === "q4_0") return q4_0(p, block, inside, lane);
  else if (p.FORMAT === "q4_1") return q4_1(p, block, inside, lane);
  else if (p.FORMAT === "q5_0") return q5_0(p, block, inside, lane);
  else if (p.FORMAT === "q5_1") return q5_1(p, block, inside, lane);
  else if (p.FORMAT === "q8_0") return q8_0(p, block, inside, lane);
  else if (p.FORMAT === "iq4_nl") return iq4_nl(p, block, inside, lane);
  else if (p.FORMAT === "mxfp4") return mxfp4(p, block, inside, lane);
  else return blocksOf256(p, rows, blocks, lane, inside);
}

/** The formats whose blocks are eight of ours. */
function blocksOf256(p: Weights, rows: Tile, blocks: Tile, lane: Tile, inside: Mask): [Tile, Tile] {
  const block = col(rows) * (p.blockCount >> 3) + (blocks >> 3);
  const sub = blocks & 7;
  staticAssert(
    p.FORMAT === "q2_k" ||
      p.FORMAT === "q3_k" ||
      p.FORMAT === "q4_k" ||
      p.FORMAT === "q5_k" ||
      p.FORMAT === "q6_k" ||
      p.FORMAT === "iq4_xs",
    "FORMAT is one of the names in FORMATS",
  );
  if (p.FORMAT === "q2_k") return q2_k(p, block, sub, inside, lane);
  else if (p.FORMAT === "q3_k") return q3_k(p, block, sub, inside, lane);
  else if (p.FORMAT === "q4_k") return q4_k(p, block, sub, inside, lane);
  else if (p.FORMAT === "q5_k") return q5_k(p, block, sub, inside, lane);
  else if (p.FORMAT === "q6_k") return q6_k(p, block, sub, inside, lane);
  else return iq4_xs(p, block, sub, inside, lane);
}
