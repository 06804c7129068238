/** What a newcomer writes for a family: one object. Here one that no file has, with what the tables of names and biases leave open. */

import { expect, it } from "vitest";
import { describeBy } from "../../../../runtime/models/families/describe.js";
import { type Family, families } from "../../../../runtime/models/families/index.js";
import { openCheckpoint } from "../../../../runtime/weights/index.js";
import { assembleAll } from "./assemble.js";
import { type TinyModel, tinyModels, writeFolder, writeGguf } from "./tiny-models.js";

const newcomer: Family = {
  architecture: "newcomer",
  huggingFace: { architecture: "NewcomerForCausalLM", modelType: "newcomer" },
  defaults: { huggingface: { ropeBase: 12345 }, gguf: { ropeBase: 12345 } },
  ggufPairs: "halves",
  norms: ["queryNorm", "keyNorm"],
  constants: ({ settings }) => ({ embeddingScale: settings.keys.number("embedding_multiplier") ?? 1 }),
  names: { huggingface: { outputNorm: "model.final_norm.weight" } },
  harmless: { huggingface: { mascot: "any" } },
};

it("a family is one object", () => {
  const { tensors, keys, config, ...qwen3 } = tinyModels.qwen3!;
  const { "model.norm.weight": norm, ...otherTensors } = tensors;
  const { "rope.freq_base": _base, "rope.scaling.factor": _factor, ...otherKeys } = keys;
  const model: TinyModel = {
    ...qwen3,
    architecture: "newcomer",
    config: {
      ...config,
      ...{ architectures: ["NewcomerForCausalLM"], model_type: "newcomer", mascot: "a snail", embedding_multiplier: 3 },
      ...{ rope_parameters: undefined, max_window_layers: undefined },
    },
    keys: otherKeys,
    tensors: { ...otherTensors, "model.final_norm.weight": norm! },
    gguf: { ...qwen3.gguf, "output_norm.weight": (of) => of("model.final_norm.weight") },
  };
  using folder = openCheckpoint(writeFolder(model));
  using gguf = openCheckpoint(writeGguf(model));
  const [a, b] = [folder, gguf].map((checkpoint) => describeBy([...families, newcomer], checkpoint));
  expect(a!.config).toMatchObject({ architecture: "newcomer", embeddingScale: 3, ropes: [{ base: 12345 }] });
  expect(b!.config).toMatchObject({ architecture: "newcomer", embeddingScale: 1, ropes: [{ base: 12345 }] });
  expect(assembleAll(folder, a!.weights)).toEqual(assembleAll(gguf, b!.weights));
});
