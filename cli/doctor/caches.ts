import type { Examination } from "./finding.js";
import { gib } from "./machine.js";

export const caches: Examination = async () => {
  const { Cache, cacheProblem } = await import("../../compiler/cache/index.js");
  const cache = new Cache({ onWarning: () => {} });
  const { entries, bytes, limit } = await cache.usage();
  const problem = cacheProblem();
  if (problem !== undefined)
    return {
      name: "Kernel cache",
      state: "limited",
      found: `${cache.folder} ${problem}`,
      costs: "kernels are compiled anew each time",
      remedy: "set TILESCRIPT_CACHE to a folder that you may write to",
    };
  return {
    name: "Kernel cache",
    state: "ok",
    found: `${cache.folder}, ${entries} entries, ${gib(bytes)} of at most ${gib(limit)}`,
  };
};
