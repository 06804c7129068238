import {
  type Const,
  type F32,
  type Int,
  type Mask,
  max,
  min,
  type Ptr,
  programId,
  store,
  type Tile,
  to,
  where,
} from "tilescript";

/*
 * What the products of one token have in common, whatever its matrix is read as (decode-project, decode-rows, decode-integers): their parameters beside the
 * matrix, and where results go.
 */

/** What has its norm first: x [K] and the norm's weights. */
export interface Normed {
  x: Ptr<"f32">;
  norm: Ptr<"f32">;
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
export function storeQkv(
  p: {
    q: Ptr<"f32">;
    keys: Ptr<"bf16">;
    values: Ptr<"bf16">;
    qRows: number;
    kvRows: number;
    firstRow: number;
    APART: boolean;
  },
  cell: number,
  rows: Tile,
  y: Tile,
  mask: Mask,
) {
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

/** Stores a program's best logit and the lowest row that has it, of each lane's best and its row [R]. */
export function storeBest(p: { bestLogit: Ptr<"f32">; bestRow: Ptr<"i32"> }, bestOfLane: Tile, rowOfLane: Tile) {
  const best = max(bestOfLane, 0);
  store(p.bestLogit + programId(0), best);
  store(p.bestRow + programId(0), min(where(bestOfLane === best, rowOfLane, 2147483647), 0));
}
