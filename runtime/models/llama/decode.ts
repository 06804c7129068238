import type { DeviceBuffer } from "../../device/device.js";
import { cdiv } from "../../tiling.js";
import type { ModelConfig } from "../config.js";
import type { WindowedLayers } from "./attention.js";
import { type KernelLauncher, weightArguments } from "./launcher.js";
import { scoreScale } from "./score-scale.js";
import { type DecodeState, type LayerCache, logitPrograms, RING } from "./state.js";
import type { LayerWeights, LlamaWeights } from "./weights.js";

export interface Rotary {
  readonly cosine: DeviceBuffer;
  readonly sine: DeviceBuffer;
}

/** How the next token is picked; the parameters of `sample` are on the device. */
export type Pick = "greedy" | "sample";

/** Everything a step reads and writes. */
export interface DecodeContext {
  readonly launcher: KernelLauncher;
  readonly config: ModelConfig;
  readonly weights: LlamaWeights;
  readonly caches: readonly LayerCache[];
  readonly rotary: Rotary;
  readonly state: DecodeState;
  /** Absent where every token sees all before it. */
  readonly windowed?: WindowedLayers;
}

/** One token through the model: embed → layers → logits → pick. Capturable: all that varies is in `state`. */
export function decodeStep(context: DecodeContext, pick: Pick): void {
  const { launcher, config, weights, state } = context;
  const blockCount = config.hidden / 32;
  launcher.run("embed", [1, cdiv(blockCount, launcher.tiles.embed.B)], {
    ids: state.token,
    ...weightArguments(weights.embedding),
    out: state.residual,
    rowCount: config.vocabulary,
    blockCount,
    ...launcher.tiles.embed,
  });
  for (const [index, layer] of weights.layers.entries()) decodeLayer(context, layer, context.caches[index]!);
  pickToken(context, state.residual, pick);
}

function decodeLayer(context: DecodeContext, layer: LayerWeights, cache: LayerCache): void {
  const { launcher, config, state, windowed } = context;
  const { tiles } = launcher;
  const { hidden, kvHeads, headSize, feedForward, rmsEpsilon: epsilon } = config;
  const qRows = config.heads * headSize;
  const kvRows = kvHeads * headSize;
  launcher.run("decodeQkv", [cdiv(qRows + 2 * kvRows, tiles.qkv.R)], {
    x: state.residual,
    norm: layer.attentionNorm,
    ...weightArguments(layer.qkv),
    q: state.q,
    ...cache,
    position: state.position,
    epsilon,
    qRows,
    kvRows,
    blockCount: hidden / 32,
    ...tiles.qkv,
  });
  if (windowed) windowed.decode(state.q, cache, state.attention);
  else denseAttention(context, cache);
  launcher.run("decodeAdd", [cdiv(hidden, tiles.out.R)], {
    x: state.attention,
    residual: state.residual,
    ...weightArguments(layer.out),
    rowCount: hidden,
    blockCount: qRows / 32,
    ...tiles.out,
  });
  launcher.run("decodeGateUp", [cdiv(feedForward, tiles.gateUp.R)], {
    x: state.residual,
    norm: layer.feedForwardNorm,
    ...weightArguments(layer.gateUp),
    out: state.activation,
    epsilon,
    outRows: feedForward,
    blockCount: hidden / 32,
    ...tiles.gateUp,
  });
  launcher.run("decodeAdd", [cdiv(hidden, tiles.down.R)], {
    x: state.activation,
    residual: state.residual,
    ...weightArguments(layer.down),
    rowCount: hidden,
    blockCount: feedForward / 32,
    ...tiles.down,
  });
}

/** The token's attention over the whole cache. */
function denseAttention({ launcher, config, rotary, state }: DecodeContext, cache: LayerCache): void {
  launcher.run("decodeAttention", [config.kvHeads, launcher.tiles.attention.SPLITS], {
    q: state.q,
    ...cache,
    ...rotary,
    position: state.position,
    partial: state.partial,
    peak: state.peak,
    total: state.total,
    finished: state.finished,
    out: state.attention,
    scale: scoreScale(config.headSize),
    kvHeads: config.kvHeads,
    G: launcher.heads.G,
    GP: launcher.heads.GP,
    D: launcher.heads.D,
    HALF: launcher.heads.HALF,
    ...launcher.tiles.attention,
  });
}

/** Logits of the token whose residual stream is `residual` [hidden], and the token that follows it. */
export function pickToken(
  { launcher, config, weights, state }: DecodeContext,
  residual: DeviceBuffer,
  pick: Pick,
): void {
  const { tiles } = launcher;
  const programs = logitPrograms(launcher.device, config, tiles);
  launcher.run("decodeLogits", [programs], {
    x: residual,
    norm: weights.outputNorm,
    ...weightArguments(weights.head),
    logits: state.logits,
    bestLogit: state.bestLogit,
    bestRow: state.bestRow,
    epsilon: config.rmsEpsilon,
    rowCount: config.vocabulary,
    blockCount: config.hidden / 32,
    ...tiles.logits,
  });
  const common = { state: state.state, ring: state.ring, ringSize: RING };
  if (pick === "greedy") {
    const { bestLogit, bestRow } = state;
    launcher.run("sampleGreedy", [1], { bestLogit, bestRow, ...common, count: programs, ...tiles.greedy });
  } else {
    const { logits, chances, choices } = state;
    launcher.run("sampleTop", [1], { logits, ...common, count: config.vocabulary, chances, choices, ...tiles.top });
  }
}
