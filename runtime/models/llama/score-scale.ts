/** Scores are kept in base 2, where exp is one instruction: q is scaled by log2(e) / √D. */
export const scoreScale = (headSize: number): number => Math.LOG2E / Math.sqrt(headSize);
