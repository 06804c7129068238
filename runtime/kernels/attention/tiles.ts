import { matrixUnit, type TileSet, type UnitOf } from "../tiles.js";
import { combinedPart } from "./heads.js";

/** From so many keys on, more splits and larger blocks of narrow heads pay for what they cost. */
const LONG = 32 << 10;
const isLong = (DP: number, keys: number): boolean => DP <= 64 && keys > LONG;

/** Keys of the largest block: each has its own row in a table of angles. */
export const LARGEST_BLOCK = 128;

/** Programs of a decode step's attention for each multiprocessor: what its registers hold. */
const EACH = 2;

/** Blocks of keys that one program is through with sooner than several have combined what they made of them. */
const SOLO = 2;

/** Keys that a program of a decode step's attention takes at a time, of one sequence or of several. */
export const blockOfKeys = (set: TileSet, DP: number, keys: number): number =>
  set === "cpu" || DP > 128 ? 32 : isLong(DP, keys) ? 128 : 64;

/** Tiles of a decode step's attention over up to `keys` keys: at the most SPLITS of them, BN at a time, one up to SOLO blocks. */
export function decodeAttentionTiles(set: TileSet, shape: { GM: number; DP: number }, keys: number) {
  const SPLITS = set === "cpu" ? 4 : isLong(shape.DP, keys) ? 128 : 64;
  const BN = blockOfKeys(set, shape.DP, keys);
  return { SPLITS, BN, PART: combinedPart(SPLITS, shape), SOLO: set === "cpu" ? 1 : SOLO };
}

/** Splits at the most of each sequence's keys where several decode together: they fill a device among them. */
export const BATCH_SPLITS: Readonly<Record<TileSet, number>> = { gpu: 32, cpu: 4 };

/** Into how many splits keys are cut: what is on the device at once, beside `others` programs. */
export const splitsOf = (SPLITS: number, processors: number, kvHeads: number, others = 0): number =>
  Math.max(1, Math.min(SPLITS, Math.floor((EACH * processors - others) / kvHeads)));

/** What of a prompt's attention its tiles depend on. */
interface PrefillShape {
  readonly DP: number;
  readonly CAP: boolean;
  readonly SLIDES: boolean;
}

/**
 * Tiles of a prompt's attention: BM queries against BN keys at a time. Four warps that multiply 128 rows from shared memory have no registers left
 * for a cap or a third loop, and none of them where operands are in registers.
 */
export function prefillAttentionTiles(device: UnitOf, { DP, CAP, SLIDES }: PrefillShape) {
  const unit = matrixUnit(device);
  if (unit === "cpu") return { BM: 32, BN: 32 };
  if (DP > 128) return { BM: 64, BN: 64 };
  if (DP <= 64) return { BM: 64, BN: 128 };
  if (unit === "warp") return { BM: 128, BN: 128 };
  return CAP || SLIDES ? { BM: 64, BN: 64 } : { BM: 128, BN: 64 };
}
