import {
  arange,
  type Const,
  exp,
  type Int,
  kernel,
  load,
  log,
  max,
  min,
  type Ptr,
  programId,
  range,
  store,
  sum,
  to,
  toPointer,
  where,
  zeros,
} from "tilescript";
import { SHAPING, STATE, TOLD_ROW } from "./record.js";
import { shapingOf } from "./shape.kernel.js";

/** log Σ e^logit */
function logSum(logits: Ptr<"f32">, count: number, BLOCK: number): number {
  const index = arange(0, BLOCK);
  let tops = zeros([BLOCK], "f32") - Infinity;
  for (const start of range(0, count, BLOCK)) {
    const logit = load(logits + start + index, { mask: start + index < count, other: -Infinity });
    tops = where(logit > tops, logit, tops);
  }
  const top = max(tops, 0);
  let masses = zeros([BLOCK], "f32");
  for (const start of range(0, count, BLOCK))
    masses += exp(load(logits + start + index, { mask: start + index < count, other: -Infinity }) - top);
  return top + log(sum(masses, 0));
}

/**
 * Tells of the tokens that a step has picked, where their sequences ask for it, by the model's logits [rows, count] as they came: into row
 * (step of the sequence, row of `logits`) of `scores` f32 [ringSize, rows, TOLD_ROW] the log probability of the chosen token and behind it those of the
 * likeliest ones, whose ids are in the same places of `tokens` i32. Of equal logits the lower token comes first. One program a row of `logits`.
 */
export const tellTokens = kernel(
  (p: {
    logits: Ptr<"f32">;
    records: Ptr<"i64">;
    scores: Ptr<"f32">;
    tokens: Ptr<"i32">;
    count: Int;
    rows: Int;
    ringSize: Int;
    BLOCK: Const<"BLOCK">;
  }) => {
    const slot = programId(0);
    const address = load(p.records + slot);
    let told = 0;
    if (address !== 0) {
      const shaping = shapingOf(address);
      if (shaping !== 0) told = load(toPointer(shaping, "i32") + SHAPING.told);
    }
    if (told > 0) {
      const state = toPointer(address, "i32");
      const logits = p.logits + to(slot, "i64") * p.count;
      const token = load(state + STATE.token);
      const step = load(state + STATE.step) - 1;
      const cell = ((step % p.ringSize) * p.rows + slot) * TOLD_ROW;
      const all = logSum(logits, p.count, p.BLOCK);
      store(p.scores + cell, load(logits + token) - all);
      store(p.tokens + cell, token);
      const index = arange(0, p.BLOCK);
      let above = to(Infinity, "f32");
      let before = -1;
      // Each is the largest below the one before: as many passes as are asked for.
      for (const place of range(1, told)) {
        let tops = zeros([p.BLOCK], "f32") - Infinity;
        let ids = zeros([p.BLOCK], "i32") + 2147483647;
        for (const start of range(0, p.count, p.BLOCK)) {
          const id = start + index;
          const logit = load(logits + id, { mask: id < p.count, other: -Infinity });
          const isLeft = logit < above || (logit === above && id > before);
          const better = isLeft && logit > tops;
          ids = where(better, id, ids);
          tops = where(better, logit, tops);
        }
        above = max(tops, 0);
        before = min(where(tops === above, ids, 2147483647), 0);
        store(p.scores + cell + place, above - all);
        store(p.tokens + cell + place, before);
      }
    }
  },
  { defaults: { warps: 32, stages: 1, alignment: "required", divisible: ["pointers"] } },
);
