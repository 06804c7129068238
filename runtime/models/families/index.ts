/** Families of models: how files of each are read. A family is one file here and one line in the list. */

import type { Checkpoint } from "../../weights/index.js";
import { describeBy, type ModelDescription } from "./describe.js";
import type { Family } from "./family.js";
import { gemma2 } from "./gemma2.js";
import { gemma3 } from "./gemma3.js";
import { internlm2 } from "./internlm2.js";
import { llama } from "./llama.js";
import { mistral } from "./mistral.js";
import { mixtral } from "./mixtral.js";
import { phi3 } from "./phi3.js";
import { qwen2 } from "./qwen2.js";
import { qwen3 } from "./qwen3.js";
import { qwen3moe } from "./qwen3moe.js";
import { smollm3 } from "./smollm3.js";

export type { ModelDescription } from "./describe.js";
export type { Family } from "./family.js";

/** GGUF files of architecture llama are read by the first of the three that have it. */
export const families: readonly Family[] = [
  llama,
  mistral,
  mixtral,
  smollm3,
  internlm2,
  qwen2,
  qwen3,
  qwen3moe,
  phi3,
  gemma2,
  gemma3,
];

/**
 * What the model in `checkpoint` computes, and which of its tensors its weights are made of.
 *
 * @throws ModelError naming the key or tensor that is missing, wrong or not supported; nothing of the files is ignored
 */
export const describeModel = (checkpoint: Checkpoint): ModelDescription => describeBy(families, checkpoint);
