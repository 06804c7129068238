/** The definition's steps in TypeScript and float64: what picks are, and what becomes of them. */

/** Positions of the topK largest scores, the lower of equal ones first; NaN counts as −∞ and is never picked (−1). */
export function pick(scores: readonly number[], topK: number): number[] {
  const rank = (at: number): number => (Number.isNaN(scores[at]) ? -Infinity : scores[at]!);
  const order = scores.map((_, at) => at).sort((a, b) => (rank(a) === rank(b) ? a - b : rank(a) > rank(b) ? -1 : 1));
  return Array.from({ length: topK }, (_, at) => {
    const position = order[at];
    return position === undefined || Number.isNaN(scores[position]) ? -1 : position;
  });
}

/** Each block of 128 has one candidate, its best; the topK of those. */
export function pickByBlock(scores: readonly number[], topK: number): number[] {
  const best = Array.from({ length: Math.ceil(scores.length / 128) }, (_, block) => {
    const [first] = pick(scores.slice(block * 128, block * 128 + 128), 1);
    return block * 128 + first!;
  });
  const chosen = pick(
    best.map((at) => scores[at]!),
    topK,
  );
  return chosen.map((at) => (at < 0 ? -1 : best[at]!));
}

/** The `clip` positions with the most votes, of equal counts the lower, ascending. */
export function keep(picks: readonly number[], clip: number): number[] {
  const counts = new Map<number, number>();
  for (const position of picks) if (position >= 0) counts.set(position, (counts.get(position) ?? 0) + 1);
  const ranked = [...counts].sort(([a, x], [b, y]) => y - x || a - b);
  return ranked
    .slice(0, clip)
    .map(([position]) => position)
    .sort((a, b) => a - b);
}

/** All positions of the spans within a middle of `length`, once, ascending. */
export function spread(kept: readonly number[], span: number, length: number): number[] {
  const around = kept.flatMap((p) => Array.from({ length: span }, (_, step) => p - Math.floor(span / 2) + step));
  return [...new Set(around.filter((p) => p >= 0 && p < length))].sort((a, b) => a - b);
}

/** Repeatable normal numbers. */
export function* normals(seed: number): Generator<number, never> {
  let state = seed;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
  while (true) yield Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}

export function take(source: Generator<number, never>, count: number): Float32Array {
  return Float32Array.from({ length: count }, () => source.next().value);
}
