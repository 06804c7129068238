import {
  arange,
  argmax,
  bitcast,
  exp,
  load,
  log,
  max,
  minimum,
  type Ptr,
  range,
  sum,
  to,
  type U32,
  where,
  zeros,
} from "tilescript";

/** Order-preserving integer of a float: a < b exactly when key(a) < key(b), as signed 32-bit integers. */
function orderedKey(x: number) {
  const bits = bitcast(x, "i32");
  return where(bits < 0, bits ^ 0x7fffffff, bits);
}

/** 32 well-mixed bits of (seed, step, lane): the finaliser of MurmurHash3, by Austin Appleby, over their combination. */
function mix(seed: U32, step: number, lane: number) {
  let h = to(lane, "u32") * to(0x9e3779b1, "u32") + seed + to(step, "u32") * to(0x85ebca77, "u32");
  h = (h ^ (h >>> 16)) * to(0x85ebca6b, "u32");
  h = (h ^ (h >>> 13)) * to(0xc2b2ae35, "u32");
  return h ^ (h >>> 16);
}

/**
 * Gumbel noise from 32 random bits: −log(−log(1 − v)) for a uniform v between 0 and 1. Unlikely tokens win by small v, so that is where
 * digits count: there −log(1 − v) is a series, since 1 − v would lose the digits of v.
 */
function gumbel(bits: number) {
  const v = minimum((to(bits, "f32") + 0.5) * 2.3283064365386963e-10, 0.99999994);
  const series = v + v * v * (0.5 + v * (0.3333333333 + v * 0.25));
  return -log(where(v < 0.015625, series, -log(1 - v)));
}

/**
 * What a draw is from, and how: `count` logits, the inverse temperature, the log of the least part of the best one's probability (−∞ for none), how many
 * tokens it is among, and what share of their probabilities.
 */
export interface Drawing {
  logits: Ptr<"f32">;
  count: number;
  inverseTemperature: number;
  logMinP: number;
  topK: number;
  topP: number;
  /** The sequence's, for the step that counts the draws. */
  state: Ptr<"i32">;
  BLOCK: number;
}

/**
 * One draw from softmax(logits / temperature) among the topK most likely tokens that are at least minP times as likely as the best (arXiv 2407.01082), of
 * those the fewest whose probabilities reach topP (nucleus sampling, arXiv 1904.09751). Thresholds are found by bisection over the ordered integer keys of the scores, exactly; tokens that
 * tie with the last one kept are kept too. The draw is the maximum of score + Gumbel noise, so (seed, step) fixes it.
 */
export function drawToken(
  { logits, count, inverseTemperature, logMinP, topK, topP, BLOCK, state }: Drawing,
  seed: U32,
): number {
  const index = arange(0, BLOCK);
  let tops = zeros([BLOCK], "f32") - Infinity;
  for (const start of range(0, count, BLOCK)) {
    const logit = load(logits + start + index, { mask: start + index < count, other: -Infinity });
    tops = where(logit > tops, logit, tops);
  }
  const best = max(tops, 0);

  // Scores are (logit − best) / temperature ≤ 0, so keys lie between that of the least score, −Infinity for any, and that of 0, which is 0.
  let low = orderedKey(logMinP);
  let high = 0;
  while (low < high) {
    const middle = high - ((high - low) >> 1);
    let kept = zeros([BLOCK], "i32");
    for (const start of range(0, count, BLOCK)) {
      const mask = start + index < count;
      const score = (load(logits + start + index, { mask, other: -Infinity }) - best) * inverseTemperature;
      kept += to(mask && orderedKey(score) >= middle, "i32");
    }
    if (sum(kept, 0) >= topK) low = middle;
    else high = middle - 1;
  }
  const kKey = low;

  let masses = zeros([BLOCK], "f32");
  for (const start of range(0, count, BLOCK)) {
    const mask = start + index < count;
    const score = (load(logits + start + index, { mask, other: -Infinity }) - best) * inverseTemperature;
    masses += where(mask && orderedKey(score) >= kKey, exp(score), 0);
  }
  const wanted = sum(masses, 0) * topP;
  high = 0;
  while (low < high) {
    const middle = high - ((high - low) >> 1);
    let reached = zeros([BLOCK], "f32");
    for (const start of range(0, count, BLOCK)) {
      const mask = start + index < count;
      const score = (load(logits + start + index, { mask, other: -Infinity }) - best) * inverseTemperature;
      reached += where(mask && orderedKey(score) >= middle, exp(score), 0);
    }
    if (sum(reached, 0) >= wanted) low = middle;
    else high = middle - 1;
  }

  const step = load(state + 8);
  let bestScore = zeros([BLOCK], "f32") - Infinity;
  let bestToken = zeros([BLOCK], "i32");
  for (const start of range(0, count, BLOCK)) {
    const mask = start + index < count;
    const score = (load(logits + start + index, { mask, other: -Infinity }) - best) * inverseTemperature;
    const noise = gumbel(mix(seed, step, start + index));
    const noisy = where(mask && orderedKey(score) >= low, score + noise, -Infinity);
    const better = noisy > bestScore;
    bestToken = where(better, start + index, bestToken);
    bestScore = where(better, noisy, bestScore);
  }
  const winner = argmax(bestScore, 0);
  return sum(where(index === winner, bestToken, 0), 0);
}
