import { Draws } from "./draws.js";

/** A number, and between which two it lies in 95 of 100 draws of other documents; no interval where there is but one. */
export interface Estimate {
  readonly mean: number;
  readonly low?: number;
  readonly high?: number;
}

const RESAMPLES = 2000;

/** What documents say, and what as many of them would that are drawn with replacement: what is of one document hangs together. Draws are the same each time. */
export function estimateOf<Document>(
  documents: readonly Document[],
  statistic: (some: readonly Document[]) => number,
): Estimate {
  const mean = statistic(documents);
  if (documents.length < 2) return { mean };
  const by = new Draws("documents");
  const draws = Array.from({ length: RESAMPLES }, () =>
    statistic(Array.from(documents, () => by.pick(documents))),
  ).sort((a, b) => a - b);
  return { mean, low: draws[Math.floor(RESAMPLES * 0.025)]!, high: draws[Math.ceil(RESAMPLES * 0.975) - 1]! };
}
