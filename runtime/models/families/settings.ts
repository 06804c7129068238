/** What a family asks of a model's metadata, by meaning: where it stands in either format, and what it is where it is missing. */

import type { Checkpoint } from "../../weights/index.js";
import { Keys } from "./keys.js";

export type Format = Checkpoint["kind"];

interface Setting<T> {
  /** After the architecture's prefix. */
  readonly gguf?: string;
  /** Keys of config.json; the first that is there counts. */
  readonly huggingface: readonly string[];
  read(keys: Keys, key: string): T | undefined;
}

const setting =
  <T>(read: (keys: Keys, key: string) => T | undefined) =>
  (gguf: string | undefined, ...huggingface: string[]): Setting<T> => ({ gguf, huggingface, read });

const count = setting((keys, key) => keys.count(key));
/** GGUF files may state these for every layer. */
const evenCount = setting((keys, key) => keys.evenCount(key));
const number = setting((keys, key) => keys.number(key));
const flag = setting((keys, key) => keys.flag(key));

const settings = {
  layers: count("block_count", "num_hidden_layers"),
  hidden: count("embedding_length", "hidden_size"),
  heads: evenCount("attention.head_count", "num_attention_heads"),
  kvHeads: evenCount("attention.head_count_kv", "num_key_value_heads"),
  headSize: count("attention.key_length", "head_dim"),
  valueSize: count("attention.value_length"),
  feedForward: evenCount("feed_forward_length", "intermediate_size"),
  vocabulary: count("vocab_size", "vocab_size"),
  context: count("context_length", "max_position_embeddings"),
  rmsEpsilon: number("attention.layer_norm_rms_epsilon", "rms_norm_eps"),
  tied: flag(undefined, "tie_word_embeddings"),
  experts: count("expert_count", "num_experts", "num_local_experts"),
  expertsUsed: count("expert_used_count", "num_experts_per_tok"),
  expertFeedForward: count("expert_feed_forward_length", "moe_intermediate_size"),
  window: count("attention.sliding_window", "sliding_window"),
  scoreCap: number("attn_logit_softcapping", "attn_logit_softcapping"),
  logitCap: number("final_logit_softcapping", "final_logit_softcapping"),
  /** The scores' scale is its square root's inverse. */
  scoreWidth: number(undefined, "query_pre_attn_scalar"),
  ropeBase: number("rope.freq_base", "rope_theta"),
  ropeBaseOfWindows: number("rope.freq_base_swa", "rope_local_base_freq"),
  ropeOriginal: count("rope.scaling.original_context_length", "original_max_position_embeddings"),
} satisfies Record<string, Setting<unknown>>;

export type Meaning = keyof typeof settings;
type Value<M extends Meaning> = (typeof settings)[M] extends Setting<infer T> ? T : never;
export type SettingValues = { readonly [M in Meaning]?: Value<M> };

/** For keys that are missing, where the family says nothing else. */
const defaults: Readonly<Record<Format, SettingValues>> = {
  gguf: { ropeBase: 10000, ropeBaseOfWindows: 10000 },
  huggingface: { rmsEpsilon: 1e-6, ropeBase: 10000, tied: false },
};

/** The metadata of a model, asked by meaning. */
export class Settings {
  readonly format: Format;
  readonly keys: Keys;
  readonly #defaults: SettingValues;

  constructor(format: Format, keys: Keys, familyDefaults: SettingValues = {}) {
    this.format = format;
    this.keys = keys;
    this.#defaults = { ...defaults[format], ...familyDefaults };
  }

  /** The value, or the default of a key that is missing; undefined if there is none, or if config.json says null. */
  find<M extends Meaning>(meaning: M): Value<M> | undefined {
    const { read } = settings[meaning] as unknown as Setting<Value<M>>;
    const key = this.#key(meaning);
    if (key !== undefined && this.keys.states(key)) return read(this.keys, key);
    return this.#defaults[meaning] as Value<M> | undefined;
  }

  /** The value, which must be there. */
  get<M extends Meaning>(meaning: M): Value<M> {
    const value = this.find(meaning);
    if (value === undefined) throw this.keys.missing(this.#key(meaning) ?? meaning);
    return value;
  }

  #key(meaning: Meaning): string | undefined {
    const { gguf, huggingface }: Setting<unknown> = settings[meaning];
    if (this.format === "gguf") return gguf;
    return huggingface.find((key) => this.keys.states(key)) ?? huggingface[0];
  }
}

/** The keys of a checkpoint that a family of `architecture` has to do with. */
export function modelKeys(checkpoint: Checkpoint, architecture: string): Keys {
  if (checkpoint.kind === "huggingface")
    return new Keys(`${checkpoint.path}/config.json`, "", Object.entries(checkpoint.config));
  const prefix = `${architecture}.`;
  const own = [...checkpoint.metadata.entries()].filter(([key]) => key.startsWith(prefix));
  return new Keys(
    checkpoint.metadata.file,
    prefix,
    own.map(([key, value]) => [key.slice(prefix.length), value]),
  );
}
