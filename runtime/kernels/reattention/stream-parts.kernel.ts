import {
  arange,
  type Const,
  cdiv,
  col,
  type Descriptor,
  dot,
  floorDiv,
  full,
  type Int,
  kernel,
  max,
  maximum,
  minimum,
  mod,
  numPrograms,
  type Ptr,
  programId,
  range,
  row,
  store,
  type Tile,
  to,
  trans,
  where,
} from "tilescript";
import { type Chunks, keysAt, queriesOf, tileOf } from "./chunk-rows.js";
import { blockMaxima, LEAST } from "./classes.js";
import { type FromMaxima, pickFromMaxima, queryOf } from "./row.js";

/*
 * Retrieval for many queries and more picks than registers keep sorted lists for: the maxima of all parts go to memory, as in a decode step,
 * and the picks come from there. For 128 rows and 128 keys that is 512 bytes for each of two blocks, beside a product that takes 512 cycles of an SM's
 * matrix units: 8 bytes a cycle of the some 20 that an SM may write. Rows are those of the tiles from `firstTile` on that a launch has, [chunks, tiles, BM].
 */

interface Tiles extends Chunks {
  firstTile: Int;
  partRow: Int;
  superRow: Int;
  OUTER: Const<"OUTER">;
  CLASSES: Const<"CLASSES">;
  INNER: Const<"INNER">;
  SUPER: Const<"SUPER">;
}

/** Stores what a tile of scores gives. Gives the maxima of the super so far, by their places in a tile [BM, SUB · CLASSES]: what it had before is `best`. */
function keepTile(
  p: Tiles & { parts: Ptr<"f32">; supers: Ptr<"f32">; BN: number },
  scores: Tile,
  best: Tile,
  tile: number,
  last: boolean,
  kept: Tile,
): Tile {
  const SUB = floorDiv(p.BN, p.OUTER * p.CLASSES * p.INNER);
  const maxima = blockMaxima(scores, p.BM, SUB, p.OUTER, p.CLASSES, p.INNER);
  store(p.parts + col(kept) * p.partRow + tile * (SUB * p.CLASSES) + row(arange(0, SUB * p.CLASSES)), maxima);
  let ofSuper = maximum(best, maxima);
  if (last || mod(tile + 1, floorDiv(p.SUPER, SUB)) === 0) {
    store(p.supers + kept * p.superRow + floorDiv(tile * SUB, p.SUPER), max(ofSuper, 1));
    ofSuper = full([p.BM, SUB * p.CLASSES], LEAST, "f32");
  }
  return ofSuper;
}

/** Largest scores of all parts (classes.ts) of each row: program (tile of BM rows of a KV head, split of the keys, chunk). */
export const reattentionStreamParts = kernel(
  <T extends "f16" | "bf16">(
    p: {
      q: Ptr<T>;
      /** [tokens, KV heads, D] */
      keys: Descriptor<T, [Const<"BN">, 1, Const<"DP">]>;
      parts: Ptr<"f32">;
      supers: Ptr<"f32">;
      /** A multiple of a block's keys, and SUPER blocks are one of it. */
      BN: Const<"BN">;
    } & Tiles,
  ) => {
    const [first, last, rows, kvHead, ofTile] = tileOf(p, programId(2), p.firstTile + programId(0));
    // A chunk that is not full has tiles without rows.
    const length = ofTile < rows ? maximum(p.before + last, 0) : 0;
    const query = queriesOf(p, first, kvHead, ofTile + arange(0, p.BM), rows);
    const kept = (programId(2) * numPrograms(0) + programId(0)) * p.BM + arange(0, p.BM);
    // Whole supers, in tiles of keys.
    const TILES = floorDiv(p.SUPER * p.OUTER * p.CLASSES * p.INNER, p.BN);
    const all = cdiv(length, p.BN);
    const share = cdiv(cdiv(all, TILES), numPrograms(1)) * TILES;
    const start = minimum(programId(1) * share, all);
    const end = minimum(start + share, all);
    const whole = maximum(start, minimum(end, floorDiv(length, p.BN)));
    let best = full([p.BM, floorDiv(p.BN, p.OUTER * p.CLASSES * p.INNER) * p.CLASSES], LEAST, "f32");
    for (const tile of range(start, whole)) {
      const key = keysAt(p, kvHead, tile * p.BN);
      best = keepTile(p, dot(query, trans(key)), best, tile, tile === end - 1, kept);
    }
    // The middle's last keys, where they fill no tile.
    for (const tile of range(whole, end)) {
      const key = keysAt(p, kvHead, tile * p.BN);
      const there = row(tile * p.BN + arange(0, p.BN)) < length;
      best = keepTile(p, where(there, dot(query, trans(key)), -Infinity), best, tile, true, kept);
    }
  },
  {
    defaults: { warps: 4, stages: 3, alignment: "required", divisible: ["pointers", "qRow", "partRow"] },
  },
);

/** Picks of those rows, from what `reattentionStreamParts` keeps: program (row, chunk). */
export const reattentionPickParts = kernel(
  <T extends "f16" | "bf16">(
    p: {
      q: Ptr<T>;
      /** Of `counts`, from a chunk's to the next one's. */
      countRow: Int;
    } & FromMaxima<T> &
      Tiles,
  ) => {
    const tile = p.firstTile + floorDiv(programId(0), p.BM);
    const [first, last, rows, kvHead, ofTile] = tileOf(p, programId(1), tile);
    const member = ofTile + mod(programId(0), p.BM);
    if (member < rows) {
      const line = kvHead * rows + member;
      const query = queryOf(p, p.q + first * p.qRow, line, last - first);
      const counts = p.counts + to(programId(1), "i64") * p.countRow;
      const kept = programId(1) * numPrograms(0) + programId(0);
      pickFromMaxima(
        { ...p, counts },
        query,
        maximum(p.before + last, 0),
        kvHead,
        kept,
        first * p.G * p.kvHeads + line,
      );
    }
  },
  { defaults: { warps: 4, stages: 1, alignment: "required", divisible: ["pointers", "qRow", "partRow"] } },
);
