/** Sizes of a model, and what they must fulfil. */

import { ModelError } from "../../weights/index.js";
import type { ModelConfig, RopeConfig } from "../config.js";
import { ropeFrequencies } from "../rope-frequencies.js";
import type { Sizes } from "./family.js";
import type { Inventory } from "./inventory.js";
import type { Settings } from "./settings.js";

/** Far above any model; a file that says more would only cost time. */
const mostLayers = 10_000;
const mostExperts = 4096;
const longestContext = 2 ** 30;
const mostHeads = 4096;
/** Query heads that share a KV head: what attention kernels are made for. */
const mostQueries = 16;

export function readSizes(settings: Settings, tensors: Inventory, embedding: string): Sizes {
  const [hidden, heads] = [positive(settings, "hidden"), positive(settings, "heads")];
  const headSize = settings.find("headSize") ?? hidden / heads;
  const sizes: Sizes = {
    layers: positive(settings, "layers"),
    hidden,
    heads,
    kvHeads: settings.find("kvHeads") ?? heads,
    headSize,
    vocabulary: tensors.shape(embedding)[0] ?? 0,
    context: positive(settings, "context"),
    // As GGUF files hold it and kernels add it.
    rmsEpsilon: Math.fround(settings.get("rmsEpsilon")),
  };
  const valueSize = settings.format === "gguf" ? (settings.find("valueSize") ?? headSize) : headSize;
  requireAll(settings, [
    ...rulesOfHeads(sizes),
    [valueSize === headSize, `values of ${valueSize} beside keys of ${headSize} are not supported`],
    [sizes.layers <= mostLayers, `${sizes.layers} layers are beyond any model`],
    [heads <= mostHeads, `${heads} heads are beyond any model`],
    [sizes.context <= longestContext, `a window of ${sizes.context} tokens is beyond any model`],
    [isUsable(sizes.rmsEpsilon), `the RMS epsilon is ${sizes.rmsEpsilon}`],
  ]);
  return sizes;
}

/** Where it does not hold, what is wrong, and what to do if that is not the file's fault. */
type Rule = readonly [holds: boolean, what: string, hint?: string];

const OTHER_MODEL = "Use a model of other sizes: its kernels do not reach so far.";

const rulesOfHeads = ({ heads, kvHeads, headSize }: Sizes): Rule[] => [
  [Number.isInteger(headSize), `the width is no multiple of ${heads} heads, and the metadata states no head size`],
  [
    headSize >= 16 && headSize <= 256 && headSize % 16 === 0,
    `heads of ${headSize} are not supported, only multiples of 16 up to 256`,
    OTHER_MODEL,
  ],
  [kvHeads > 0 && heads % kvHeads === 0, `${heads} query heads cannot share ${kvHeads} KV heads`],
  [
    heads / kvHeads <= mostQueries,
    `${heads / kvHeads} query heads to a KV head are not supported, only up to ${mostQueries}`,
    OTHER_MODEL,
  ],
];

/** As a float of 32 bits, which kernels take. */
const isUsable = (scale: number): boolean => Math.fround(scale) > 0 && Number.isFinite(Math.fround(scale));

/** Whether the angles of a rope are numbers, in short texts and in long ones. */
const isTurning = (rope: RopeConfig, context: number): boolean =>
  [1, context].every((positions) => {
    const { frequencies, magnitude } = ropeFrequencies(rope, positions);
    return frequencies.every(Number.isFinite) && isUsable(magnitude);
  });

/** What is checked of the configuration as a whole. */
export function requireConsistent(config: ModelConfig, settings: Settings): void {
  const { experts, vocabulary, tokens } = config;
  const stated = settings.find("vocabulary");
  requireAll(settings, [
    [
      stated === undefined || stated === vocabulary || stated === tokens,
      `the metadata says ${stated} tokens, but the embedding has ${vocabulary} rows`,
    ],
    [config.feedForward > 0, "the feed-forward has no width"],
    [isUsable(config.scoreScale), `scores are scaled by ${config.scoreScale} (query_pre_attn_scalar)`],
    [config.scoreCap === undefined || config.scoreCap > 0, `scores are capped at ${config.scoreCap}`],
    [config.logitCap === undefined || config.logitCap > 0, `logits are capped at ${config.logitCap}`],
    [
      !experts || (experts.count > 0 && experts.count <= mostExperts),
      `${experts?.count} experts are not supported, only 1 to ${mostExperts}`,
    ],
    [
      !experts || (experts.used > 0 && experts.used <= experts.count),
      `${experts?.used} of ${experts?.count} experts cannot be used`,
    ],
    ...config.layerKinds.map(
      ({ window }): Rule => [window === undefined || window > 0, `a window is ${window} tokens`],
    ),
    ...config.ropes.flatMap((rope): Rule[] => [
      [isUsable(rope.base), `the RoPE base is ${rope.base}`],
      [isUsable(rope.attentionFactor), `the RoPE attention factor is ${rope.attentionFactor}`],
      [isTurning(rope, config.context), `the RoPE scaling (${rope.scaling.kind}) gives angles that are no numbers`],
    ]),
  ]);
}

function requireAll(settings: Settings, rules: readonly Rule[]): void {
  const broken = rules.find(([holds]) => !holds);
  if (broken) throw new ModelError("metadata-value", broken[1], { file: settings.keys.file, hint: broken[2] });
}

function positive(settings: Settings, meaning: "layers" | "hidden" | "heads" | "context"): number {
  const value = settings.get(meaning);
  if (value > 0) return value;
  throw new ModelError("metadata-value", `${meaning} is 0`, { file: settings.keys.file });
}
