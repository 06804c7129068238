/** Rotary positions as config.json states them: rope_theta with rope_scaling, or all in rope_parameters since transformers 5. */

import type { RopeConfig, RopeScaling } from "../config.js";
import type { Draft } from "./family.js";
import type { Keys } from "./keys.js";
import { llama3Factors } from "./llama3-factors.js";
import { requireRotated } from "./rotated.js";

/** rope_scaling where it is an object with anything in it, else rope_parameters, as transformers chooses. */
export function ropeParameters(keys: Keys): Keys | undefined {
  const isEmpty = (value: unknown) => JSON.stringify(value ?? {}) === "{}";
  const filled = (key: string) => (isEmpty(keys.get(key)) ? undefined : keys.object(key));
  return filled("rope_scaling") ?? filled("rope_parameters");
}

export interface FolderRopeOptions {
  readonly parameters?: Keys;
  /** For parameters without rope_theta. */
  readonly base?: number;
  /** Other names that a kind of scaling goes by. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** Tokens of the window before it was stretched, where nothing says so. Default: the window. */
  readonly original?: number;
}

/** The rope that `parameters` state, those of config.json by default. */
export function readFolderRope(model: Draft, options: FolderRopeOptions = {}): RopeConfig {
  const { settings, sizes } = model;
  const { keys } = settings;
  const given = options.parameters ?? ropeParameters(keys);
  const outer = { base: settings.get("ropeBase"), partial: keys.number("partial_rotary_factor") };
  const base = given?.number("rope_theta") ?? options.base ?? outer.base;
  const partial = given?.number("partial_rotary_factor") ?? outer.partial ?? 1;
  const rotated = requireRotated(model, Math.trunc(sizes.headSize * partial), "partial_rotary_factor");
  // The older of the two names stays in many files beside the newer.
  const [newer, older] = [given?.text("rope_type"), given?.text("type")];
  const kind = newer ?? older ?? "default";
  const { aliases = {} } = options;
  const name = Object.hasOwn(aliases, kind) ? aliases[kind]! : kind;
  const read = Object.hasOwn(scalings, name) ? scalings[name] : undefined;
  const stated = settings.find("ropeOriginal") ?? given?.count("original_max_position_embeddings");
  const original = stated ?? options.original ?? sizes.context;
  const rope = { base, rotated, attentionFactor: 1 };
  if (!given || kind === "default") return { ...rope, scaling: { kind: "none" } };
  if (!read) {
    const key = newer === undefined ? "type" : "rope_type";
    throw given.error("metadata-unsupported", key, `is no known scaling of positions`, KNOWN);
  }
  return { ...rope, scaling: read({ given, base, rotated, original, context: sizes.context }) };
}

interface Stated {
  readonly given: Keys;
  readonly base: number;
  readonly rotated: number;
  /** Tokens of the window before it was stretched. */
  readonly original: number;
  readonly context: number;
}

const scalings: Readonly<Record<string, (stated: Stated) => RopeScaling>> = {
  linear: ({ given }) => {
    const factor = positive(given, "factor");
    return factor === 1 ? { kind: "none" } : { kind: "linear", factor };
  },
  dynamic: ({ given, context }) => ({ kind: "dynamic", factor: positive(given, "factor"), original: context }),
  llama3: ({ given, base, rotated, original }) => ({
    kind: "factors",
    factors: llama3Factors({
      base,
      rotated,
      original,
      factor: positive(given, "factor"),
      low: positive(given, "low_freq_factor"),
      high: positive(given, "high_freq_factor"),
    }),
  }),
  yarn: readYarn,
  longrope: readLongrope,
};

const KNOWN = `Use a model whose scaling is one of: default, ${Object.keys(scalings).join(", ")}.`;

/** arXiv 2309.00071; the magnitude as transformers has it. */
function readYarn({ given, original, context }: Stated): RopeScaling {
  given.flag("finetuned");
  const factor = given.states("factor") ? positive(given, "factor") : context / original;
  const [scale, scaleOfAll] = [given.number("mscale"), given.number("mscale_all_dim")];
  const magnitude = (weight = 1) => (factor <= 1 ? 1 : 0.1 * weight * Math.log(factor) + 1);
  return {
    kind: "yarn",
    factor,
    original,
    betaFast: given.number("beta_fast") || 32,
    betaSlow: given.number("beta_slow") || 1,
    truncate: given.flag("truncate") ?? true,
    magnitude:
      given.number("attention_factor") ??
      (scale && scaleOfAll ? magnitude(scale) / magnitude(scaleOfAll) : magnitude()),
  };
}

/** arXiv 2402.13753. */
function readLongrope({ given, rotated, original, context }: Stated): RopeScaling {
  const factor = given.number("factor") ?? context / original;
  const usual = factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(original));
  return {
    kind: "longrope",
    short: divisors(given, "short_factor", rotated),
    long: divisors(given, "long_factor", rotated),
    original,
    magnitude: given.number("attention_factor") ?? usual,
  };
}

function positive(keys: Keys, key: string): number {
  const value = keys.number(key);
  if (value === undefined) throw keys.missing(key);
  if (value > 0) return value;
  throw keys.error("metadata-value", key, "must be positive");
}

function divisors(keys: Keys, key: string, rotated: number): Float32Array {
  const values = keys.numbers(key);
  if (!values) throw keys.missing(key);
  if (values.length === rotated / 2 && values.every((value) => value > 0)) return Float32Array.from(values);
  throw keys.error("metadata-value", key, `has ${values.length} numbers, not ${rotated / 2} positive ones`);
}
