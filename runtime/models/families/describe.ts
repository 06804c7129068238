/** From an open checkpoint to what the runtime needs of it. Nothing of the files is ignored: what nobody asks for is refused by name. */

import { type Checkpoint, type FolderCheckpoint, type GgufCheckpoint, ModelError } from "../../weights/index.js";
import type { ModelConfig } from "../config.js";
import type { WeightsPlan } from "../weights-plan.js";
import { readBiases } from "./biases.js";
import { readConfig } from "./config.js";
import type { Family } from "./family.js";
import { requireAllAsked } from "./harmless.js";
import { Inventory } from "./inventory.js";
import { shown } from "./keys.js";
import { harmlessTensors } from "./names.js";
import { planWeights } from "./plan.js";
import { namesFor } from "./planning.js";
import { modelKeys, Settings } from "./settings.js";
import { readSizes } from "./sizes.js";

export interface ModelDescription {
  readonly config: ModelConfig;
  readonly weights: WeightsPlan;
}

/** Describes `checkpoint` by the one of `families` that it belongs to; see `describeModel`. */
export function describeBy(families: readonly Family[], checkpoint: Checkpoint): ModelDescription {
  const family = findFamily(families, checkpoint);
  const keys = modelKeys(checkpoint, family.architecture);
  const settings = new Settings(checkpoint.kind, keys, family.defaults?.[checkpoint.kind]);
  const tensors = new Inventory(checkpoint);
  const names = namesFor(family, tensors);
  const sizes = readSizes(settings, tensors, names.embedding);
  const config = readConfig(family, checkpoint, { settings, sizes, tensors }, names.head);
  const biases = readBiases(family, settings, tensors, names);
  // Before the tensors: a key that is not understood may well be why they are others than expected.
  requireAllAsked(keys, checkpoint.kind, family.harmless?.[checkpoint.kind]);
  const weights = planWeights({ family, config, tensors, names, biases });
  tensors.requireAllTaken(harmlessTensors[checkpoint.kind]);
  return { config, weights };
}

const findFamily = (families: readonly Family[], checkpoint: Checkpoint): Family =>
  checkpoint.kind === "gguf" ? findGgufFamily(families, checkpoint) : findFolderFamily(families, checkpoint);

function findGgufFamily(families: readonly Family[], { metadata }: GgufCheckpoint): Family {
  const type = metadata.string("general.type", "model");
  if (type !== "model")
    throw unsupported(`the file holds no model but is of type ${shown(type)}`, metadata.file, families);
  const architecture = metadata.string("general.architecture");
  const family = families.find((one) => one.architecture === architecture);
  if (family) return family;
  throw unsupported(`the model has the architecture ${shown(architecture)}`, metadata.file, families);
}

function findFolderFamily(families: readonly Family[], { path, config }: FolderCheckpoint): Family {
  const { architectures, model_type: type } = config;
  const file = `${path}/config.json`;
  const classes = Array.isArray(architectures) ? architectures : [];
  const family = families.find(({ huggingFace }) =>
    classes.length > 0 ? classes.includes(huggingFace.architecture) : huggingFace.modelType === type,
  );
  if (!family) throw unsupported(`the model is a ${shown(classes.length > 0 ? classes : type)}`, file, families);
  if (type === undefined || type === family.huggingFace.modelType) return family;
  throw new ModelError("metadata-value", `architectures (${shown(classes)}) and model_type (${shown(type)}) disagree`, {
    file,
  });
}

function unsupported(what: string, file: string, families: readonly Family[]): ModelError {
  const known = families.map(({ huggingFace }) => huggingFace.modelType).join(", ");
  return new ModelError("architecture-unsupported", what, {
    file,
    hint: `Use a model of text of one of these: ${known}.`,
  });
}
