import { arange, type Const, type Int, kernel, load, type Ptr, programId, range, store, to } from "tilescript";
import { placeOf, slotsBefore } from "./dealt.js";

/**
 * What a rank's kernels take for the position of a step, whose cache holds load(position) tokens before its `added` ones: `own` i32 [8]: [0] so many
 * tokens that all `added` behind them would end its part of the middle, which may be below 0, for a scan whose local part is empty; [4] how many
 * of all tokens, the added ones included, it owns.
 */
export const dealPosition = kernel(
  (p: { position: Ptr<"i32">; own: Ptr<"i32">; added: Int; local: Int; rank: Int; ranks: Int; block: Int }) => {
    const total = load(p.position) + p.added;
    store(p.own, slotsBefore(p, total - p.local) - p.added);
    store(p.own + 4, slotsBefore(p, total));
  },
  { defaults: { warps: 1, stages: 1, alignment: "required", divisible: ["pointers"] } },
);

/**
 * Copies those of the rows from `first` on that a rank owns to their slots, one program a row: for memory that cannot be mapped twice. Rows are `words`
 * integers. Where `position` is given, `first` is counted from what it holds.
 */
export const dealRows = kernel(
  (p: {
    rows: Ptr<"i32">;
    own: Ptr<"i32">;
    position?: Ptr<"i32">;
    first: Int;
    words: Int;
    rank: Int;
    ranks: Int;
    block: Int;
    BLOCK: Const<"BLOCK">;
  }) => {
    let row = p.first + programId(0);
    if (p.position !== undefined) row += load(p.position);
    const [owner, slot] = placeOf(p, row);
    if (owner === p.rank) {
      // In 64 bits: a cache of millions of tokens has more elements than 31 bits count.
      const [from, into] = [p.rows + to(row, "i64") * p.words, p.own + to(slot, "i64") * p.words];
      for (const start of range(0, p.words, p.BLOCK)) {
        const at = start + arange(0, p.BLOCK);
        const mask = at < p.words;
        store(into + at, load(from + at, { mask }), { mask });
      }
    }
  },
  { defaults: { warps: 1, stages: 1, alignment: "required", divisible: ["pointers"] } },
);
