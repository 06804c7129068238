/** Rotary frequencies of every scaling, from config.json on, against test/reference/make_rope_fixtures.py. */

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Draft } from "../../../runtime/models/families/family.js";
import { Inventory } from "../../../runtime/models/families/inventory.js";
import { Keys } from "../../../runtime/models/families/keys.js";
import { llama } from "../../../runtime/models/families/llama.js";
import { phi3 } from "../../../runtime/models/families/phi3.js";
import { readRope } from "../../../runtime/models/families/rope.js";
import { Settings } from "../../../runtime/models/families/settings.js";
import { ropeFrequencies } from "../../../runtime/models/rope-frequencies.js";
import { openCheckpoint } from "../../../runtime/weights/index.js";
import { tinyModels, writeFolder } from "./families/tiny-models.js";

interface Case {
  readonly what: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly tokens: number;
  readonly frequencies: number[];
  readonly magnitude: number;
}
const cases: Case[] = JSON.parse(readFileSync(new URL("../../fixtures/rope.json", import.meta.url), "utf8"));

function draft(config: Readonly<Record<string, unknown>>): Draft {
  const family = config.model_type === "phi3" ? phi3 : llama;
  const settings = new Settings(
    "huggingface",
    new Keys("config.json", "", Object.entries(config)),
    family.defaults?.huggingface,
  );
  const [hidden, heads, context] = [settings.get("hidden"), settings.get("heads"), settings.get("context")];
  const sizes = {
    layers: 1,
    hidden,
    heads,
    kvHeads: heads,
    headSize: hidden / heads,
    vocabulary: 8,
    context,
    rmsEpsilon: 1e-6,
  };
  using checkpoint = openCheckpoint(writeFolder(tinyModels.qwen2!));
  return { settings, sizes, tensors: new Inventory(checkpoint) };
}

it.each(cases)("$what, $tokens tokens", ({ config, tokens, frequencies, magnitude }) => {
  const model = draft(config);
  const rope = config.model_type === "phi3" ? phi3.ropes!(model)[0]! : readRope(model);
  const got = ropeFrequencies(rope, tokens);
  expect(got.frequencies.length).toBe(frequencies.length);
  // Divisors of llama3 and longrope are f32 in both file formats: 24 bits. All else is f64.
  const exact = rope.scaling.kind === "factors" || rope.scaling.kind === "longrope" ? 1e-7 : 1e-14;
  frequencies.forEach((expected, i) => {
    expect(Math.abs(got.frequencies[i]! / expected - 1), `frequency ${i}`).toBeLessThan(exact);
  });
  expect(got.magnitude).toBeCloseTo(magnitude, 14);
});

describe("a magnitude", () => {
  it("beside a scaling's own is multiplied", () => {
    const rope = { base: 1e4, rotated: 8, attentionFactor: 2, scaling: { kind: "none" as const } };
    expect(ropeFrequencies(rope, 1)).toEqual({ frequencies: Float64Array.of(1, 0.1, 0.01, 0.001), magnitude: 2 });
    const long = {
      kind: "longrope",
      short: Float32Array.of(1, 2),
      long: Float32Array.of(4, 8),
      original: 4,
      magnitude: 3,
    } as const;
    expect(ropeFrequencies({ ...rope, rotated: 4, scaling: long }, 5)).toMatchObject({ magnitude: 6 });
  });
});
