/** How many programs of a kernel a multiprocessor holds at once. */

/** Of a multiprocessor (CUDA C++ Programming Guide, technical specifications by compute capability). */
interface Multiprocessor {
  readonly warps: number;
  readonly blocks: number;
  readonly sharedBytes: number;
}

const KIB = 1024;

const MULTIPROCESSORS: Readonly<Record<number, Multiprocessor>> = {
  80: { warps: 64, blocks: 32, sharedBytes: 164 * KIB },
  86: { warps: 48, blocks: 16, sharedBytes: 100 * KIB },
  89: { warps: 48, blocks: 24, sharedBytes: 100 * KIB },
  90: { warps: 64, blocks: 32, sharedBytes: 228 * KIB },
  100: { warps: 64, blocks: 32, sharedBytes: 228 * KIB },
  120: { warps: 48, blocks: 24, sharedBytes: 100 * KIB },
};

/** The same everywhere: registers, how many a warp takes at a time, warps that take theirs together, and shared memory. */
const REGISTERS = 65536;
const REGISTERS_TAKEN = 256;
const WARPS_TAKEN = 4;
const SHARED_TAKEN = 128;
/** Shared memory that the system keeps for itself of each block. */
const SHARED_KEPT = KIB;

export interface Resources {
  readonly registers: number;
  readonly sharedBytes: number;
  readonly warps: number;
}

export interface Occupancy {
  readonly blocks: number;
  /** Warps at once, and the most that there could be. */
  readonly warps: number;
  readonly mostWarps: number;
  /** What keeps more blocks out. */
  readonly limit: "registers" | "shared memory" | "warps" | "blocks";
}

const upTo = (value: number, step: number): number => Math.ceil(value / step) * step;
const downTo = (value: number, step: number): number => Math.floor(value / step) * step;

/** Null for an architecture whose multiprocessors are not known. */
export function occupancyOf(arch: number, { registers, sharedBytes, warps }: Resources): Occupancy | null {
  const sm = MULTIPROCESSORS[arch];
  if (!sm) return null;
  const eachWarp = upTo(Math.max(registers, 1) * 32, REGISTERS_TAKEN);
  const limits = {
    warps: Math.floor(sm.warps / warps),
    registers: Math.floor(downTo(Math.floor(REGISTERS / eachWarp), WARPS_TAKEN) / warps),
    "shared memory": Math.floor(sm.sharedBytes / upTo(sharedBytes + SHARED_KEPT, SHARED_TAKEN)),
    blocks: sm.blocks,
  };
  const [limit, blocks] = Object.entries(limits).reduce((a, b) => (b[1] < a[1] ? b : a));
  return { blocks, warps: blocks * warps, mostWarps: sm.warps, limit: limit as Occupancy["limit"] };
}
