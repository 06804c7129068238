/** Of the model that decodes in order.test.ts. */
export const ORDER = {
  sizes: { layers: 4, heads: 9, kvHeads: 3, headSize: 64, feedForward: 1536, vocabulary: 5003 },
  steps: 200,
} as const;
