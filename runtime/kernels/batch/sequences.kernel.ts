import {
  arange,
  type Const,
  col,
  type Int,
  kernel,
  load,
  type Ptr,
  programId,
  row,
  store,
  to,
  toPointer,
} from "tilescript";
import { cacheAt } from "./address.js";

/*
 * A step of several sequences: row i of everything is the i-th sequence's. What is a sequence's own is found by addresses: `records` has that of each
 * one's record (models/state.ts), 0 where there is none. Nothing is done for such rows: what lies there stays, as numbers that nobody reads.
 */

/** The token that each sequence picked last, and its position; token 0 at position −1 where there is no sequence. One program a row. */
export const batchTokens = kernel(
  (p: { records: Ptr<"i64">; ids: Ptr<"i32">; positions: Ptr<"i32"> }) => {
    const slot = programId(0);
    const address = load(p.records + slot);
    let token = 0;
    let position = -1;
    if (address !== 0) {
      const record = toPointer(address, "i32");
      position = load(record);
      token = load(record + 4);
    }
    store(p.ids + slot, token);
    store(p.positions + slot, position);
  },
  { defaults: { warps: 1, stages: 1, alignment: "required", divisible: ["pointers"] } },
);

/**
 * Takes the product with [q; k; v] of each row apart: q goes on in f32, k and v to the sequence's cache, all without rotation. `caches` has the addresses
 * of a layer's keys, and behind them those of its values, one a row. qkv is bf16 [rows, (query heads + 2 · KV heads) · D]. One program a row.
 */
export const batchAppend = kernel(
  (p: {
    qkv: Ptr<"bf16">;
    q: Ptr<"f32">;
    caches: Ptr<"i64">;
    positions: Ptr<"i32">;
    rows: Int;
    heads: Int;
    kvHeads: Int;
    HP: Const<"HP">;
    KVP: Const<"KVP">;
    D: Const<"D">;
    DP: Const<"DP">;
  }) => {
    const slot = programId(0);
    const position = load(p.positions + slot);
    if (position >= 0) {
      const base = p.qkv + slot * (p.heads + 2 * p.kvHeads) * p.D;
      const column = row(arange(0, p.DP));
      const head = col(arange(0, p.HP));
      const query = head * p.D + column;
      const mine = head < p.heads && column < p.D;
      store(p.q + slot * p.heads * p.D + query, to(load(base + query, { mask: mine }), "f32"), { mask: mine });
      const keys = cacheAt(p.caches, slot);
      const values = cacheAt(p.caches, p.rows + slot);
      const kvHead = col(arange(0, p.KVP));
      const at = kvHead * p.D + column;
      const mask = kvHead < p.kvHeads && column < p.D;
      const from = base + p.heads * p.D + at;
      // In 64 bits: long caches have more elements than 31 bits count.
      const cell = to(position, "i64") * p.kvHeads * p.D + at;
      store(keys + cell, load(from, { mask }), { mask });
      store(values + cell, load(from + p.kvHeads * p.D, { mask }), { mask });
    }
  },
  { defaults: { warps: 4, stages: 1, alignment: "required", divisible: ["pointers"] } },
);
