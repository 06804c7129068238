import type { BiasGroup, Family } from "./family.js";
import type { Inventory } from "./inventory.js";
import { biasName, type Names, nameOf, type Role } from "./names.js";
import type { Settings } from "./settings.js";

/** Whether matrices of a group have biases in layer `n`. */
export type Biases = (group: BiasGroup, n: number) => boolean;

const members: Readonly<Record<BiasGroup, readonly Role[]>> = {
  qkv: ["qkv", "q", "k", "v"],
  out: ["out"],
  feedForward: ["gateUp", "gate", "up", "down"],
};

/** The biases of llama and of all that is made like it. */
export const llamaBiases: Family["biases"] = {
  qkv: { key: "attention_bias", missing: false },
  out: { key: "attention_bias", missing: false },
  feedForward: { key: "mlp_bias", missing: false },
};

/** In Hugging Face's files the family and config.json decide; in GGUF files a bias that is there counts, and then all of its group must be. */
export function readBiases(family: Family, settings: Settings, tensors: Inventory, names: Names): Biases {
  const stated = (group: BiasGroup) => {
    const bias = family.biases?.[group];
    if (bias === undefined || bias === "always") return bias === "always";
    return settings.format === "huggingface" && (settings.keys.flag(bias.key) ?? bias.missing);
  };
  const always = { qkv: stated("qkv"), out: stated("out"), feedForward: stated("feedForward") };
  const present = (group: BiasGroup, n: number) =>
    members[group].some((role) => names[role] !== "" && tensors.has(biasName(nameOf(names[role], n))));
  return (group, n) => always[group] || (settings.format === "gguf" && present(group, n));
}
