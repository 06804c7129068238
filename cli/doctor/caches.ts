import type { Examination } from "./finding.js";
import { gib } from "./machine.js";

export const caches: Examination = async () => {
  const { Cache } = await import("../../compiler/cache/index.js");
  const cache = new Cache({ onWarning: () => {} });
  const { entries, bytes, limit } = await cache.usage();
  return {
    name: "Kernel cache",
    state: "ok",
    found: `${cache.folder}, ${entries} entries, ${gib(bytes)} of at most ${gib(limit)}`,
  };
};
