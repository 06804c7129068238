/** Of the model that decodes in batch.test.ts, and how far each of its sequences is when the others join it. */
export const BATCH = {
  sizes: { layers: 6, heads: 9, kvHeads: 3, headSize: 64, feedForward: 1536, vocabulary: 5003 },
  plan: { apart: [0, 1, 63, 64, 150, 700, 7], together: 60 },
} as const;

/** Of the same model where each sequence asks for something else of its logits. */
export const SHAPED = {
  capacity: 100,
  sequences: 16,
  promptOf: (length: number): number[] => Array.from({ length }, (_, index) => (index * 7919 + length) % 4998),
};
