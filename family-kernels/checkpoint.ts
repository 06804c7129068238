/** Models of real shapes whose tensors hold nothing: enough to know what has to be compiled for them. */
import type { FolderCheckpoint, StoredTensor } from "../runtime/weights/index.js";
import { type TensorTypeName, tensorTypes } from "../runtime/weights/quantization/types.js";
import type { FileStretch } from "../runtime/weights/reading.js";
import { storedTensors } from "../runtime/weights/stored-tensors.js";
import type { ReleasedModel } from "./released.js";

type Numbers = Readonly<Record<string, number>>;

/** Rows and columns of a layer's matrices, by the ends of their names. */
function shapesOfLayer(config: ReleasedModel["config"]): Record<string, number[]> {
  const {
    hidden_size: h,
    intermediate_size: f,
    num_attention_heads: heads,
    num_key_value_heads: kv,
  } = config as Numbers;
  const size = (config as Numbers).head_dim ?? h! / heads!;
  const [q, k] = [heads! * size, kv! * size];
  const norms = (...names: string[]) => Object.fromEntries(names.map((name) => [name, [h!]]));
  const attention = { "self_attn.q_proj": [q, h!], "self_attn.k_proj": [k, h!], "self_attn.v_proj": [k, h!] };
  const out = { "self_attn.o_proj": [h!, q] };
  const mlp = { "mlp.gate_proj": [f!, h!], "mlp.up_proj": [f!, h!], "mlp.down_proj": [h!, f!] };
  const usual = { ...norms("input_layernorm", "post_attention_layernorm"), ...attention, ...out, ...mlp };
  const headNorms = { "self_attn.q_norm": [size], "self_attn.k_norm": [size] };
  const sandwich = norms("pre_feedforward_layernorm", "post_feedforward_layernorm");
  const experts = (count: number, width: number, at: string, [gate, up, down]: readonly string[]) => ({
    [`${at}.gate`]: [count, h!],
    ...Object.fromEntries(
      Array.from({ length: count }, (_, e) => [
        [`${at}.experts.${e}.${gate}`, [width, h!]],
        [`${at}.experts.${e}.${up}`, [width, h!]],
        [`${at}.experts.${e}.${down}`, [h!, width]],
      ]).flat(),
    ),
  });
  const attentionOnly = { ...norms("input_layernorm", "post_attention_layernorm"), ...attention, ...out };
  const families: Record<string, Record<string, number[]>> = {
    qwen2: { ...usual },
    qwen3: { ...usual, ...headNorms },
    qwen3_moe: {
      ...attentionOnly,
      ...headNorms,
      ...experts(128, 768, "mlp", ["gate_proj", "up_proj", "down_proj"]),
    },
    mixtral: { ...attentionOnly, ...experts(8, f!, "block_sparse_moe", ["w1", "w3", "w2"]) },
    gemma2: { ...usual, ...sandwich },
    gemma3_text: { ...usual, ...sandwich, ...headNorms },
    phi3: {
      ...norms("input_layernorm", "post_attention_layernorm"),
      ...{ "self_attn.qkv_proj": [q + 2 * k, h!], "mlp.gate_up_proj": [2 * f!, h!], "mlp.down_proj": [h!, f!] },
      ...out,
    },
    internlm2: {
      ...norms("attention_norm", "ffn_norm"),
      ...{ "attention.wqkv": [q + 2 * k, h!], "attention.wo": [h!, q] },
      ...{ "feed_forward.w1": [f!, h!], "feed_forward.w3": [f!, h!], "feed_forward.w2": [h!, f!] },
    },
  };
  return families[config.model_type as string] ?? usual;
}

/** Families whose embedding is the head unless a config says otherwise. */
const TIED: readonly unknown[] = ["gemma2", "gemma3_text", "smollm3"];

/** How weights are stored: what type a tensor of this name and shape has. */
type Types = (name: string, shape: readonly number[]) => TensorTypeName;

/** llama.cpp's fallback where rows are no whole blocks of 256. */
const whole = (type: TensorTypeName, columns: number): TensorTypeName =>
  columns % 256 === 0 ? type : type === "Q6_K" ? "Q8_0" : "Q5_0";

const quantized =
  (type: (name: string) => TensorTypeName): Types =>
  (name, shape) =>
    shape.length === 1 || /\bgate\.weight$/.test(name) ? "F32" : whole(type(name), shape[1]!);

/** The formats that models are published in, by their names: what Hugging Face has, and llama.cpp's most usual mixtures. */
export const FORMATS: Readonly<Record<string, Types>> = {
  BF16: () => "BF16",
  Q8_0: quantized(() => "Q8_0"),
  // Some layers have values and what leads back to the residual in six bits, as the head.
  Q4_K_M: quantized((name) =>
    /lm_head|^output|embed/.test(name) || /layers\.0\..*(?:v_proj|down_proj|w2)\.weight$/.test(name)
      ? "Q6_K"
      : /qkv/.test(name)
        ? "Q5_K"
        : "Q4_K",
  ),
};

/** The model `name` in a format, as a folder of Hugging Face's would have it. Its tensors are zeros. */
export function checkpointOf(name: string, { config }: ReleasedModel, format = "BF16"): FolderCheckpoint {
  const { hidden_size: h, vocab_size: v, num_hidden_layers: layers } = config as Numbers;
  const intern = config.model_type === "internlm2";
  const shapes: Record<string, number[]> = {
    [intern ? "model.tok_embeddings.weight" : "model.embed_tokens.weight"]: [v!, h!],
    "model.norm.weight": [h!],
  };
  if (!(config.tie_word_embeddings ?? TIED.includes(config.model_type)))
    shapes[intern ? "output.weight" : "lm_head.weight"] = [v!, h!];
  for (let n = 0; n < layers!; n++) {
    for (const [end, shape] of Object.entries(shapesOfLayer(config))) shapes[`model.layers.${n}.${end}.weight`] = shape;
    if (config.model_type !== "qwen2") continue;
    for (const end of ["q", "k", "v"]) {
      const rows = shapes[`model.layers.${n}.self_attn.${end}_proj.weight`]![0]!;
      shapes[`model.layers.${n}.self_attn.${end}_proj.bias`] = [rows];
    }
  }
  const tensors = new Map<string, StoredTensor>();
  for (const [tensor, shape] of Object.entries(shapes)) {
    const type = FORMATS[format]!(tensor, shape);
    const { blockSize, blockBytes } = tensorTypes[type];
    const bytes = (shape.reduce((a, b) => a * b) / blockSize) * blockBytes;
    tensors.set(tensor, { name: tensor, type, shape, bytes, file: `${name}/model.safetensors`, offset: 0 });
  }
  const file = { path: name, size: Number.MAX_SAFE_INTEGER } as FileStretch["file"];
  return storedTensors(
    {
      ...{ path: name, tensors, close: () => {} },
      // Only what is read here at all, which is small.
      bytes: (_, start, end) => new Uint8Array(end - start),
      stretch: (_, start, end) => ({ file, offset: 0, bytes: end - start }),
    },
    { kind: "huggingface", config, generation: {} },
  );
}
