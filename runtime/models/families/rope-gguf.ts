/** Rotary positions as GGUF files state them: keys under rope., and tensors of divisors that all layers share. */

import type { RopeConfig, RopeScaling } from "../config.js";
import type { Draft } from "./family.js";
import { requireRotated } from "./rotated.js";

const FACTORS = "rope_freqs.weight";
const SHORT = "rope_factors_short.weight";
const LONG = "rope_factors_long.weight";

export interface GgufRopeOptions {
  /** Whether tensors of short and long factors count though rope.scaling.type does not say longrope. */
  readonly longropeByTensors?: boolean;
}

export function readGgufRope(model: Draft, options: GgufRopeOptions = {}): RopeConfig {
  const { settings, sizes } = model;
  const stated = settings.keys.count("rope.dimension_count") ?? sizes.headSize;
  const rotated = requireRotated(model, stated, "rope.dimension_count");
  const factor = settings.keys.number("rope.scaling.attn_factor") ?? 1;
  const scaling = readScaling(model, rotated, factor, options);
  const own = scaling.kind === "longrope";
  return { base: settings.get("ropeBase"), rotated, scaling, attentionFactor: own ? 1 : factor };
}

function readScaling(model: Draft, rotated: number, attention: number, options: GgufRopeOptions): RopeScaling {
  const { settings, tensors, sizes } = model;
  const { keys } = settings;
  // Where there is a factor and no type, llama.cpp takes it for a linear one.
  const type = keys.text("rope.scaling.type") ?? "linear";
  const original = settings.find("ropeOriginal") ?? sizes.context;
  const byTensors = options.longropeByTensors && tensors.has(SHORT) && tensors.has(LONG);
  const kind = byTensors ? "longrope" : tensors.has(FACTORS) && type !== "yarn" ? "factors" : type;
  const factor = readFactor(model, kind);
  const read = Object.hasOwn(scalings, kind) ? scalings[kind] : undefined;
  if (read) return read({ model, rotated, attention, original, factor });
  throw keys.error("metadata-unsupported", "rope.scaling.type", "is a way of scaling that is not known");
}

interface Stated {
  readonly model: Draft;
  readonly rotated: number;
  /** rope.scaling.attn_factor */
  readonly attention: number;
  readonly original: number;
  readonly factor: number;
}

const scalings: Readonly<Record<string, (stated: Stated) => RopeScaling>> = {
  none: () => ({ kind: "none" }),
  linear: ({ factor }) => (factor === 1 ? { kind: "none" } : { kind: "linear", factor }),
  factors: ({ model, rotated }) => ({ kind: "factors", factors: model.tensors.takePositive(FACTORS, rotated / 2) }),
  yarn: ({ model, factor, original }) => {
    const { keys } = model.settings;
    const magnitude = keys.number("rope.scaling.yarn_attn_factor") || 1 + 0.1 * Math.log(Math.max(1, factor));
    return {
      kind: "yarn",
      factor,
      original,
      betaFast: keys.number("rope.scaling.yarn_beta_fast") ?? 32,
      betaSlow: keys.number("rope.scaling.yarn_beta_slow") ?? 1,
      truncate: true,
      magnitude,
    };
  },
  longrope: ({ model, rotated, attention, original }) => ({
    kind: "longrope",
    short: model.tensors.takePositive(SHORT, rotated / 2),
    long: model.tensors.takePositive(LONG, rotated / 2),
    original,
    magnitude: attention,
  }),
};

/** The scaling's factor; 1 where none is stated. A factor beside divisors would count twice in llama.cpp, which no converter means. */
function readFactor({ settings: { keys } }: Draft, kind: string): number {
  const key = keys.states("rope.scaling.factor") ? "rope.scaling.factor" : "rope.scale_linear";
  const factor = keys.number(key) || 1;
  if (!(factor > 0)) throw keys.error("metadata-value", key, "must be positive");
  if (kind === "factors" && factor !== 1) throw keys.error("metadata-unsupported", key, `stands beside ${FACTORS}`);
  return factor;
}
