/** The folder of a Hugging Face model: config.json, and weights as safetensors. */

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { ModelError } from "../errors.js";
import type { MapFile } from "../file-bytes.js";
import { type TensorTypeName, tensorTypes } from "../quantization/types.js";
import { openSafetensors, type Safetensors, type SafetensorsTensor } from "../safetensors/index.js";
import { type StoredTensor, type StoredTensors, storedTensors } from "../stored-tensors.js";
import { requireDownloaded, requireShards } from "./complete.js";
import { type JsonObject, readJsonObject } from "./json.js";

/** A Hugging Face folder. The tokenizer's files lie in it too. */
export interface FolderCheckpoint extends StoredTensors {
  readonly kind: "huggingface";
  /** config.json. */
  readonly config: JsonObject;
  /** generation_config.json; {} where there is none. */
  readonly generation: JsonObject;
}

export function openModelFolder(path: string, options: { readonly mapFile?: MapFile } = {}): FolderCheckpoint {
  const names = readdirSync(path);
  requireDownloaded(path, names);
  const config = readJsonObject(join(path, "config.json"));
  // Weights under their right names are not what is wrong.
  const others = names.filter((name) => !/^model.*\.safetensors$/.test(name));
  if (!config) throw noModel(path, "has no config.json", others);
  const generation = readJsonObject(join(path, "generation_config.json")) ?? {};
  const files = openWeights(path, names, options);
  const { tensors, foreign } = sortByType(files);
  return storedTensors(
    {
      path,
      tensors,
      foreign,
      bytes: (tensor, start, end) => files.bytes(tensor, start, end),
      stretch: (tensor, start, end) => files.stretch(tensor, start, end),
      close: () => files.close(),
    },
    { kind: "huggingface", config, generation },
  );
}

/** Where weights lie; what transformers takes first, first. */
const weightFiles = ["model.safetensors", "model.safetensors.index.json"];

function openWeights(path: string, names: readonly string[], options: { readonly mapFile?: MapFile }): Safetensors {
  const name = weightFiles.find((file) => names.includes(file));
  if (!name) throw noModel(path, `has neither ${weightFiles.join(" nor ")}`, names);
  requireShards(path, name);
  return openSafetensors(join(path, name), options);
}

function sortByType(files: Safetensors) {
  const tensors = new Map<string, StoredTensor>();
  const foreign = new Map<string, string>();
  for (const tensor of files.tensors.values()) {
    if (isStored(tensor)) tensors.set(tensor.name, tensor);
    else foreign.set(tensor.name, tensor.type);
  }
  return { tensors, foreign };
}

const isStored = (tensor: SafetensorsTensor): tensor is SafetensorsTensor & { readonly type: TensorTypeName } =>
  tensor.type in tensorTypes;

/** What may lie in a folder instead, by the ends of names, and what to do about it. */
const instead: [RegExp, (names: readonly string[]) => string][] = [
  [/\.gguf$/, ([first]) => `The folder has GGUF files: give the path of one, such as ${first}.`],
  [
    /\.(bin|pth|pt)$/,
    () => "Weights of PyTorch's own format are not read: use a model with safetensors, or convert it.",
  ],
  [/^consolidated.*\.safetensors$/, () => "These are Mistral's own files: download the model's Hugging Face form."],
  [/\.safetensors$/, () => "Name the file model.safetensors, or download model.safetensors.index.json as well."],
  [/^snapshots$/, () => "This is an entry of Hugging Face's cache: give the path of a folder in its snapshots."],
];

function noModel(path: string, what: string, names: readonly string[]): ModelError {
  for (const [pattern, hint] of instead) {
    const found = names.filter((name) => pattern.test(name)).sort();
    if (found.length > 0)
      return new ModelError("model-folder", `the folder ${what}`, { file: path, hint: hint(found) });
  }
  return new ModelError("model-folder", `the folder ${what}`, { file: path });
}
