/** The same model stated otherwise: defaults of missing keys, old and new names, other layouts of tensors. */

import { describe, expect, it } from "vitest";
import type { ModelConfig } from "../../../../runtime/models/config.js";
import { describeModel } from "../../../../runtime/models/families/index.js";
import { personalName } from "../../../../runtime/models/families/name.js";
import { openCheckpoint } from "../../../../runtime/weights/index.js";
import { array, f32, ggufBytes, type Typed, temporaryFile, text, u32 } from "../../weights/write-gguf.js";
import { folderOf, ggufModel, safetensorsFile, type Weights } from "../../weights/write-models.js";
import { assemble, assembleAll } from "./assemble.js";
import {
  type Changes,
  convert,
  D,
  EXPERTS,
  F,
  ggufKeys,
  H,
  HEADS,
  KV,
  tinyModels,
  tinyWeights,
  V,
  writeFolder,
  writeGguf,
} from "./tiny-models.js";

const described = (path: string): ModelConfig => {
  using checkpoint = openCheckpoint(path);
  return describeModel(checkpoint).config;
};
const fromFolder = (family: string, keys: Record<string, unknown>, tensors?: Changes<unknown>["tensors"]) =>
  described(writeFolder(tinyModels[family]!, { keys, tensors }));
const fromGguf = (family: string, keys: Record<string, Typed | undefined>, tensors?: Changes<unknown>["tensors"]) =>
  described(writeGguf(tinyModels[family]!, { keys, tensors }));

const windows = ({ layerKinds }: ModelConfig) => layerKinds.map(({ window }) => window);

describe("windows", () => {
  it.each<[string, string, Record<string, unknown>, (number | undefined)[]]>([
    ["mistral without a word has 4096", "mistral with windows", { sliding_window: undefined }, [4096, 4096]],
    ["mistral with null has none", "mistral with windows", { sliding_window: null }, [undefined, undefined]],
    ["qwen2's are off", "qwen2", {}, [undefined, undefined]],
    ["qwen2's are on from a layer on", "qwen2", { use_sliding_window: true }, [undefined, 32]],
    [
      "qwen2's are on by list",
      "qwen2",
      { use_sliding_window: true, layer_types: ["sliding_attention", "full_attention"] },
      [32, undefined],
    ],
    [
      "qwen2's are 4096 by default",
      "qwen2",
      { use_sliding_window: true, sliding_window: undefined },
      [undefined, 4096],
    ],
    ["qwen3moe's are everywhere", "qwen3moe", { use_sliding_window: true, sliding_window: 5 }, [5]],
    ["mixtral's are everywhere", "mixtral", { sliding_window: 6 }, [6]],
    ["phi3's can be off", "phi3", { sliding_window: null }, [undefined]],
    [
      "smollm3's are in layers that do not rotate",
      "smollm3",
      { use_sliding_window: true, sliding_window: 8, layer_types: undefined },
      [undefined, undefined, undefined, 8, undefined],
    ],
    ["gemma2's are every other by default", "gemma2", {}, [9, undefined, 9]],
    [
      "gemma2's may be listed",
      "gemma2",
      { layer_types: ["full_attention", "sliding_attention", "full_attention"] },
      [undefined, 9, undefined],
    ],
    ["gemma3's are five of six by default", "gemma3", { sliding_window_pattern: undefined }, [9, 9, 9]],
    [
      "gemma3's pattern has two names",
      "gemma3",
      { sliding_window_pattern: undefined, _sliding_window_pattern: 2 },
      [9, undefined, 9],
    ],
  ])("%s", (_, family, keys, expected) => expect(windows(fromFolder(family, keys))).toEqual(expected));

  it.each<[string, string, Record<string, Typed | undefined>, (number | undefined)[]]>([
    ["0 is none", "mistral with windows", { "llama.attention.sliding_window": u32(0) }, [undefined, undefined]],
    ["gemma2's default", "gemma2", { "gemma2.attention.sliding_window": undefined }, [4096, undefined, 4096]],
    [
      "gemma2's pattern as a number",
      "gemma2",
      { "gemma2.attention.sliding_window_pattern": u32(3) },
      [9, 9, undefined],
    ],
    [
      "a pattern of 1 is none",
      "gemma2",
      { "gemma2.attention.sliding_window_pattern": u32(1) },
      [undefined, undefined, undefined],
    ],
    ["a pattern of 0 is all", "gemma2", { "gemma2.attention.sliding_window_pattern": u32(0) }, [9, 9, 9]],
    [
      "gemma3's without a size",
      "gemma3",
      { "gemma3.attention.sliding_window": undefined },
      [undefined, undefined, undefined],
    ],
  ])("of a GGUF file: %s", (_, family, keys, expected) => expect(windows(fromGguf(family, keys))).toEqual(expected));
});

describe("positions", () => {
  it("smollm3 does not rotate in every fourth layer, unless listed otherwise", () => {
    const turns = ({ layerKinds }: ModelConfig) => layerKinds.map(({ rope }) => rope);
    const usual = [0, 0, 0, undefined, 0];
    expect(turns(fromFolder("smollm3", { no_rope_layers: undefined }))).toEqual(usual);
    expect(turns(fromGguf("smollm3", {}))).toEqual(usual);
    const second = fromFolder("smollm3", { no_rope_layers: undefined, no_rope_layer_interval: 2 });
    expect(turns(second)).toEqual([0, undefined, 0, undefined, 0]);
    expect(turns(fromFolder("smollm3", { no_rope_layers: [0, 1, 1, 1, 0] }))).toEqual([undefined, 0, 0, 0, undefined]);
  });

  it("gemma3 states its two ropes in one object since transformers 5", () => {
    const old = fromFolder("gemma3", {});
    const names = ["rope_theta", "rope_local_base_freq", "rope_scaling"];
    const nested = fromFolder("gemma3", {
      ...Object.fromEntries(names.map((name) => [name, undefined])),
      rope_parameters: {
        full_attention: { rope_type: "linear", factor: 8, rope_theta: 1e6 },
        sliding_attention: { rope_type: "default", rope_theta: 1e4 },
      },
    });
    expect(nested.ropes).toEqual(old.ropes);
    expect(nested.layerKinds.map(({ rope }) => rope)).toEqual([1, 1, 0]);
    expect(
      fromFolder("gemma3", Object.fromEntries(names.map((name) => [name, undefined]))).ropes.map(({ base }) => base),
    ).toEqual([1e6, 1e4]);
  });

  const scaling = (keys: Record<string, Typed>, tensors?: Changes<unknown>["tensors"]) =>
    fromGguf("llama", keys, tensors).ropes[0];
  it("a GGUF file's factor is linear without a type, has an older name, and counts for nothing with type none", () => {
    expect(scaling({ "llama.rope.scaling.factor": f32(4) })?.scaling).toEqual({ kind: "linear", factor: 4 });
    expect(scaling({ "llama.rope.scale_linear": f32(4) })?.scaling).toEqual({ kind: "linear", factor: 4 });
    expect(scaling({ "llama.rope.scaling.factor": f32(1) })?.scaling).toEqual({ kind: "none" });
    const none = { "llama.rope.scaling.type": text("none"), "llama.rope.scaling.factor": f32(4) };
    expect(scaling(none)?.scaling).toEqual({ kind: "none" });
    expect(scaling({ "llama.rope.scaling.attn_factor": f32(1.5) })?.attentionFactor).toBe(1.5);
  });

  it("a GGUF file's yarn has all its options", () => {
    const yarn = { "llama.rope.scaling.type": text("yarn"), "llama.rope.scaling.factor": f32(4) };
    expect(scaling(yarn)?.scaling).toEqual({
      ...{ kind: "yarn", factor: 4, original: 64, betaFast: 32, betaSlow: 1, truncate: true },
      magnitude: 1 + 0.1 * Math.log(4),
    });
    const options = {
      "llama.rope.scaling.yarn_beta_fast": f32(24),
      "llama.rope.scaling.yarn_beta_slow": f32(2),
      "llama.rope.scaling.yarn_attn_factor": f32(1.25),
      "llama.rope.scaling.yarn_ext_factor": f32(1),
      "llama.rope.scaling.original_context_length": u32(32),
    };
    expect(scaling({ ...yarn, ...options })?.scaling).toMatchObject({
      original: 32,
      betaFast: 24,
      betaSlow: 2,
      magnitude: 1.25,
    });
  });

  it("a GGUF file of llama takes longrope's factors by its type", () => {
    const tensors = { "rope_factors_short.weight": [8], "rope_factors_long.weight": [8] };
    const rope = scaling(
      { "llama.rope.scaling.type": text("longrope"), "llama.rope.scaling.attn_factor": f32(1.25) },
      tensors,
    );
    const ones = new Float32Array(8).fill(1);
    expect(rope).toMatchObject({
      attentionFactor: 1,
      scaling: { kind: "longrope", short: ones, long: ones, original: 64, magnitude: 1.25 },
    });
  });

  it("InternLM2's dynamic scaling stretches its window", () => {
    const { ropes } = fromFolder("internlm2", { rope_scaling: { type: "dynamic", factor: 2 } });
    expect(ropes[0]?.scaling).toEqual({ kind: "dynamic", factor: 2, original: 64 });
  });
});

describe("scales", () => {
  it("of Gemma's scores come from config.json, and in GGUF files from the number of layers", () => {
    expect(fromFolder("gemma2", { query_pre_attn_scalar: 64 }).scoreScale).toBe(1 / 8);
    expect(fromFolder("gemma2", { query_pre_attn_scalar: undefined }).scoreScale).toBe(1 / 16);
    expect(fromGguf("gemma2", {}).scoreScale).toBe(1 / 4);
    const named = (name: string, n: number) => name.replace("blk.0.", `blk.${n}.`);
    const { tensors: _, ...one } = tinyModels.gemma2!;
    const layers = Object.entries(one.gguf).filter(([name]) => !/^blk\.[12]/.test(name));
    const deep = {
      ...tinyModels.gemma2!,
      gguf: Object.fromEntries(
        Array.from({ length: 46 }, (_, n) => layers.map(([name, make]) => [named(name, n), make])).flat(),
      ),
    };
    const narrow = { "gemma2.block_count": u32(46), "gemma2.embedding_length": u32(H) };
    // 46 layers: the 27B model, whose scores are scaled by the width a head would have if heads filled the residual stream.
    expect(described(writeGguf(deep, { keys: narrow })).scoreScale).toBe(1 / Math.sqrt(H / HEADS));
  });

  it("caps can be off", () => {
    const off = { attn_logit_softcapping: null, final_logit_softcapping: null };
    expect(fromFolder("gemma2", off)).toMatchObject({ scoreCap: undefined, logitCap: undefined });
    const missing = { attn_logit_softcapping: undefined, final_logit_softcapping: undefined };
    expect(fromFolder("gemma2", missing)).toMatchObject({ scoreCap: 50, logitCap: 30 });
    expect(fromGguf("gemma2", { "gemma2.attn_logit_softcapping": f32(0) }).scoreCap).toBeUndefined();
    expect(fromFolder("gemma3", { final_logit_softcapping: 20, attn_logit_softcapping: 50 })).toMatchObject({
      scoreCap: undefined,
      logitCap: 20,
    });
  });
});

describe("tokens", () => {
  const ids = (config: ModelConfig) => config.eosIds;
  it("that end a text are those of generation_config.json, else of config.json", () => {
    const { config } = tinyModels.llama!;
    const weights = safetensorsFile(tinyWeights(tinyModels.llama!));
    const folder = (generation: object) =>
      described(
        folderOf({ "config.json": config, "generation_config.json": generation, "model.safetensors": weights }),
      );
    expect(ids(folder({ eos_token_id: 5 }))).toEqual([5]);
    expect(ids(folder({ temperature: 0.6 }))).toEqual([2, 3]);
    expect(folder({ bos_token_id: 4 }).bosId).toBe(4);
  });

  it("that end a turn are found in GGUF files by their names, if they are control tokens", () => {
    const names = Array.from({ length: V }, (_, i) => `t${i}`);
    names[7] = "<|im_end|>";
    names[8] = "<end_of_turn>";
    const types = Array.from({ length: V }, (_, i) => (i === 7 ? 3 : 1));
    const keys = { "tokenizer.ggml.tokens": array("string", names), "tokenizer.ggml.token_type": array("i32", types) };
    expect(ids(fromGguf("llama", keys))).toEqual([2, 3, 7]);
    expect(
      ids(fromGguf("llama", { ...keys, "tokenizer.ggml.eom_token_id": u32(7), "tokenizer.ggml.eot_token_id": u32(2) })),
    ).toEqual([2, 7]);
  });

  it("may be fewer than the rows of the embedding", () => {
    const tokens = array(
      "string",
      Array.from({ length: 15 }, (_, i) => `t${i}`),
    );
    expect(fromGguf("llama", { "tokenizer.ggml.tokens": tokens })).toMatchObject({ tokens: 15, vocabulary: V });
    expect(fromGguf("llama", { "tokenizer.ggml.tokens": tokens, "llama.vocab_size": u32(15) }).tokens).toBe(15);
    expect(fromGguf("llama", { "tokenizer.ggml.tokens": undefined }).tokens).toBe(V);
  });
});

describe("tensors", () => {
  it("that are recomputed are left alone", () => {
    expect(fromFolder("llama", {}, { "model.layers.0.self_attn.rotary_emb.inv_freq": [8] }).layers).toBe(2);
  });

  it("a tied model may hold its embedding twice", () => {
    const weights = tinyWeights(tinyModels.llama!);
    weights.set("lm_head.weight", weights.get("model.embed_tokens.weight")!);
    const config = { ...tinyModels.llama!.config, tie_word_embeddings: true };
    using checkpoint = openCheckpoint(
      folderOf({ "config.json": config, "model.safetensors": safetensorsFile(weights) }),
    );
    const { config: read, weights: plan } = describeModel(checkpoint);
    expect(read.tied).toBe(true);
    expect(plan.head).toBeUndefined();
  });

  it("q, k and v of any GGUF file may be one", () => {
    const model = tinyModels.qwen2!;
    const separate = convert(model, tinyWeights(model));
    const fused = new Map(separate);
    for (const n of [0, 1])
      for (const kind of ["weight", "bias"]) {
        const parts = ["q", "k", "v"].map((letter) => `blk.${n}.attn_${letter}.${kind}`);
        fused.set(`blk.${n}.attn_qkv.${kind}`, stack(parts.map((name) => separate.get(name)!)));
        for (const name of parts) fused.delete(name);
      }
    using a = openCheckpoint(temporaryFile(ggufModel(ggufKeys(model), separate)));
    using b = openCheckpoint(temporaryFile(ggufModel(ggufKeys(model), fused)));
    expect(assembleAll(b, describeModel(b).weights)).toEqual(assembleAll(a, describeModel(a).weights));
  });

  it("experts of a folder may lie in one tensor, those of a GGUF file in one each", () => {
    const model = tinyModels.qwen3moe!;
    const usual = tinyWeights(model);
    const fused = new Map([...usual].filter(([name]) => !name.includes(".experts.")));
    const of = (e: number, name: string) => usual.get(`model.layers.0.mlp.experts.${e}.${name}.weight`)!;
    const experts = Array.from({ length: EXPERTS }, (_, e) => e);
    const gateUps = stack(experts.flatMap((e) => [of(e, "gate_proj"), of(e, "up_proj")]));
    const downs = stack(experts.map((e) => of(e, "down_proj")));
    fused.set("model.layers.0.mlp.experts.gate_up_proj", { ...gateUps, shape: [EXPERTS, 2 * F, H] });
    fused.set("model.layers.0.mlp.experts.down_proj", { ...downs, shape: [EXPERTS, H, F] });
    const files = (weights: Map<string, Weights>) =>
      folderOf({ "config.json": model.config, "model.safetensors": safetensorsFile(weights) });
    using a = openCheckpoint(files(usual));
    using b = openCheckpoint(files(fused));
    const expected = assembleAll(a, describeModel(a).weights);
    expect(assembleAll(b, describeModel(b).weights)).toEqual(expected);

    const single = new Map([...convert(model, usual)].filter(([name]) => !name.includes("_exps")));
    for (const e of experts)
      for (const [name, from] of [
        ["gate", "gate_proj"],
        ["up", "up_proj"],
        ["down", "down_proj"],
      ] as const)
        single.set(`blk.0.ffn_${name}.${e}.weight`, of(e, from));
    using c = openCheckpoint(temporaryFile(ggufModel(ggufKeys(model), single)));
    expect(assembleAll(c, describeModel(c).weights)).toEqual(expected);
  });

  it("weights of experts stay as they are chosen unless norm_topk_prob says otherwise", () => {
    expect(fromFolder("qwen3moe", { norm_topk_prob: false }).experts?.normalized).toBe(false);
    expect(fromFolder("qwen3moe", { norm_topk_prob: undefined }).experts?.normalized).toBe(false);
    expect(fromGguf("qwen3moe", {}).experts?.normalized).toBe(true);
    const width = { "qwen3moe.expert_feed_forward_length": undefined, "qwen3moe.feed_forward_length": u32(2 * F) };
    expect(fromGguf("qwen3moe", width).feedForward).toBe(F);
  });

  it("where only a part of a head rotates, that part comes first in each half, and norms follow", () => {
    const { tensors } = tinyModels.qwen3!;
    const config = { ...tinyModels.qwen3!.config, rope_parameters: undefined, partial_rotary_factor: 0.5 };
    const weights = tinyWeights({ tensors });
    using checkpoint = openCheckpoint(
      folderOf({ "config.json": config, "model.safetensors": safetensorsFile(weights) }),
    );
    const { weights: plan } = describeModel(checkpoint);
    // R = 8 of D = 16: pairs (0, 4) … (3, 7) become (0, 8) … (3, 11); 8 … 15 pass.
    const order = [0, 1, 2, 3, 8, 9, 10, 11, 4, 5, 6, 7, 12, 13, 14, 15];
    expect([...plan.layers[0]!.queryNorm!.order!]).toEqual(order);
    const q = weights.get("model.layers.0.self_attn.q_proj.weight")!.data;
    const { rows } = assemble(checkpoint, plan.layers[0]!.qkv);
    expect(rows.length).toBe((HEADS + 2 * KV) * D);
    expect(rows.slice(D, 2 * D).map((row) => row[0])).toEqual(order.map((row) => q[(D + row) * H]));
  });

  it("orders are shared by all layers", () => {
    using checkpoint = openCheckpoint(writeGguf(tinyModels.llama!));
    const [first, second] = describeModel(checkpoint).weights.layers;
    expect(first!.qkv.parts[0]!.order).toBeInstanceOf(Int32Array);
    expect(second!.qkv.parts[0]!.order).toBe(first!.qkv.parts[0]!.order);
    expect(first!.qkv.parts[2]!.order).toBeUndefined();
  });
});

describe("types", () => {
  const F16 = 1;
  const Q8_0 = 8;
  const F64 = 28;
  /** A GGUF file of llama whose tensor `name` has another type; the bytes mean nothing. */
  function typed(name: string, type: number, bytes: number): string {
    const weights = convert(tinyModels.llama!, tinyWeights(tinyModels.llama!));
    let offset = 0;
    const tensors = [...weights].map(([key, { shape, data }]) => {
      const at = offset;
      offset += Math.ceil((key === name ? bytes : data.byteLength) / 32) * 32;
      return { name: key, type: key === name ? type : 0, dims: [...shape].reverse(), offset: at };
    });
    return temporaryFile(
      ggufBytes({ metadata: Object.entries(ggufKeys(tinyModels.llama!)), tensors, data: new Uint8Array(offset) }),
    );
  }

  it("of matrices may be quantised, those of norms may not", () => {
    expect(described(typed("blk.0.ffn_gate.weight", Q8_0, (F * H * 34) / 32)).layers).toBe(2);
    expect(described(typed("blk.0.ffn_norm.weight", F16, 2 * H)).layers).toBe(2);
    expect(() => described(typed("blk.0.ffn_norm.weight", Q8_0, (H * 34) / 32))).toThrow(
      /"blk\.0\.ffn_norm\.weight" has the type Q8_0, which only matrices/,
    );
  });

  it("that cannot be used are named with their tensor", () => {
    expect(() => described(typed("blk.0.ffn_gate.weight", F64, F * H * 8))).toThrow(
      /"blk\.0\.ffn_gate\.weight" has the type F64, which cannot be used.*Use a file quantised as F32/,
    );
  });

  it("that no model has are named with their tensor too", () => {
    const weights = safetensorsFile(tinyWeights(tinyModels.llama!), "U32");
    const folder = folderOf({ "config.json": tinyModels.llama!.config, "model.safetensors": weights });
    expect(() => described(folder)).toThrow(
      /"model\.embed_tokens\.weight" has the type U32, which cannot be used.*bf16, f16 or f32/,
    );
  });
});

it.each([
  ["Smollm2 135M 8k Lc100K Mix1 Ep2", "SmolLM2-135M-Instruct.Q4_1.gguf", "SmolLM2-135M-Instruct"],
  ["Qwen2.5 Coder 0.5B Instruct AWQ", "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf", "Qwen2.5-Coder-0.5B-Instruct"],
  ["Llama 3.1 8B", "Llama-3.1-8B-Instruct-IQ4_XS-00001-of-00002.gguf", "Llama-3.1-8B-Instruct"],
  ["Qwen3 8B", "model.gguf", "Qwen3-8B"],
  ["", "gemma-2-2b-it-BF16.gguf", "gemma-2-2b-it"],
  ["SmolLM2-135M-Instruct", "SmolLM2-135M-Instruct.Q4_1.gguf", "SmolLM2-135M-Instruct"],
])("a model that calls itself %j, in %s, is called %s", (general, file, name) => {
  expect(personalName(general, file)).toBe(name);
});

it("a model's name is the file's, or the folder's, also in Hugging Face's cache", () => {
  expect(fromGguf("llama", { "general.name": text("Tiny") }).name).toBe("Tiny");
  const files = {
    "config.json": tinyModels.llama!.config,
    "model.safetensors": safetensorsFile(tinyWeights(tinyModels.llama!)),
  };
  const cache = folderOf(
    Object.fromEntries(Object.entries(files).map(([name, file]) => [`models--me--tiny/snapshots/0a1b/${name}`, file])),
  );
  expect(described(`${cache}/models--me--tiny/snapshots/0a1b/`).name).toBe("me/tiny");
  expect(described(`${cache}/models--me--tiny/snapshots/0a1b`).architecture).toBe("llama");
});

/** Tensors of one width below each other. */
function stack(parts: readonly Weights[]): Weights {
  const data = Float32Array.from(parts.flatMap((part) => [...part.data]));
  const rows = parts.reduce((sum, { shape }) => sum + shape[0]!, 0);
  return { shape: [rows, ...parts[0]!.shape.slice(1)], data };
}
