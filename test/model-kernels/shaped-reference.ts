/** Which token comes next by a model's own logits, in float64 and in the plainest way. */

import type { SamplingChoice } from "../../runtime/models/runner.js";
import { NO_SHAPING, type TokenLogprob } from "../../runtime/models/shaping.js";
import { chancesOf, draw } from "./sampler.js";

export interface Asked {
  readonly sampling: SamplingChoice;
  readonly prompt: readonly number[];
  readonly answer: readonly number[];
  /** Which tokens may come; default all. */
  readonly allowed?: (token: number) => boolean;
}

function shaped(logits: Float32Array, { sampling, prompt, answer, allowed = () => true }: Asked): Float32Array {
  const { shaping = NO_SHAPING } = sampling;
  return logits.map((logit, token) => {
    if (!allowed(token)) return Number.NEGATIVE_INFINITY;
    const times = answer.filter((one) => one === token).length;
    const penalty = times > 0 || prompt.includes(token) ? shaping.repetitionPenalty : 1;
    const repeated = logit > 0 ? logit / penalty : logit * penalty;
    const bias = shaping.logitBias.get(token) ?? 0;
    return repeated + bias - (times > 0 ? shaping.presencePenalty : 0) - times * shaping.frequencyPenalty;
  });
}

/** The token that comes next, and by how much: less than rounding means that another may rightly come. */
export function nextToken(logits: Float32Array, asked: Asked): { token: number; lead: number } {
  const { temperature, seed, topK, topP, minP } = asked.sampling;
  const wanted = shaped(logits, asked);
  if (temperature > 0)
    return draw(chancesOf({ logits: wanted, temperature, topK, topP, minP }), seed, asked.answer.length);
  const best = wanted.reduce((a, b) => Math.max(a, b));
  const token = wanted.indexOf(best);
  const second = wanted.reduce(
    (most, logit, id) => (id === token ? most : Math.max(most, logit)),
    Number.NEGATIVE_INFINITY,
  );
  return { token, lead: best - second };
}

/** Log probabilities of all tokens, the likeliest first. */
export function logprobsOf(logits: Float32Array): TokenLogprob[] {
  const best = logits.reduce((a, b) => Math.max(a, b));
  const all = best + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - best), 0));
  return [...logits]
    .map((logit, token) => ({ token, logprob: logit - all }))
    .sort((a, b) => b.logprob - a.logprob || a.token - b.token);
}
