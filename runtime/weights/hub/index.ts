/** Models from the Hugging Face Hub, by a reference such as hf:OWNER/REPO:Q4_K_M, in the cache that its own tools share. */

import { type PullOptions, pull } from "./pull.js";

export { PullError, type PullErrorCode, type PullErrorDetails } from "./errors.js";
export type { PullProgress } from "./fetch-missing.js";
export { type Pulled, type PulledFile, type PullOptions, pull } from "./pull.js";
export { isHubReference } from "./reference.js";
export { sizeText } from "./size-text.js";

/**
 * Downloads what of a model is not cached, and gives the path to load it from.
 *
 * @example
 * const path = await pullModel("hf:Qwen/Qwen2.5-0.5B-Instruct-GGUF:Q4_K_M");
 * await using model = await Model.load({ path });
 *
 * @throws PullError with a code and a way out; the signal's reason
 */
export const pullModel = async (reference: string, options: PullOptions = {}): Promise<string> =>
  (await pull(reference, options)).path;
