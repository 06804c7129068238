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
import { append } from "../attention/cache.kernel.js";
import { STATE } from "../sample/record.js";
import { cacheAt } from "./address.js";

/*
 * A step of several sequences: row i of everything is the i-th sequence's. What is a sequence's own is found by addresses: `records` has that of each
 * one's record (RECORD of sample/record.ts), 0 where there is none. Nothing is done for such rows: what lies there stays, as numbers that nobody reads.
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
      token = load(record + STATE.token);
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
      const own = { ...p, keys: cacheAt(p.caches, slot), values: cacheAt(p.caches, p.rows + slot) };
      append(own, base + p.heads * p.D, position);
    }
  },
  { defaults: { warps: 4, stages: 1, alignment: "required", divisible: ["pointers"] } },
);
