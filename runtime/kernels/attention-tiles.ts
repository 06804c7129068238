import { combinedPart } from "./heads.js";
import type { TileSet } from "./tiles.js";

/** From so many keys on, more splits and larger blocks pay for what they cost. */
const LONG = 32 << 10;

/** Keys of the largest block: each has its own row in a table of angles. */
export const LARGEST_BLOCK = 128;

/** Programs of a decode step's attention for each multiprocessor: what its registers hold. */
const EACH = 2;

/** Tiles of a decode step's attention over up to `keys` keys: at the most SPLITS of them, BN at a time. */
export function decodeAttentionTiles(set: TileSet, shape: { GM: number; DP: number }, keys: number) {
  const SPLITS = set === "cpu" ? 4 : keys > LONG ? 128 : 64;
  const BN = set === "cpu" ? 32 : shape.DP > 128 ? 32 : shape.DP <= 64 && keys > LONG ? 128 : 64;
  return { SPLITS, BN, PART: combinedPart(SPLITS, shape) };
}

/** Into how many splits keys are cut: what is on the device at once. */
export const splitsOf = (SPLITS: number, processors: number, kvHeads: number): number =>
  Math.max(1, Math.min(SPLITS, Math.floor((EACH * processors) / kvHeads)));

/**
 * Tiles of a prompt's attention: BM queries against BN keys at a time. From sm_90 on four warps multiply 128 rows from shared memory; before, they
 * would hold so much of the operands in registers that these spill.
 */
export function prefillAttentionTiles(set: TileSet, { DP }: { DP: number }, arch: number) {
  if (set === "cpu") return { BM: 32, BN: 32 };
  if (DP > 128) return { BM: 64, BN: 64 };
  if (DP <= 64) return { BM: 64, BN: 128 };
  return arch >= 90 ? { BM: 128, BN: 64 } : { BM: 128, BN: 128 };
}
