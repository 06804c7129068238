/** Which llama models are accepted, and how the others are refused; on a model of two layers made in memory. */

import { describe, expect, it } from "vitest";
import { readModelConfig } from "../../../runtime/models/config.js";
import { openGguf } from "../../../runtime/weights/index.js";
import { f32, type GgufSpec, ggufBytes, type TensorSpec, type Typed, text, u32 } from "../weights/write-gguf.js";

const base: Record<string, Typed> = {
  "general.architecture": text("llama"),
  "llama.block_count": u32(2),
  "llama.embedding_length": u32(8),
  "llama.attention.head_count": u32(2),
  "llama.attention.head_count_kv": u32(1),
  "llama.feed_forward_length": u32(12),
  "llama.context_length": u32(64),
  "llama.attention.layer_norm_rms_epsilon": f32(1e-5),
};

const layer = (n: number): Record<string, number[]> => ({
  [`blk.${n}.attn_norm.weight`]: [8],
  [`blk.${n}.attn_q.weight`]: [8, 8],
  [`blk.${n}.attn_k.weight`]: [4, 8],
  [`blk.${n}.attn_v.weight`]: [4, 8],
  [`blk.${n}.attn_output.weight`]: [8, 8],
  [`blk.${n}.ffn_norm.weight`]: [8],
  [`blk.${n}.ffn_gate.weight`]: [12, 8],
  [`blk.${n}.ffn_up.weight`]: [12, 8],
  [`blk.${n}.ffn_down.weight`]: [8, 12],
});
const weights: Record<string, number[]> = {
  "token_embd.weight": [10, 8],
  "output_norm.weight": [8],
  ...layer(0),
  ...layer(1),
};

/** The small model with some metadata and tensors changed; undefined removes. Weights are f32 ones. */
function model(metadata: Record<string, Typed | undefined> = {}, tensors: Record<string, number[] | undefined> = {}) {
  const specs: TensorSpec[] = [];
  let offset = 0;
  for (const [name, shape] of Object.entries({ ...weights, ...tensors })) {
    if (!shape) continue;
    specs.push({ name, type: 0, dims: [...shape].reverse(), offset });
    offset += Math.ceil((shape.reduce((a, b) => a * b) * 4) / 32) * 32;
  }
  const kept = Object.entries({ ...base, ...metadata }).filter(
    (entry): entry is [string, Typed] => entry[1] !== undefined,
  );
  const spec: GgufSpec = {
    metadata: kept,
    tensors: specs,
    data: new Uint8Array(new Float32Array(offset / 4).fill(1).buffer),
  };
  return openGguf("model.gguf", { mapFile: () => Uint8Array.from(ggufBytes(spec)).buffer });
}

it("reads sizes and falls back to llama's defaults", () => {
  expect(readModelConfig(model())).toMatchObject({
    headSize: 4,
    ropeBase: 10000,
    tied: true,
    vocabulary: 10,
    bosId: undefined,
  });
  const plain = readModelConfig(model({ "llama.attention.head_count_kv": undefined }, wide()));
  expect(plain.kvHeads).toBe(2);
});

const wide = () =>
  Object.fromEntries(
    [0, 1].flatMap((n) => [
      [`blk.${n}.attn_k.weight`, [8, 8]],
      [`blk.${n}.attn_v.weight`, [8, 8]],
    ]),
  );

it("takes an output head of its own", () => {
  expect(readModelConfig(model({}, { "output.weight": [10, 8] })).tied).toBe(false);
});

it("takes RoPE divisors from rope_freqs.weight or from a linear factor", () => {
  expect(readModelConfig(model({}, { "rope_freqs.weight": [2] })).ropeFactors).toEqual(Float32Array.of(1, 1));
  const linear = { "llama.rope.scaling.type": text("linear"), "llama.rope.scaling.factor": f32(4) };
  expect(readModelConfig(model(linear)).ropeFactors).toEqual(Float32Array.of(4, 4));
});

describe("refuses", () => {
  it.each<[string, Record<string, Typed | undefined>, string, RegExp]>([
    [
      "another architecture",
      { "general.architecture": text("qwen2") },
      "architecture-unsupported",
      /"qwen2".*Use a model of architecture llama/,
    ],
    ["a mixture of experts", { "llama.expert_count": u32(8) }, "architecture-unsupported", /mixture of experts/],
    ["a part of a split file", { "split.count": u32(3) }, "architecture-unsupported", /split over several files/],
    ["YaRN", { "llama.rope.scaling.type": text("yarn") }, "architecture-unsupported", /RoPE by "yarn"/],
    ["a missing size", { "llama.block_count": undefined }, "metadata-missing", /lacks llama.block_count/],
    ["no layers", { "llama.block_count": u32(0) }, "metadata-value", /block_count is 0/],
    ["a size that is text", { "llama.block_count": text("2") }, "metadata-type", /whole number/],
    ["more layers than weights", { "llama.block_count": u32(3) }, "tensor-missing", /blk\.2\.attn_norm/],
    ["absurdly many layers", { "llama.block_count": u32(4e9) }, "metadata-value", /beyond any model/],
    [
      "heads that do not divide the width",
      { "llama.attention.head_count": u32(3) },
      "metadata-value",
      /rotated in pairs/,
    ],
    [
      "KV heads that do not divide heads",
      { "llama.attention.head_count_kv": u32(0) },
      "metadata-value",
      /cannot share 0/,
    ],
    ["a huge head", { "llama.attention.key_length": u32(2 ** 31) }, "tensor-shape", /attn_q/],
    ["partial rotation", { "llama.rope.dimension_count": u32(2) }, "metadata-value", /only a part of a head/],
    ["values of another size", { "llama.attention.value_length": u32(8) }, "metadata-value", /values of another size/],
    ["a RoPE base of 0", { "llama.rope.freq_base": f32(0) }, "metadata-value", /RoPE base/],
    [
      "an end token outside the vocabulary",
      { "tokenizer.ggml.eos_token_id": u32(10) },
      "metadata-value",
      /outside the vocabulary of 10/,
    ],
  ])("%s", (_, change, code, message) => {
    expect(() => readModelConfig(model(change))).toThrow(
      expect.objectContaining({ code, file: "model.gguf", message: expect.stringMatching(message) }),
    );
  });

  it.each<[string, Record<string, number[] | undefined>, string, RegExp]>([
    ["a missing weight", { "blk.1.ffn_up.weight": undefined }, "tensor-missing", /blk\.1\.ffn_up/],
    ["a missing embedding", { "token_embd.weight": undefined }, "tensor-missing", /token_embd/],
    [
      "a weight of another shape",
      { "blk.0.attn_k.weight": [8, 8] },
      "tensor-shape",
      /\[8, 8\], but the metadata says \[4, 8\]/,
    ],
    ["RoPE divisors of another size", { "rope_freqs.weight": [3] }, "tensor-shape", /not 2 positive divisors/],
  ])("%s", (_, change, code, message) => {
    expect(() => readModelConfig(model({}, change))).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });
});
