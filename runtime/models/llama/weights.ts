import type { Allocator } from "../../device/allocations.js";
import type { DeviceBuffer } from "../../device/device.js";
import type { Gguf } from "../../weights/index.js";
import type { ModelConfig } from "../config.js";
import { type Matrix, uploadMatrix, uploadVector } from "../matrix.js";

export interface LayerWeights {
  readonly attentionNorm: DeviceBuffer;
  /** [q; k; v] stacked, rotation pairs (i, i + D/2). */
  readonly qkv: Matrix;
  readonly out: Matrix;
  readonly feedForwardNorm: DeviceBuffer;
  /** [gate; up] stacked. */
  readonly gateUp: Matrix;
  readonly down: Matrix;
}

export interface LlamaWeights {
  readonly embedding: Matrix;
  readonly layers: readonly LayerWeights[];
  readonly outputNorm: DeviceBuffer;
  /** The embedding itself where the model ties them. */
  readonly head: Matrix;
}

/** Streams the weights of a llama model from its mapped file to the device, reporting layers done. */
export async function uploadLlama(
  memory: Allocator,
  file: Gguf,
  config: ModelConfig,
  onLayer?: (done: number) => void,
): Promise<LlamaWeights> {
  const matrix = (...tensors: string[]) =>
    uploadMatrix(
      memory,
      file,
      tensors.map((tensor) => ({ tensor })),
    );
  const embedding = await matrix("token_embd.weight");
  const layers: LayerWeights[] = [];
  for (let index = 0; index < config.layers; index++) {
    const name = (part: string) => `blk.${index}.${part}.weight`;
    layers.push({
      attentionNorm: await uploadVector(memory, file, name("attn_norm")),
      qkv: await uploadMatrix(memory, file, [
        { tensor: name("attn_q"), unpermute: config.headSize },
        { tensor: name("attn_k"), unpermute: config.headSize },
        { tensor: name("attn_v") },
      ]),
      out: await matrix(name("attn_output")),
      feedForwardNorm: await uploadVector(memory, file, name("ffn_norm")),
      gateUp: await matrix(name("ffn_gate"), name("ffn_up")),
      down: await matrix(name("ffn_down")),
    });
    onLayer?.(index + 1);
  }
  return {
    embedding,
    layers,
    outputNorm: await uploadVector(memory, file, "output_norm.weight"),
    head: config.tied ? embedding : await matrix("output.weight"),
  };
}
