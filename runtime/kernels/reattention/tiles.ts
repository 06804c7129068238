/* Tile sizes of ReAttention's kernels, by device; see tiles.ts. */

import type { TileSet } from "../tiles.js";

/*
 * A block of BN = OUTER · CLASSES · INNER keys is divided so that key (o, c, i) is in class c. The GPU's classes are those of the matrix
 * units' results: a thread finds the largest score of a class among its own registers. One class, the whole block, makes the approximate
 * pick of the paper's released kernel.
 */
const WHOLE_BLOCK = { OUTER: 1, CLASSES: 1, INNER: 128 } as const;

/** Maxima of a class that a pass for many queries keeps, sorted in registers: it serves up to so many picks. */
export const SORTED = 4;

/** Where candidates are rescored: 3 more than the picks for ties within a block and at least 1 for rounding. */
export const CANDIDATES = [8, 16, 32, 64] as const;

/** Parts that are certified at once at the most: usually a dozen may hold one of the best keys, and few rows want more than this. */
export const SLOTS = 32;

/** Tokens of which a KV head's codes lie beside each other (quantize.ts). */
export const TOGETHER = 256;

/** Tiles that depend on the head size: what is best has so many bytes, not so many keys. */
export type Width = "narrow" | "wide" | "widest";
export const widthOf = (DP: number): Width => (DP > 128 ? "widest" : DP > 64 ? "wide" : "narrow");

/** The same for all head sizes, save the widest where that is said. */
const always = <T>(tiles: T, widest: T = tiles): Record<Width, T> => ({ narrow: tiles, wide: tiles, widest });

const REATTENTION_GPU = {
  /** Decode, BN keys at a time, SUPER blocks of which the maximum is kept too; SUPERS is a bound on their number: 1M, 4M or 8M keys. */
  scan: {
    /** For up to 16 rows; more take the wide heads' tiles. */
    narrow: { BN: 256, SUPER: 4, OUTER: 8, CLASSES: 4, INNER: 8 },
    wide: { BN: 128, SUPER: 8, OUTER: 4, CLASSES: 4, INNER: 8 },
    widest: { BN: 64, SUPER: 16, OUTER: 2, CLASSES: 4, INNER: 8 },
  },
  scanByBlock: { BN: 128, SUPER: 8, ...WHOLE_BLOCK },
  scanRows: [16, 64],
  supers: [1024, 4096, 8192],
  /** For more than 4 picks, and by block. */
  supersDeep: [8192],
  /** Prefill, BM rows of a KV head against BN keys at a time. */
  stream: {
    narrow: { BM: 128, BN: 128, OUTER: 16, CLASSES: 4, INNER: 2 },
    wide: { BM: 64, BN: 128, OUTER: 16, CLASSES: 4, INNER: 2 },
    widest: { BM: 64, BN: 64, OUTER: 8, CLASSES: 4, INNER: 2 },
  },
  streamByBlock: { BM: 128, BN: 128, ...WHOLE_BLOCK },
  /** For more than 4 picks: smaller parts, since as many are scored again. */
  streamParts: {
    narrow: { BM: 128, BN: 128, OUTER: 8, CLASSES: 4, INNER: 2, SUPER: 16 },
    wide: { BM: 64, BN: 128, OUTER: 8, CLASSES: 4, INNER: 2, SUPER: 16 },
    widest: { BM: 64, BN: 64, OUTER: 8, CLASSES: 4, INNER: 2, SUPER: 16 },
  },
  /** Bytes of maxima that are kept at a time, of as many rows as that gives, one tile at the least. */
  partBytes: 512 << 20,
  /** Bounds on the entries of a row's lists: splits · CLASSES · SORTED. */
  lists: [32, 128, 1024],
  listsByBlock: [128],
  /** C parts are scored at a time: few rows want all loads on their way at once, many rows little room each. QR: rows of a product. */
  pick: { C: 2, QR: 16 },
  pickStreamed: { C: 1, QR: 16 },
  pickParts: { C: 4, QR: 16 },
  /** Votes: N positions at a time, of which up to CP stay; W of these are compared with all at a time. A decode step has few. */
  fewVotes: { N: 128, CP: 128, W: 16 },
  votes: [
    { N: 4096, CP: 256, W: 64 },
    { N: 4096, CP: 2048, W: 8 },
  ],
  gather: { BP: 4 },
  quantize: { BT: 16 },
  /** Middles from which on local tokens are attended to beside a decision, and keys in 8 bits, where there are some, stand for keys. */
  longFrom: 1 << 15,
  decode: { narrow: { SPLITS: 64, BN: 128 }, wide: { SPLITS: 64, BN: 64 }, widest: { SPLITS: 64, BN: 32 } },
  prefill: always({ BM: 128, BN: 128 }, { BM: 64, BN: 64 }),
} as const;

type Tiles<T> = T extends readonly (infer E)[]
  ? readonly Tiles<E>[]
  : T extends number
    ? number
    : { readonly [K in keyof T]: Tiles<T[K]> };
export type ReAttentionTiles = Tiles<typeof REATTENTION_GPU>;

const SMALL_BLOCK = { BN: 32, OUTER: 2, CLASSES: 4, INNER: 4 } as const;

const REATTENTION_CPU: ReAttentionTiles = {
  scan: always({ ...SMALL_BLOCK, SUPER: 4 }),
  scanByBlock: { BN: 128, SUPER: 4, ...WHOLE_BLOCK },
  scanRows: [1, 2, 4, 8, 16, 32, 64, 128],
  supers: [16, 1024, 65536],
  supersDeep: [16, 1024, 65536],
  stream: always({ ...SMALL_BLOCK, BM: 16 }),
  streamByBlock: { BM: 16, BN: 128, ...WHOLE_BLOCK },
  streamParts: always({ ...SMALL_BLOCK, BM: 16, BN: 64, SUPER: 4 }),
  partBytes: 1 << 20,
  lists: [32, 256, 1024],
  listsByBlock: [128],
  pick: { C: 4, QR: 1 },
  pickStreamed: { C: 4, QR: 1 },
  pickParts: { C: 4, QR: 1 },
  fewVotes: { N: 64, CP: 64, W: 16 },
  votes: [
    { N: 256, CP: 64, W: 64 },
    { N: 4096, CP: 2048, W: 64 },
  ],
  gather: { BP: 2 },
  quantize: { BT: 4 },
  longFrom: 1,
  decode: always({ SPLITS: 4, BN: 32 }),
  prefill: always({ BM: 16, BN: 32 }),
};

export const REATTENTION_TILES: Readonly<Record<TileSet, ReAttentionTiles>> = {
  gpu: REATTENTION_GPU,
  cpu: REATTENTION_CPU,
};
