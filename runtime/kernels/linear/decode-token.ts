import {
  type Const,
  type F32,
  full,
  type Int,
  load,
  type Mask,
  max,
  min,
  type Ptr,
  programId,
  store,
  type Tile,
  to,
  where,
  zeros,
} from "tilescript";
import { biased, capped, gated } from "../epilogue.js";

/*
 * What the products of one token have in common, whatever its matrix is read as (decode-project, decode-rows, decode-integers): their parameters beside the
 * matrix, and where results go.
 */

/** What has its norm first: x [K] and the norm's weights. */
export interface Normed {
  x: Ptr<"f32">;
  norm: Ptr<"f32">;
}

/** How a matrix is read in blocks: R rows, B blocks of 32 columns at a time. */
export interface BlocksOfRows {
  blockCount: Int;
  B: Const<"B">;
  R: Const<"R">;
  FORMAT: Const<"FORMAT", string>;
}

/** q, k and v: see decodeQkv. */
export interface Qkv {
  bias: Ptr<"f32">;
  q: Ptr<"f32">;
  keys: Ptr<"bf16">;
  values: Ptr<"bf16">;
  position: Ptr<"i32">;
  epsilon: F32;
  width: Int;
  qRows: Int;
  kvRows: Int;
  firstRow: Int;
  rowCount: Int;
  BIAS: Const<"BIAS", boolean>;
  APART: Const<"APART", boolean>;
}

/** The feed-forward's first half: see decodeGateUp. */
export interface GateUp {
  bias: Ptr<"f32">;
  out: Ptr<"f32">;
  epsilon: F32;
  width: Int;
  outRows: Int;
  BIAS: Const<"BIAS", boolean>;
  ACT: Const<"ACT", string>;
}

/** What is multiplied, and what it is added to: see decodeAdd. */
export interface Added {
  x: Ptr<"f32">;
  out: Ptr<"f32">;
}

/** How many rows: see decodeAdd. */
export interface AddedRows {
  bias: Ptr<"f32">;
  rowCount: Int;
  BIAS: Const<"BIAS", boolean>;
  ADD: Const<"ADD", boolean>;
}

/** See decodeLogits. */
export interface Logits {
  bias: Ptr<"f32">;
  logits: Ptr<"f32">;
  bestLogit: Ptr<"f32">;
  bestRow: Ptr<"i32">;
  epsilon: F32;
  width: Int;
  cap: F32;
  rowCount: Int;
  tokens: Int;
  BIAS: Const<"BIAS", boolean>;
  CAP: Const<"CAP", boolean>;
}

/** Stores some rows y of [q; k; v] [R], of which `mask` are there; `cell` is where the token's row of the cache begins. */
export function storeQkv(p: Qkv, cell: number, rows: Tile, y: Tile, mask: Mask) {
  const query = p.firstRow + rows;
  const key = query - p.qRows;
  const value = key - p.kvRows;
  if (p.APART) {
    store(p.q + query, y, { mask: mask && key < p.kvRows });
  } else {
    store(p.q + query, y, { mask: mask && key < 0 });
    store(p.keys + cell + key, to(y, "bf16"), { mask: mask && key >= 0 && key < p.kvRows });
  }
  store(p.values + cell + value, to(y, "bf16"), { mask: mask && value >= 0 });
}

/** Where the token's row of the cache begins. */
export const cellOf = (p: Qkv) => to(load(p.position), "i64") * p.kvRows;

/** Stores what some rows of a gate, of which `mask` are there, and the rows of up that go with them give. */
export function storeGated(p: GateUp, rows: Tile, gates: Tile, ups: Tile, mask: Mask) {
  const gate = biased(gates, p.bias, rows, mask, p.BIAS);
  const up = biased(ups, p.bias, rows + p.outRows, mask, p.BIAS);
  store(p.out + rows, gated(gate, up, p.ACT), { mask });
}

/** Stores products of some rows, of which `mask` are there, or adds them. */
export function storeAdded(p: Added & AddedRows, rows: Tile, products: Tile, mask: Mask) {
  const y = biased(products, p.bias, rows, mask, p.BIAS);
  if (p.ADD) store(p.out + rows, load(p.out + rows, { mask, other: 0 }) + y, { mask });
  else store(p.out + rows, y, { mask });
}

/** Each lane's best logit so far, and its row [R]. */
type Best = [Tile, Tile];

export const noBest = (R: number): Best => [full([R], -Infinity, "f32"), zeros([R], "i32")];

/** Stores the logits that products of some rows are, of which `mask` are this program's, and gives each lane's best with these. */
export function storeLogits(p: Logits, rows: Tile, products: Tile, mask: Mask, [best, bestRow]: Best): Best {
  let y = capped(biased(products, p.bias, rows, rows < p.rowCount, p.BIAS), p.cap, p.CAP);
  y = where(rows < p.tokens, y, -Infinity);
  store(p.logits + rows, y, { mask });
  const better = rows < p.tokens && y > best;
  const betterRow = where(better, rows, bestRow);
  return [where(better, y, best), betterRow];
}

/** Stores a program's best logit and the lowest row that has it, of each lane's best and its row [R]. */
export function storeBest(p: Logits, [bestOfLane, rowOfLane]: Best) {
  const best = max(bestOfLane, 0);
  store(p.bestLogit + programId(0), best);
  store(p.bestRow + programId(0), min(where(bestOfLane === best, rowOfLane, 2147483647), 0));
}
