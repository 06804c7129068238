import { col, expandDims, type Mask, type Ptr, staticAssert, type Tile } from "tilescript";
import { q4_0, q4_1, q5_0, q5_1, q8_0 } from "./formats/blocks-of-32.js";
import { q2_k, q3_k, q4_k, q5_k, q6_k } from "./formats/blocks-of-256.js";
import { halves as f16OrBf16, words } from "./formats/floats.js";
import { iq4_nl, iq4_xs, mxfp4 } from "./formats/tables-of-16.js";

export { FORMATS, type Format, formatOf, rowBytes } from "./formats/table.js";

/**
 * Dequantises blocks of 32 columns of some rows of a weight matrix in one of `FORMATS`: rows [R], blocks [B], lane [16] → columns lane and
 * 16 + lane of each block, each f32 [R, B, 16]. ggml puts such two into one byte. Rows from `rowCount` and blocks from `blockCount` on read
 * as zero. The four pointers are one buffer seen as four dtypes. In formats with blocks of 256 `blockCount` is a multiple of 8.
 */
export function dequantize(
  bytes: Ptr<"u8">,
  signed: Ptr<"i8">,
  halves: Ptr<"f16">,
  bf16: Ptr<"bf16">,
  rows: Tile,
  blocks: Tile,
  lane: Tile,
  rowCount: number,
  blockCount: number,
  format: string,
): [Tile, Tile] {
  const block = col(rows) * blockCount + blocks;
  const inside = col(rows) < rowCount && blocks < blockCount;
  if (format === "bf16") return f16OrBf16(bf16, expandDims(block, 2), expandDims(inside, 2), lane);
  else if (format === "f16") return f16OrBf16(halves, expandDims(block, 2), expandDims(inside, 2), lane);
  else if (format === "f32") return words(bf16, expandDims(block, 2), expandDims(inside, 2), lane);
  else if (format === "q4_0") return q4_0(bytes, halves, block, inside, lane);
  else if (format === "q4_1") return q4_1(bytes, halves, block, inside, lane);
  else if (format === "q5_0") return q5_0(bytes, halves, bf16, block, inside, lane);
  else if (format === "q5_1") return q5_1(bytes, halves, bf16, block, inside, lane);
  else if (format === "q8_0") return q8_0(signed, halves, block, inside, lane);
  else if (format === "iq4_nl") return iq4_nl(bytes, halves, block, inside, lane);
  else if (format === "mxfp4") return mxfp4(bytes, block, inside, lane);
  else return blocksOf256(bytes, halves, bf16, rows, blocks, lane, inside, blockCount, format);
}

/** The formats whose blocks are eight of ours. */
function blocksOf256(
  bytes: Ptr<"u8">,
  halves: Ptr<"f16">,
  bf16: Ptr<"bf16">,
  rows: Tile,
  blocks: Tile,
  lane: Tile,
  inside: Mask,
  blockCount: number,
  format: string,
): [Tile, Tile] {
  const block = col(rows) * (blockCount >> 3) + (blocks >> 3);
  const sub = blocks & 7;
  staticAssert(
    format === "q2_k" ||
      format === "q3_k" ||
      format === "q4_k" ||
      format === "q5_k" ||
      format === "q6_k" ||
      format === "iq4_xs",
    "FORMAT is one of the names in FORMATS",
  );
  if (format === "q2_k") return q2_k(bytes, halves, bf16, block, sub, inside, lane);
  else if (format === "q3_k") return q3_k(bytes, halves, bf16, block, sub, inside, lane);
  else if (format === "q4_k") return q4_k(bytes, halves, block, sub, inside, lane);
  else if (format === "q5_k") return q5_k(bytes, halves, block, sub, inside, lane);
  else if (format === "q6_k") return q6_k(bytes, halves, bf16, block, sub, inside, lane);
  else return iq4_xs(bytes, halves, bf16, block, sub, inside, lane);
}
