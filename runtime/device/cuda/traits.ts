import type { DeviceTraits } from "../device.js";

/** Matrix units of 16 rows, long queues, memory in the driver's pages. Retrieval counts up to 8M tokens. */
export const CUDA_TRAITS: DeviceTraits = {
  tiles: "gpu",
  matrixRows: 16,
  promptTokens: 8192,
  windowedTokens: 8192,
  quantizedFrom: 1 << 26,
  stepsAhead: 4,
  togetherFrom: 2,
  programsEach: 16,
  page: 2 << 20,
  longestContext: 8 << 20,
  reach: "",
};
