import { upload } from "../../runtime/device/arrays.js";
import type { Device } from "../../runtime/device/device.js";
import { FORMATS } from "../../runtime/kernels/tiles.js";
import type { ModelConfig } from "../../runtime/models/config.js";
import type { DecodeContext } from "../../runtime/models/llama/decode.js";
import type { KernelLauncher } from "../../runtime/models/llama/launcher.js";
import { uploadRotaryTable } from "../../runtime/models/llama/rotary-table.js";
import { allocateDecodeState, growCache, reserveCache } from "../../runtime/models/llama/state.js";
import type { LayerWeights } from "../../runtime/models/llama/weights.js";
import type { Matrix } from "../../runtime/models/matrix.js";
import { weightMatrix } from "./matrix.js";
import { many, numbers } from "./numbers.js";

export type Sizes = Pick<ModelConfig, "layers" | "heads" | "kvHeads" | "headSize" | "feedForward" | "vocabulary">;

/** A model of these sizes that was never trained. */
export const untrained = (sizes: Sizes): ModelConfig => ({
  ...sizes,
  architecture: "llama",
  name: "untrained",
  hidden: sizes.heads * sizes.headSize,
  context: 8192,
  ropeBase: 10000,
  ropeFactors: undefined,
  rmsEpsilon: 1e-5,
  tied: true,
  bosId: undefined,
  eosId: undefined,
  eotId: undefined,
  chatTemplate: undefined,
});

/** Everything that its decode steps need, with random weights of all formats, and caches for `capacity` tokens. */
export async function randomModel(
  device: Device,
  launcher: KernelLauncher,
  config: ModelConfig,
  capacity: number,
): Promise<DecodeContext> {
  const { layers, hidden, heads, kvHeads, headSize, feedForward, vocabulary } = config;
  const source = numbers(layers);
  let made = 0;
  const matrix = async (rows: number, columns: number): Promise<Matrix> => {
    const format = FORMATS[made++ % FORMATS.length]!;
    const { bytes } = weightMatrix(format, rows, columns / 32, source, { kind: "random" });
    return { buffer: await upload(device, bytes), format, rows, columns };
  };
  const norm = () => upload(device, Float32Array.from(many(hidden, source.normal)));
  const layer = async (): Promise<LayerWeights> => ({
    attentionNorm: await norm(),
    qkv: await matrix((heads + 2 * kvHeads) * headSize, hidden),
    out: await matrix(hidden, heads * headSize),
    feedForwardNorm: await norm(),
    gateUp: await matrix(2 * feedForward, hidden),
    down: await matrix(hidden, feedForward),
  });
  const embedding = await matrix(vocabulary, hidden);
  const all: LayerWeights[] = [];
  for (let index = 0; index < layers; index++) all.push(await layer());
  const caches = reserveCache(device, config, capacity);
  growCache(caches, config, capacity);
  return {
    launcher,
    config,
    weights: { embedding, layers: all, outputNorm: await norm(), head: embedding },
    caches,
    rotary: await uploadRotaryTable(device, config, capacity),
    state: allocateDecodeState(launcher, config),
  };
}
