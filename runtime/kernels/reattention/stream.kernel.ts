import {
  arange,
  type Const,
  cdiv,
  col,
  type Descriptor,
  dot,
  floorDiv,
  full,
  kernel,
  maximum,
  minimum,
  numPrograms,
  type Ptr,
  programId,
  range,
  row,
  staticRange,
  store,
  type Tile,
  trans,
  where,
} from "tilescript";
import { type Chunks, keysAt, queriesOf, tileOf } from "./chunk-rows.js";
import { classMaxima } from "./classes.js";
import { SORTED } from "./tiles.js";

/*
 * The pass over the middle's keys for many queries, at the speed of the matrix units: a program holds BM rows of one KV head (query ·
 * G + head of the group) and streams over a split of the keys. Of each class of the blocks (classes.ts) a row keeps the SORTED
 * largest maxima and their blocks, sorted in registers: scores never leave them.
 *
 * The arithmetic, for 128 rows, 128 keys and D 64: the product takes 512 cycles of an SM's matrix units. Each of 128 threads holds 128 scores, four
 * rows of 32; finding a class's maximum takes 31 instructions, as a class is what a thread holds of a row, and 20 insert it
 * into a list of 4: about 200 cycles of issue, which the other program of the SM hides. Rescoring reads K parts of 32 keys a row: at D 128
 * and K 4 it is 32 KB, 0.54 GB for 16384 rows, where whole blocks of 128 would be 2.1 GB.
 */

/** Blocks of a middle that a split has: [first, past the last]. */
function blocksOfSplit(length: number, BN: number): [number, number] {
  const blocks = cdiv(length, BN);
  const share = cdiv(blocks, numPrograms(1));
  const start = minimum(programId(1) * share, blocks);
  return [start, minimum(start + share, blocks)];
}

/** Puts x where it belongs in one place of a sorted list, and gives on what must go further down. Of equal values the first stays first. */
function sift(x: Tile, block: Tile, value: Tile, at: Tile): [Tile, Tile, Tile, Tile] {
  const better = x > value;
  return [maximum(x, value), where(better, block, at), minimum(x, value), where(better, at, block)];
}

/** The SORTED largest maxima of each class, then the blocks they are of. */
type Lists = [Tile, Tile, Tile, Tile, Tile, Tile, Tile, Tile];

/** Lists with the maxima of a block among them. */
function withBlock(
  p: { BM: number; OUTER: number; CLASSES: number; INNER: number },
  scores: Tile,
  block: number,
  lists: Lists,
): Lists {
  const next: Lists = [...lists];
  let x = classMaxima(scores, p.BM, p.OUTER, p.CLASSES, p.INNER);
  let b = full([p.BM, p.CLASSES], block, "i32");
  for (const i of staticRange(SORTED)) [next[i], next[SORTED + i], x, b] = sift(x, b, next[i]!, next[SORTED + i]!);
  return next;
}

/** The four largest maxima of each class of each row, for K up to 4. Gives values and blocks [chunks, rows, splits, CLASSES, SORTED], −∞ for none. */
export const reattentionStream = kernel(
  <T extends "f16" | "bf16">(
    p: {
      q: Ptr<T>;
      /** [tokens, KV heads, D] */
      keys: Descriptor<T, [Const<"BN">, 1, Const<"DP">]>;
      values: Ptr<"f32">;
      blocks: Ptr<"i32">;
      BN: Const<"BN">;
      OUTER: Const<"OUTER">;
      CLASSES: Const<"CLASSES">;
      INNER: Const<"INNER">;
    } & Chunks,
  ) => {
    const [first, last, rows, kvHead, ofTile] = tileOf(p, programId(2), programId(0));
    const member = ofTile + arange(0, p.BM);
    // A chunk that is not full has tiles without rows.
    const length = ofTile < rows ? p.before + last : 0;
    const query = queriesOf(p, first, kvHead, member, rows);
    const nothing = full([p.BM, p.CLASSES], -Infinity, "f32");
    const none = full([p.BM, p.CLASSES], -1, "i32");
    let lists: Lists = [nothing, nothing, nothing, nothing, none, none, none, none];
    const [start, end] = blocksOfSplit(length, p.BN);
    const whole = maximum(start, minimum(end, floorDiv(length, p.BN)));
    for (const block of range(start, whole)) {
      const key = keysAt(p, kvHead, block * p.BN);
      lists = withBlock(p, dot(query, trans(key)), block, lists);
    }
    // The middle's last block, where it is not full.
    for (const block of range(whole, end)) {
      const key = keysAt(p, kvHead, block * p.BN);
      const there = row(block * p.BN + arange(0, p.BN)) < length;
      lists = withBlock(p, where(there, dot(query, trans(key)), -Infinity), block, lists);
    }
    const kvHeads = floorDiv(numPrograms(0), cdiv(p.chunk * p.G, p.BM));
    const line = first * p.G * kvHeads + kvHead * rows + member;
    const list = ((col(line) * numPrograms(1) + programId(1)) * p.CLASSES + row(arange(0, p.CLASSES))) * SORTED;
    const mask = col(member) < rows;
    for (const i of staticRange(SORTED)) store(p.values + list + i, lists[i]!, { mask });
    for (const i of staticRange(SORTED)) store(p.blocks + list + i, lists[SORTED + i]!, { mask });
  },
  {
    // Several programs share an SM: while one looks for maxima the others multiply. Small ones of four warps do so best.
    defaults: { warps: 4, stages: 3, maxRegisters: 255, alignment: "required", divisible: ["pointers", "qRow"] },
  },
);
