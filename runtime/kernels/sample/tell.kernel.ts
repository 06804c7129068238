import {
  arange,
  type Const,
  cdiv,
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
  type Tile,
  to,
  toPointer,
  where,
  zeros,
} from "tilescript";
import { SHAPING, STATE, TOLD_ROW } from "./record.js";
import { shapingOf } from "./shape.kernel.js";

/** The largest of each lane's logits, with the lowest of its tokens that has it: lane l of BLOCK has the tokens l, l + BLOCK, and so on. */
function bestOfLanes(logits: Ptr<"f32">, count: number, BLOCK: number): [Tile, Tile] {
  const index = arange(0, BLOCK);
  let tops = zeros([BLOCK], "f32") - Infinity;
  let tokens = index;
  for (const start of range(0, count, BLOCK)) {
    const logit = load(logits + start + index, { mask: start + index < count, other: -Infinity });
    const better = logit > tops;
    tokens = where(better, start + index, tokens);
    tops = where(better, logit, tops);
  }
  return [tops, tokens];
}

/** The same of one lane, of what comes behind `token` with its logit when larger logits come first, and of equal ones lower tokens. */
function nextOfLane(p: Told, logits: Ptr<"f32">, logit: number, token: number): [number, number] {
  const lane = token % p.BLOCK;
  const place = arange(0, p.COLUMN);
  let tops = zeros([p.COLUMN], "f32") - Infinity;
  let tokens = zeros([p.COLUMN], "i32") + 2147483647;
  for (const start of range(0, cdiv(p.count, p.BLOCK), p.COLUMN)) {
    const other = (start + place) * p.BLOCK + lane;
    const theirs = load(logits + other, { mask: other < p.count, other: -Infinity });
    const isBehind = theirs < logit || (theirs === logit && other > token);
    const better = isBehind && theirs > tops;
    tokens = where(better, other, tokens);
    tops = where(better, theirs, tops);
  }
  const top = max(tops, 0);
  return [top, min(where(tops === top, tokens, 2147483647), 0)];
}

/** log Σ e^logit, of logits up to `top`. */
export function logSum(logits: Ptr<"f32">, top: number, count: number, BLOCK: number): number {
  const index = arange(0, BLOCK);
  let masses = zeros([BLOCK], "f32");
  for (const start of range(0, count, BLOCK))
    masses += exp(load(logits + start + index, { mask: start + index < count, other: -Infinity }) - top);
  return top + log(sum(masses, 0));
}

interface Told {
  readonly count: number;
  readonly BLOCK: number;
  readonly COLUMN: number;
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
    /** Of a lane's logits, those that are looked at together. */
    COLUMN: Const<"COLUMN">;
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
      let [tops, ids] = bestOfLanes(logits, p.count, p.BLOCK);
      const all = logSum(logits, max(tops, 0), p.count, p.BLOCK);
      store(p.scores + cell, load(logits + token) - all);
      store(p.tokens + cell, token);
      const lanes = arange(0, p.BLOCK);
      for (const place of range(1, told)) {
        const logit = max(tops, 0);
        const likely = min(where(tops === logit, ids, 2147483647), 0);
        store(p.scores + cell + place, logit - all);
        store(p.tokens + cell + place, likely);
        // The lane that had it goes on with its next.
        const [top, id] = nextOfLane(p, logits, logit, likely);
        const isIts = lanes === likely % p.BLOCK;
        tops = where(isIts, top, tops);
        ids = where(isIts, id, ids);
      }
    }
  },
  { defaults: { warps: 32, stages: 1, alignment: "required", divisible: ["pointers"] } },
);
