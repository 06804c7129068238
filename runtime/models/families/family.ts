/** What a family of models is: everything that differs from a plain decoder-only transformer, for both file formats. */

import type { LayerKind, ModelConfig, RopeConfig } from "../config.js";
import type { Mixture } from "./experts.js";
import type { HarmlessKeys } from "./harmless.js";
import type { Inventory } from "./inventory.js";
import type { Names } from "./names.js";
import type { Format, Settings, SettingValues } from "./settings.js";

export interface Family {
  /** general.architecture of GGUF files. Where several families have the same, the first in the list reads the file. */
  readonly architecture: string;
  /** `architectures` and `model_type` of config.json. */
  readonly huggingFace: { readonly architecture: string; readonly modelType: string };
  /** Values of settings whose keys are missing, by format. */
  readonly defaults?: Readonly<Partial<Record<Format, SettingValues>>>;
  /** Of the gate. Default silu. */
  readonly activation?: "silu" | "gelu";
  /** The key of config.json that names the activation. Default hidden_act. */
  readonly activationKey?: string;
  /** Which dimensions of a head GGUF files rotate together: 2i and 2i + 1, or i and i + R/2. Hugging Face's files always have halves. */
  readonly ggufPairs: "neighbours" | "halves";
  /** Norms beside those before attention and feed-forward. Default none. */
  readonly norms?: readonly ("queryNorm" | "keyNorm" | "postAttentionNorm" | "postFeedForwardNorm")[];
  /** What norms of Hugging Face's files lack: 1 where they hold w for 1 + w. GGUF files hold the sum. Default 0. */
  readonly normPlus?: number;
  /** Biases of Hugging Face's files: always there, or where a key of config.json says so. A GGUF file has those that it has, and all that are always there. */
  readonly biases?: Readonly<Partial<Record<BiasGroup, Bias>>>;
  /** Names of tensors that are not the usual ones. */
  readonly names?: Readonly<Partial<Record<Format, Partial<Names>>>>;
  /** How a fused matrix of q, k and v in Hugging Face's files is ordered: as three blocks, or KV head by KV head. Default stacked. */
  readonly fusedRows?: "stacked" | "grouped";
  /** Where there are experts; undefined for a dense model. Default dense. */
  readonly experts?: (model: Draft) => Mixture | undefined;
  /** Default: one, as `readRope` finds it. */
  readonly ropes?: (model: Draft) => readonly RopeConfig[];
  /** One a layer. Default: the first rope, and no window. */
  readonly layerKinds?: (model: Draft) => readonly LayerKind[];
  /** Scales and caps that are not the usual ones. */
  readonly constants?: (model: Draft) => Partial<Constants>;
  /** Keys that only this family's files have and that change nothing. */
  readonly harmless?: Readonly<Partial<Record<Format, HarmlessKeys>>>;
}

export type Constants = Pick<ModelConfig, "embeddingScale" | "scoreScale" | "scoreCap" | "logitCap">;

export type BiasGroup = "qkv" | "out" | "feedForward";
export type Bias = "always" | { readonly key: string; readonly missing: boolean };

/** A model whose sizes are known already. */
export interface Draft {
  readonly settings: Settings;
  readonly sizes: Sizes;
  readonly tensors: Inventory;
}

export type Sizes = Pick<
  ModelConfig,
  "layers" | "hidden" | "heads" | "kvHeads" | "headSize" | "vocabulary" | "context" | "rmsEpsilon"
>;
