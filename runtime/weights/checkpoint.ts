/** A model on disk by its path alone, whatever its format: tensors by name, their bytes, and what the files say about them. */

import { type Stats, statSync } from "node:fs";
import { ModelError } from "./errors.js";
import type { MapFile } from "./file-bytes.js";
import { type GgufCheckpoint, openGgufParts } from "./gguf/parts.js";
import { type FolderCheckpoint, openModelFolder } from "./huggingface/folder.js";

export type Checkpoint = GgufCheckpoint | FolderCheckpoint;

/** Undefined where the path cannot be looked at: opening it says why. */
function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

export interface OpenCheckpointOptions {
  /** Gives the bytes of files, where they are in memory already. */
  readonly mapFile?: MapFile;
}

/**
 * Opens the model at `path`: a GGUF file, any part of a split one, or the folder of a Hugging Face model.
 *
 * ```ts
 * using checkpoint = openCheckpoint("models/Qwen2.5-0.5B");
 * const { config, weights } = describeModel(checkpoint);
 * ```
 *
 * @throws ModelError naming file, cause and way out for anything wrong with the files; nothing stays open then
 */
export function openCheckpoint(path: string, options: OpenCheckpointOptions = {}): Checkpoint {
  const stats = statOf(path);
  if (stats?.isDirectory()) return openModelFolder(path, options);
  if (stats && /\.(safetensors|json)$/.test(path)) {
    throw new ModelError("model-folder", "this is one file of a Hugging Face model", {
      file: path,
      hint: "Give the path of the folder that it lies in.",
    });
  }
  return openGgufParts(path, options);
}
