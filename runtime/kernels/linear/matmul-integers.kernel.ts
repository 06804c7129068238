import {
  arange,
  type Const,
  col,
  expandDims,
  floorDiv,
  type Int,
  kernel,
  load,
  type Mask,
  minimum,
  mod,
  numPrograms,
  type Ptr,
  programId,
  range,
  row,
  store,
  sum,
  type Tile,
  to,
  trans,
  zeros,
} from "tilescript";
import { biased, gated } from "../epilogue.js";
import { fetched } from "../formats/integers.js";
import type { Buffers } from "../formats/numbers.js";
import { productOfWords, roundedWeights, roundedWords, weightWords, weightWordsAndMiddle } from "../formats/words.js";

/*
 * Products of many rows in whole numbers, for the CPU executor: both factors become words (formats/words.ts) with a scale for each 32 columns, once for all
 * that they are multiplied with, and lie in tiles: all blocks of M tokens, and of R rows of a matrix, follow each other. A matrix has at least R rows; the
 * last tile begins R before the end, and stores what no other does.
 */

/** Columns of x [count, blockCount · 32] as words. Tokens from `count` on are zeros. Program: T tokens of a tile of M. */
export const tokensToWords = kernel(
  (p: {
    x: Ptr<"bf16">;
    tokens: Ptr<"i32">;
    tokenScales: Ptr<"f32">;
    totals: Ptr<"f32">;
    count: Int;
    blockCount: Int;
    BITS: Const<"BITS">;
    M: Const<"M">;
    T: Const<"T">;
  }) => {
    const lane = arange(0, 16);
    const token = programId(0) * p.T + arange(0, p.T);
    const mask = col(token) < p.count && row(lane) < 16;
    const source = p.x + col(token) * p.blockCount * 32 + row(lane);
    const inTile = mod(programId(0), floorDiv(p.M, p.T)) * p.T + arange(0, p.T);
    for (const block of range(0, p.blockCount)) {
      const first = to(load(source + block * 32, { mask, other: 0 }), "f32");
      const second = to(load(source + (block * 32 + 16), { mask, other: 0 }), "f32");
      const [words, scale, total] = roundedWords(first, second, p.BITS);
      const at = (floorDiv(programId(0) * p.T, p.M) * p.blockCount + block) * p.M;
      store(p.tokens + at * 16 + (col(lane) * p.M + row(inTile)), trans(words));
      store(p.tokenScales + at + inTile, scale);
      store(p.totals + at + inTile, total);
    }
  },
  { defaults: { warps: 4, stages: 1 } },
);

/** A matrix as words, or several of as many rows behind each other. Program (tile of R rows, which matrix). */
export const weightsToWords = kernel(
  (
    p: Buffers & {
      words: Ptr<"i32">;
      scales: Ptr<"f32">;
      middles: Ptr<"f32">;
      rowCount: Int;
      BITS: Const<"BITS">;
      BLOCKS: Const<"BLOCKS">;
      R: Const<"R">;
      FORMAT: Const<"FORMAT", string>;
    },
  ) => {
    const r = arange(0, p.R);
    const lane = arange(0, 16);
    const first = programId(1) * p.rowCount + minimum(programId(0) * p.R, p.rowCount - p.R);
    const nothing = fetched(p, first, r, p.R);
    const tile = (programId(1) * numPrograms(0) + programId(0)) * p.BLOCKS;
    for (const block of range(0, p.BLOCKS)) {
      const at = (tile + block) * p.R;
      const place = p.words + at * 16 + (col(r) * 16 + row(lane));
      if (p.FORMAT === "q4_1" || p.FORMAT === "q5_1" || p.FORMAT === "q4_k" || p.FORMAT === "q5_k") {
        const [words, scale, middle] = weightWordsAndMiddle(p, first, r, block, lane);
        store(place, words);
        store(p.scales + at + r, scale + nothing);
        store(p.middles + at + r, middle);
      } else if (p.FORMAT === "q4_0" || p.FORMAT === "q5_0" || p.FORMAT === "q8_0" || p.FORMAT === "q6_k") {
        const [words, scale] = weightWords(p, first, r, block, lane);
        store(place, words);
        store(p.scales + at + r, scale + nothing);
      } else {
        const [words, scale] = roundedWeights(p, first, r, p.R, block, lane, p.BITS);
        store(place, words);
        store(p.scales + at + r, scale + nothing);
      }
    }
  },
  { defaults: { warps: 4, stages: 1 } },
);

/** Two factors as words. */
interface Words {
  tokens: Ptr<"i32">;
  tokenScales: Ptr<"f32">;
  totals: Ptr<"f32">;
  words: Ptr<"i32">;
  scales: Ptr<"f32">;
  middles: Ptr<"f32">;
  blockCount: Int;
  M: Const<"M">;
  R: Const<"R">;
  /** Whether something is added to each weight. */
  MIDDLE: Const<"MIDDLE", boolean>;
}

/** Rows of the `ofRows`-th tile times tokens of the `ofTokens`-th: f32 [R, M]. */
function product(p: Words, ofRows: number, ofTokens: number): Tile {
  const r = arange(0, p.R);
  const m = arange(0, p.M);
  const lane = arange(0, 16);
  let acc = zeros([p.R, p.M], "f32");
  for (const block of range(0, p.blockCount)) {
    const [at, from] = [(ofRows * p.blockCount + block) * p.R, (ofTokens * p.blockCount + block) * p.M];
    const words = load(p.words + at * 16 + (col(r) * 16 + row(lane)));
    const tokens = load(p.tokens + from * 16 + (col(lane) * p.M + row(m)));
    const s = sum(productOfWords(expandDims(words, 2), expandDims(tokens, 0)), 1);
    const scaled = to(s, "f32") * row(load(p.tokenScales + from + m)) * col(load(p.scales + at + r));
    if (p.MIDDLE) acc += scaled + row(load(p.totals + from + m)) * col(load(p.middles + at + r));
    else acc += scaled;
  }
  return acc;
}

/** Where a tile of the result goes: rows of the matrix are columns there. */
interface Result {
  count: Int;
  rowCount: Int;
  M: Const<"M">;
  R: Const<"R">;
}

/** Rows of the matrix that a tile has, and which of them are its own. */
function rowsOf(p: Result, tile: number): [Tile, Mask] {
  const rows = minimum(tile * p.R, p.rowCount - p.R) + arange(0, p.R);
  return [rows, rows >= tile * p.R];
}

/** C [count, columns] from column `firstColumn` on = tokens · Wᵀ in bf16, or added to the f32 `residual`; with the bias. Program (tile of rows, tile of tokens). */
export const matmulWords = kernel(
  (
    p: Words &
      Result & {
        bias: Ptr<"f32">;
        c: Ptr<"bf16">;
        residual: Ptr<"f32">;
        columns: Int;
        EPILOGUE: Const<"EPILOGUE", string>;
        BIAS: Const<"BIAS", boolean>;
      },
  ) => {
    const [rows, own] = rowsOf(p, programId(0));
    const token = programId(1) * p.M + arange(0, p.M);
    const acc = biased(product(p, programId(0), programId(1)), p.bias, col(rows), col(own), p.BIAS);
    const cell = col(token) * p.columns + row(rows);
    const mask = col(token) < p.count && row(own);
    if (p.EPILOGUE === "store") store(p.c + cell, to(trans(acc), "bf16"), { mask });
    else store(p.residual + cell, load(p.residual + cell, { mask, other: 0 }) + trans(acc), { mask });
  },
  { defaults: { warps: 4, stages: 1 } },
);

/** C [count, F] = act(tokens · gateᵀ) · (tokens · upᵀ) in bf16, of a gate and an up of rowCount rows each. Program as above. */
export const matmulWordsGated = kernel(
  (
    p: Words & Result & { bias: Ptr<"f32">; c: Ptr<"bf16">; BIAS: Const<"BIAS", boolean>; ACT: Const<"ACT", string> },
  ) => {
    const [rows, own] = rowsOf(p, programId(0));
    const token = programId(1) * p.M + arange(0, p.M);
    const gate = biased(product(p, programId(0), programId(1)), p.bias, col(rows), col(own), p.BIAS);
    const up = biased(
      product(p, numPrograms(0) + programId(0), programId(1)),
      p.bias,
      col(rows) + p.rowCount,
      col(own),
      p.BIAS,
    );
    const out = gated(gate, up, p.ACT);
    store(p.c + col(token) * p.rowCount + row(rows), to(trans(out), "bf16"), {
      mask: col(token) < p.count && row(own),
    });
  },
  { defaults: { warps: 4, stages: 1 } },
);
