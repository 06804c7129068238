import { CUDA_TRAITS } from "../device/cuda/traits.js";
import { type AttentionRequest, readAttention } from "../reattention/attention-options.js";
import { MOST_ROWS } from "./batch.js";
import { quantizedFromTokens } from "./cache.js";
import { type DeviceKind, type NeededBuild, neededBuilds } from "./dry-run.js";
import type { ModelFiles } from "./load.js";

export type { NeededBuild };

/** Multiprocessors of the largest GPU of each architecture: how much of a prompt's work is split follows from them. */
const PROCESSORS: Readonly<Record<number, number>> = { 80: 108, 86: 84, 89: 142, 90: 132, 100: 148, 120: 188 };

/** The largest GPU of an architecture, as far as it decides what is compiled. */
export const gpuOf = (arch: number): DeviceKind => ({
  ...{ kind: "cuda", name: `sm_${arch}`, arch, processors: PROCESSORS[arch] ?? 132, traits: CUDA_TRAITS },
});

/** Contexts at which kernels for long ones have other sizes; and the longest in which keys are read as they are has sizes of its own. */
const CONTEXTS = [1 << 16, 1 << 20, 1 << 22, 1 << 23];

const contextsOf = (from: number): number[] => (from <= CONTEXTS.at(-1)! ? [...CONTEXTS, from - 1] : CONTEXTS);

/**
 * The builds that a model is run with when nobody chooses parameters: dense attention as far as it was trained, and beyond, and the windowed
 * modes up to millions of tokens. With dense attention also as many sequences at once as may be. Those of other windowed `modes` too.
 */
export async function usualBuilds(
  files: Omit<ModelFiles, "tokenizer" | typeof Symbol.dispose>,
  arch: number,
  modes: readonly AttentionRequest[] = [],
): Promise<NeededBuild[]> {
  const { config } = files;
  const gpu = gpuOf(arch);
  const dense = { kind: "dense" } as const;
  const sequences = MOST_ROWS;
  const runs = [
    { attention: dense, capacity: Math.min(config.context, 8192), sequences },
    { attention: dense, capacity: config.context, sequences },
    { attention: dense, capacity: 1 << 20, sequences },
    ...["reattention", "streaming", ...modes].flatMap((mode) => {
      const attention = readAttention(mode, config.context);
      return contextsOf(quantizedFromTokens(gpu, config, attention)).map((capacity) => ({ attention, capacity }));
    }),
  ];
  const builds = new Map<string, NeededBuild>();
  for (const run of runs)
    for (const build of await neededBuilds(gpu, { ...files, ...run })) builds.set(JSON.stringify(build), build);
  return [...builds.values()];
}
