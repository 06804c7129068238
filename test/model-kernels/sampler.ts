/** Top-k, min-p and top-p sampling in float64, as `sampleTop` defines it. */
export interface Sampling {
  readonly logits: Float32Array;
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  /** Default 0. */
  readonly minP?: number;
}

/**
 * The tokens that may be drawn, with their probabilities: those whose score is at least the topK-th largest, and at least minP times as likely as the best; of these the most likely ones
 * that together reach topP of their sum; and whatever ties with the last of them.
 */
export function chancesOf({ logits, temperature, topK, topP, minP = 0 }: Sampling): Map<number, number> {
  const best = logits.reduce((a, b) => Math.max(a, b));
  const scores = Array.from(logits, (logit) => (logit - best) / temperature);
  const ranked = scores.map((_, token) => token).sort((a, b) => scores[b]! - scores[a]! || a - b);
  const mass = (tokens: readonly number[]): number => tokens.reduce((sum, token) => sum + Math.exp(scores[token]!), 0);
  const downTo = (token: number): number[] => ranked.filter((other) => scores[other]! >= scores[token]!);
  const likely = downTo(ranked[Math.min(topK, ranked.length) - 1]!).filter((token) => scores[token]! >= Math.log(minP));
  let left = mass(likely) * topP;
  const last = likely.find((token) => {
    left -= Math.exp(scores[token]!);
    return left <= 0;
  });
  const kept = downTo(last ?? likely.at(-1)!);
  const total = mass(kept);
  return new Map(kept.map((token) => [token, Math.exp(scores[token]!) / total]));
}

/** The finaliser of MurmurHash3 over (seed, step, token): 32 bits that seem random. */
export function randomBits(seed: number, step: number, token: number): number {
  let h = (Math.imul(token, 0x9e3779b1) + seed + Math.imul(step, 0x85ebca77)) | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/**
 * The draw of one step: the largest of log(chance) + Gumbel noise. `lead` is how far it is ahead of the next: where that is less than
 * f32's rounding, another token may rightly win.
 */
export function draw(
  chances: ReadonlyMap<number, number>,
  seed: number,
  step: number,
): { token: number; lead: number } {
  let [token, best, second] = [-1, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const [candidate, chance] of chances) {
    const uniform = (randomBits(seed, step, candidate) + 0.5) / 2 ** 32;
    const score = Math.log(chance) - Math.log(-Math.log1p(-uniform));
    if (score > best) [token, best, second] = [candidate, score, best];
    else second = Math.max(second, score);
  }
  return { token, lead: best - second };
}
