/** What a model is made of: sizes and constants, read from a GGUF file's metadata and checked against its tensors. */

import { dequantize, type Gguf, type GgufMetadata, ModelError } from "../weights/index.js";

export interface ModelConfig {
  readonly architecture: "llama";
  /** Name for people, "" if the file gives none. */
  readonly name: string;
  readonly layers: number;
  /** Width of the residual stream. */
  readonly hidden: number;
  /** Query heads; a multiple of `kvHeads`. */
  readonly heads: number;
  readonly kvHeads: number;
  /** D: even. */
  readonly headSize: number;
  readonly feedForward: number;
  /** Rows of the embedding and of the output head. */
  readonly vocabulary: number;
  /** Tokens of the window the model was trained for. */
  readonly context: number;
  readonly ropeBase: number;
  /** headSize / 2 divisors of the rotation frequencies, where the model scales them (Llama 3.1 and later). */
  readonly ropeFactors: Float32Array | undefined;
  readonly rmsEpsilon: number;
  /** Whether the output head is the embedding: the file has no output.weight then. */
  readonly tied: boolean;
  readonly bosId: number | undefined;
  readonly eosId: number | undefined;
  /** End of a turn, where it differs from the end of a text. */
  readonly eotId: number | undefined;
  /** Jinja source. */
  readonly chatTemplate: string | undefined;
}

/** What the file's key-values alone tell; RoPE factors may be a tensor, so they come last, when sizes can be trusted. */
type Sizes = Omit<ModelConfig, "ropeFactors">;

/** Reads the configuration of the model in `file`. Throws ModelError if the runtime cannot run it, saying why. */
export function readModelConfig(file: Gguf): ModelConfig {
  const { metadata } = file;
  requireSupported(metadata);
  const heads = positive(metadata, "llama.attention.head_count");
  const hidden = positive(metadata, "llama.embedding_length");
  const config = {
    architecture: "llama" as const,
    name: metadata.string("general.name", ""),
    layers: positive(metadata, "llama.block_count"),
    hidden,
    heads,
    kvHeads: metadata.count("llama.attention.head_count_kv", heads),
    headSize: optional(metadata, "llama.attention.key_length") ?? hidden / heads,
    feedForward: positive(metadata, "llama.feed_forward_length"),
    vocabulary: file.tensor("token_embd.weight").shape[0] ?? 0,
    context: positive(metadata, "llama.context_length"),
    ropeBase: metadata.number("llama.rope.freq_base", 10000),
    rmsEpsilon: metadata.number("llama.attention.layer_norm_rms_epsilon"),
    tied: !file.tensors.has("output.weight"),
    bosId: optional(metadata, "tokenizer.ggml.bos_token_id"),
    eosId: optional(metadata, "tokenizer.ggml.eos_token_id"),
    eotId: optional(metadata, "tokenizer.ggml.eot_token_id"),
    chatTemplate: metadata.string("tokenizer.chat_template", "") || undefined,
  };
  requireConsistent(config, metadata);
  requireTensors(config, file);
  return { ...config, ropeFactors: readRopeFactors(file, config.headSize) };
}

/** Name and row-major shape of every weight of a llama model. */
export function llamaTensors(config: Sizes): ReadonlyMap<string, readonly number[]> {
  const { layers, hidden, heads, kvHeads, headSize, feedForward, vocabulary } = config;
  const [queries, keys] = [heads * headSize, kvHeads * headSize];
  const perLayer: [string, number[]][] = [
    ["attn_norm", [hidden]],
    ["attn_q", [queries, hidden]],
    ["attn_k", [keys, hidden]],
    ["attn_v", [keys, hidden]],
    ["attn_output", [hidden, queries]],
    ["ffn_norm", [hidden]],
    ["ffn_gate", [feedForward, hidden]],
    ["ffn_up", [feedForward, hidden]],
    ["ffn_down", [hidden, feedForward]],
  ];
  const shapes = new Map<string, readonly number[]>([
    ["token_embd.weight", [vocabulary, hidden]],
    ["output_norm.weight", [hidden]],
  ]);
  if (!config.tied) shapes.set("output.weight", [vocabulary, hidden]);
  for (let layer = 0; layer < layers; layer++) {
    for (const [name, shape] of perLayer) shapes.set(`blk.${layer}.${name}.weight`, shape);
  }
  return shapes;
}

/** Features that change what a llama model computes and that the runtime does not have: [key, value without effect, name]. */
const unsupported: [string, number, string][] = [
  ["llama.expert_count", 0, "a mixture of experts"],
  ["split.count", 1, "split over several files"],
];

function requireSupported(metadata: GgufMetadata): void {
  const architecture = metadata.string("general.architecture");
  if (architecture !== "llama") {
    throw new ModelError("architecture-unsupported", `the model has the architecture ${JSON.stringify(architecture)}`, {
      file: metadata.file,
    });
  }
  for (const [key, harmless, name] of unsupported) {
    if (metadata.count(key, harmless) > harmless) {
      throw new ModelError("architecture-unsupported", `the model is ${name} (${key} is ${metadata.count(key)})`, {
        file: metadata.file,
        hint: "Use a dense model in one file.",
      });
    }
  }
}

function requireConsistent(config: Sizes, metadata: GgufMetadata): void {
  const { heads, kvHeads, headSize, layers, vocabulary } = config;
  const ids = [config.bosId, config.eosId, config.eotId];
  const rules: [boolean, string][] = [
    [
      Number.isInteger(headSize) && headSize > 0 && headSize % 2 === 0,
      `heads of ${headSize} cannot be rotated in pairs`,
    ],
    [kvHeads > 0 && heads % kvHeads === 0, `${heads} query heads cannot share ${kvHeads} KV heads`],
    [layers <= 10_000, `${layers} layers are beyond any model`],
    [ids.every((id) => (id ?? 0) < vocabulary), `a special token is outside the vocabulary of ${vocabulary}`],
    [config.ropeBase > 0, `the RoPE base is ${config.ropeBase}`],
    [config.rmsEpsilon > 0, `the RMS epsilon is ${config.rmsEpsilon}`],
    [
      (optional(metadata, "llama.attention.value_length") ?? headSize) === headSize,
      `values of another size than keys (${headSize}) are not supported`,
    ],
    [
      (optional(metadata, "llama.rope.dimension_count") ?? headSize) === headSize,
      `rotating only a part of a head of ${headSize} is not supported`,
    ],
  ];
  const broken = rules.find(([holds]) => !holds);
  if (broken) throw new ModelError("metadata-value", broken[1], { file: metadata.file });
}

function requireTensors(config: Sizes, file: Gguf): void {
  for (const [name, shape] of llamaTensors(config)) {
    const got = file.tensor(name).shape;
    if (got.join() !== shape.join()) {
      const sizes = `[${got.join(", ")}], but the metadata says [${shape.join(", ")}]`;
      throw new ModelError("tensor-shape", `tensor ${JSON.stringify(name)} has the shape ${sizes}`, {
        file: file.path,
      });
    }
  }
}

/** Divisors come as a tensor (Llama 3.1) or as one linear factor; other ways of scaling are not supported. */
function readRopeFactors(file: Gguf, headSize: number): Float32Array | undefined {
  const tensor = file.tensors.get("rope_freqs.weight");
  if (tensor) {
    const factors = dequantize(tensor.type, file.bytes(tensor));
    if (factors.length === headSize / 2 && factors.every((factor) => Number.isFinite(factor) && factor > 0))
      return factors;
    throw new ModelError("tensor-shape", `rope_freqs.weight is not ${headSize / 2} positive divisors`, {
      file: file.path,
    });
  }
  const scaling = file.metadata.string("llama.rope.scaling.type", "none");
  if (scaling === "none") return undefined;
  if (scaling === "linear") {
    const factor = file.metadata.number("llama.rope.scaling.factor");
    if (factor > 0) return new Float32Array(headSize / 2).fill(factor);
  }
  throw new ModelError("architecture-unsupported", `the model scales RoPE by ${JSON.stringify(scaling)}`, {
    file: file.path,
    hint: "Use a model without RoPE scaling, with linear scaling, or with rope_freqs.weight (Llama 3.1 and later).",
  });
}

function positive(metadata: GgufMetadata, key: string): number {
  const value = metadata.count(key);
  if (value > 0) return value;
  throw new ModelError("metadata-value", `${key} is 0`, { file: metadata.file });
}

const optional = (metadata: GgufMetadata, key: string): number | undefined =>
  metadata.has(key) ? metadata.count(key) : undefined;
