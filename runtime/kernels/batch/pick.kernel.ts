import {
  arange,
  bitcast,
  type Const,
  type Int,
  kernel,
  load,
  max,
  type Ptr,
  programId,
  range,
  store,
  to,
  toPointer,
  where,
  zeros,
} from "tilescript";
import { drawToken } from "../sample/draw.js";
import { emit, progressOf } from "../sample/emit.js";
import { RECORD } from "../sample/record.js";

/** The token with the largest logit; ties go to the lower token. */
function likeliest(logits: Ptr<"f32">, count: number, BLOCK: number) {
  const index = arange(0, BLOCK);
  let top = zeros([BLOCK], "f32") - Infinity;
  let token = zeros([BLOCK], "i32");
  for (const start of range(0, count, BLOCK)) {
    const logit = load(logits + start + index, { mask: start + index < count, other: -Infinity });
    const better = logit > top;
    token = where(better, start + index, token);
    top = where(better, logit, top);
  }
  return -max(where(top === max(top, 0), -token, -2147483647), 0);
}

/**
 * The next token of each of several sequences, as `sampleTop` and, where a sequence's topK is 0, `sampleGreedy` pick them: by what is in its record, and
 * into it. `picked` i32 [ringSize, rows] has the latest of all, by each one's own step, for the host. One program a row of `logits` [rows, count].
 */
export const batchPick = kernel(
  (p: {
    logits: Ptr<"f32">;
    records: Ptr<"i64">;
    picked: Ptr<"i32">;
    count: Int;
    rows: Int;
    ringSize: Int;
    BLOCK: Const<"BLOCK">;
  }) => {
    const slot = programId(0);
    const address = load(p.records + slot);
    if (address !== 0) {
      const state = toPointer(address, "i32");
      const chances = toPointer(address, "f32") + RECORD.chances;
      const choices = state + RECORD.choices;
      const logits = p.logits + to(slot, "i64") * p.count;
      const topK = load(choices);
      const progress = progressOf(state);
      const [step] = progress;
      let token = 0;
      if (topK === 0) {
        token = likeliest(logits, p.count, p.BLOCK);
      } else {
        const [inverseTemperature, topP, logMinP] = [load(chances), load(chances + 1), load(chances + 2)];
        const seed = bitcast(load(choices + 1), "u32");
        const { count, BLOCK } = p;
        token = drawToken({ logits, count, inverseTemperature, logMinP, topK, topP, state, BLOCK }, seed);
      }
      store(p.picked + (step % p.ringSize) * p.rows + slot, token);
      emit(state, state + RECORD.ring, token, p.ringSize, progress);
    }
  },
  { defaults: { warps: 32, stages: 1, alignment: "required", divisible: ["pointers"] } },
);
