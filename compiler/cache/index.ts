/** A content-addressed cache on disk, and the Triton service behind it. */

export { cacheFolder } from "../store/index.js";
export { Cache, type CacheOptions } from "./cache.js";
export { type CachedTriton, cachedTriton, jobKey } from "./cached-triton.js";
export type { EntryFiles } from "./entry.js";
export { cacheKey, type KeyPart } from "./key.js";
export { cacheProblem } from "./usable.js";
