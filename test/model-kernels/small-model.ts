import { Allocations } from "../../runtime/device/allocations.js";
import { upload } from "../../runtime/device/arrays.js";
import type { Device } from "../../runtime/device/device.js";
import { FORMATS } from "../../runtime/kernels/linear/weights.js";
import type { ModelKernels } from "../../runtime/kernels/loaded.js";
import type { AttentionLayer } from "../../runtime/models/attention/attention.js";
import { cacheShape, growCache, reserveCache } from "../../runtime/models/cache.js";
import type { LayerKind, ModelConfig } from "../../runtime/models/config.js";
import type { ModelHost } from "../../runtime/models/host.js";
import { attentionsOf } from "../../runtime/models/layers.js";
import { uploadRotaries } from "../../runtime/models/rotary.js";
import { allocateSequenceState, allocateStepScratch } from "../../runtime/models/state.js";
import { type LayerWeights, type Matrix, rowsOfStack, type Stack } from "../../runtime/models/weights.js";
import { kept } from "./kept.js";
import { weightMatrix } from "./matrix.js";
import { many, numbers } from "./numbers.js";

export type Sizes = Pick<ModelConfig, "layers" | "heads" | "kvHeads" | "headSize" | "feedForward" | "vocabulary">;

/** Layers that differ as those of families do: in turn plain, with a sliding window, and without rotation. */
const KINDS: readonly LayerKind[] = [
  { rope: 0, window: undefined },
  { rope: 0, window: 9 },
  { rope: undefined, window: undefined },
];

/** A model of these sizes that was never trained, with what any family has: caps, padding in the vocabulary, and layers of all kinds. */
export const untrained = (sizes: Sizes): ModelConfig => ({
  ...sizes,
  architecture: "gemma2",
  name: "untrained",
  hidden: sizes.heads * sizes.headSize,
  experts: undefined,
  activation: "gelu",
  tokens: sizes.vocabulary - 5,
  context: 8192,
  rmsEpsilon: 1e-5,
  embeddingScale: 1.5,
  scoreScale: 1 / Math.sqrt(sizes.headSize),
  scoreCap: 20,
  logitCap: 10,
  ropes: [{ base: 10000, rotated: sizes.headSize, scaling: { kind: "none" }, attentionFactor: 1 }],
  layerKinds: Array.from({ length: sizes.layers }, (_, index) => KINDS[index % KINDS.length]!),
  tied: true,
  bosId: undefined,
  eosIds: [],
  chatTemplate: undefined,
});

/** Random matrices and vectors on a device, of all formats in turn that their width allows. */
function randomWeights(memory: Allocations) {
  const source = numbers(3);
  let made = 0;
  const vector = (length: number) => upload(memory, Float32Array.from(many(length, source.normal)));
  const matrix = async (rows: number, columns: number, biased = false): Promise<Matrix> => {
    const fitting = kept.filter((format) => columns % FORMATS[format].blockSize === 0);
    const format = fitting[made++ % fitting.length]!;
    const { bytes } = weightMatrix(format, rows, columns / 32, source, { kind: "random" });
    const bias = biased ? await vector(rows) : undefined;
    return { buffer: await upload(memory, bytes), format, rows, columns, width: columns, bias };
  };
  /** Matrices of so many rows each, with biases that lie behind each other. */
  const stack = async (rows: readonly number[], columns: number, biased: boolean): Promise<Stack> => {
    const matrices: Matrix[] = [];
    for (const count of rows) matrices.push(await matrix(count, columns));
    const biases = biased ? await vector(rowsOfStack(matrices)) : undefined;
    const starts = rows.map((_, index) => rows.slice(0, index).reduce((sum, count) => sum + count, 0));
    return matrices.map((one, index) => ({ ...one, bias: biases?.view(starts[index]! * 4) })) as [Matrix, ...Matrix[]];
  };
  return { vector, matrix, stack };
}

/** A layer's weights. Every second one has biases, every third one norms of heads and of what it adds, q, k and v in up to three formats. */
async function randomLayer(memory: Allocations, config: ModelConfig, index: number): Promise<LayerWeights> {
  const { hidden, heads, kvHeads, headSize, feedForward } = config;
  const { vector, matrix, stack } = randomWeights(memory);
  const [biased, normed] = [index % 2 === 1, index % 3 === 1];
  const [q, kv] = [heads * headSize, kvHeads * headSize];
  const stacks = [[q + 2 * kv], [q + kv, kv], [q, kv, kv]];
  return {
    attentionNorm: await vector(hidden),
    qkv: await stack(stacks[index % 3]!, hidden, biased),
    headNorms: normed ? { queryNorm: await vector(headSize), keyNorm: await vector(headSize) } : undefined,
    out: await matrix(hidden, heads * headSize, biased),
    postAttentionNorm: normed ? await vector(hidden) : undefined,
    feedForwardNorm: await vector(hidden),
    gateUp: await matrix(2 * feedForward, hidden, biased),
    down: await matrix(hidden, feedForward, biased),
    router: undefined,
    postFeedForwardNorm: normed ? await vector(hidden) : undefined,
  };
}

/** Everything that its passes need, with random weights of many formats, and caches for `capacity` tokens. */
export async function randomModel(
  device: Device,
  kernels: ModelKernels,
  config: ModelConfig,
  capacity: number,
): Promise<ModelHost> {
  const memory = new Allocations(device);
  const { vector, matrix } = randomWeights(memory);
  const layers: LayerWeights[] = [];
  for (let index = 0; index < config.layers; index++) layers.push(await randomLayer(memory, config, index));
  const embedding = await matrix(config.vocabulary, config.hidden);
  const weights = { embedding, layers, outputNorm: await vector(config.hidden), head: embedding };
  const shape = cacheShape(device, config, { kind: "dense" }, capacity);
  const caches = reserveCache(memory, shape, capacity);
  growCache(caches, shape, capacity);
  const { ropes, none } = await uploadRotaries(memory, config, [capacity]);
  const state = { ...allocateStepScratch(device, memory, config, weights), ...allocateSequenceState(memory, config) };
  const on = { device, memory, kernels, config };
  const { attentions } = attentionsOf(on, { attention: { kind: "dense" }, capacity });
  const attentionLayers = caches.map((cache, index): AttentionLayer => {
    const { rope } = config.layerKinds[index]!;
    return { index, cache, rotary: rope === undefined ? none : ropes[rope]!, position: state.position };
  });
  return { ...on, weights, state, layers: attentionLayers, attentions };
}
