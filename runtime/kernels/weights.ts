import { col, expandDims, load, type Ptr, type Tile, to } from "tilescript";

/**
 * Device functions that read weight matrices in the formats of the kernels: raw GGUF blocks ("q4_1", "q8_0") and "bf16".
 * A matrix has rows of `blockCount` blocks of 32 columns. ggml puts column j of a block and column j + 16 into one byte,
 * so a block is handled as two halves of 16 columns: low and high.
 */
export type Format = "q4_1" | "q8_0" | "bf16";

/** Bytes of a block of 32 columns. */
export const BLOCK_BYTES = { q4_1: 20, q8_0: 34, bf16: 64 } as const;

/**
 * Dequantises blocks of some rows: rows [R], blocks [B], lane [16] → the low and the high halves, each f32 [R, B, 16].
 * Rows from `rowCount` and blocks from `blockCount` on read as zero. The four pointers are one buffer seen as four dtypes.
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
  const cell = expandDims(block, 2);
  const mask = expandDims(inside, 2);
  if (format === "q4_1") {
    const scale = expandDims(to(load(halves + block * 10, { mask: inside, other: 0 }), "f32"), 2);
    const least = expandDims(to(load(halves + block * 10 + 1, { mask: inside, other: 0 }), "f32"), 2);
    const pair = to(load(bytes + cell * 20 + 4 + lane, { mask, other: 0 }), "i32");
    return [to(pair & 15, "f32") * scale + least, to(pair >> 4, "f32") * scale + least];
  } else if (format === "q8_0") {
    const scale = expandDims(to(load(halves + block * 17, { mask: inside, other: 0 }), "f32"), 2);
    const low = to(load(signed + cell * 34 + 2 + lane, { mask, other: 0 }), "f32");
    const high = to(load(signed + cell * 34 + 18 + lane, { mask, other: 0 }), "f32");
    return [low * scale, high * scale];
  } else {
    const low = to(load(bf16 + cell * 32 + lane, { mask, other: 0 }), "f32");
    const high = to(load(bf16 + cell * 32 + 16 + lane, { mask, other: 0 }), "f32");
    return [low, high];
  }
}
