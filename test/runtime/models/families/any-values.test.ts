/** Whatever stands in a model's metadata, it is described or refused as a ModelError: no other error, no endless loop, no huge allocation. */

import fc from "fast-check";
import { expect, it } from "vitest";
import { describeModel } from "../../../../runtime/models/families/index.js";
import { ropeFrequencies } from "../../../../runtime/models/rope-frequencies.js";
import {
  type Checkpoint,
  type FolderCheckpoint,
  ModelError,
  openCheckpoint,
} from "../../../../runtime/weights/index.js";
import { storedTensors } from "../../../../runtime/weights/stored-tensors.js";
import { array, bool, f32, type Typed, text, u32 } from "../../weights/write-gguf.js";
import { ggufModel } from "../../weights/write-models.js";
import { convert, ggufKeys, tinyModels, tinyWeights } from "./tiny-models.js";

/** Numbers that sizes are apt to go wrong with. */
const sizes = fc.constantFrom(0, 1, 2, 3, 7, 16, 17, 64, 256, 1e6, 2 ** 31, 4294967295);
/** Beyond what 32 bits hold, and what is no size or no number at all. */
const silly = [2 ** 40, 2 ** 53, -1, -1e-6, 0.5, 1e308, -1e308, 5e-324, Number.NaN, Number.POSITIVE_INFINITY];
const families = fc.constantFrom(...Object.keys(tinyModels));

const isUsable = (scale: number): boolean => Number.isFinite(scale) && scale > 0;

function describedOrRefused(checkpoint: Checkpoint): void {
  try {
    const { config, weights } = describeModel(checkpoint);
    expect(weights.layers.length).toBeGreaterThan(0);
    // What is then computed of it is made of numbers.
    for (const rope of config.ropes) {
      const { frequencies, magnitude } = ropeFrequencies(rope, 64);
      expect([...frequencies, magnitude].every(Number.isFinite)).toBe(true);
    }
    for (const scale of [config.scoreScale, config.embeddingScale, config.rmsEpsilon])
      expect(scale).toSatisfy(isUsable);
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    expect(error.message.length).toBeLessThan(1000);
  } finally {
    checkpoint.close();
  }
}

it("of a folder", () => {
  const value = fc.oneof(sizes, fc.jsonValue({ maxDepth: 2 }), fc.constantFrom(...silly, null, "", "yarn"));
  const change = fc.tuple(families, fc.nat(100), value, fc.boolean());
  fc.assert(
    fc.property(change, ([name, which, value, within]) => {
      const model = tinyModels[name]!;
      const config: Record<string, unknown> = structuredClone(model.config);
      const nested = config.rope_scaling ?? config.rope_parameters;
      const target = (within && (nested as Record<string, unknown>)) || config;
      const names = Object.keys(target);
      target[names[which % names.length]!] = value;
      describedOrRefused(folderInMemory(model.tensors, config));
    }),
    { numRuns: 1000 },
  );
});

function folderInMemory(
  tensors: Readonly<Record<string, readonly number[]>>,
  config: Record<string, unknown>,
): FolderCheckpoint {
  const stored = Object.entries(tensors).map(([name, shape]) => {
    const bytes = 4 * shape.reduce((a, b) => a * b);
    return [name, { name, type: "F32" as const, shape, bytes, file: "model.safetensors", offset: 0 }] as const;
  });
  const bytes = (_: unknown, start: number, end: number) => new Uint8Array(end - start);
  const stretch = () => {
    throw new Error("nobody uploads these tensors");
  };
  const source = { path: "model", tensors: new Map(stored), bytes, stretch, close: () => {} };
  return storedTensors(source, { kind: "huggingface" as const, config, generation: {} });
}

it("of a GGUF file", () => {
  const typed: fc.Arbitrary<Typed> = fc.oneof(
    sizes.map(u32),
    fc.float().map(f32),
    fc.constantFrom(...silly).map((value): Typed => ({ type: "f64", value })),
    fc.constantFrom(2n ** 40n, 2n ** 63n, 2n ** 64n - 1n).map((value): Typed => ({ type: "u64", value })),
    fc.constantFrom(-1n, -(2n ** 63n)).map((value): Typed => ({ type: "i64", value })),
    fc.string({ maxLength: 9 }).map(text),
    fc.boolean().map(bool),
    fc.array(sizes, { maxLength: 4 }).map((list) => array("u32", list)),
    fc.array(fc.boolean(), { maxLength: 4 }).map((list) => array("bool", list)),
  );
  fc.assert(
    fc.property(families, fc.nat(100), typed, (name, which, value) => {
      const model = tinyModels[name]!;
      const keys = ggufKeys(model);
      const names = Object.keys(keys).filter((key) => key !== "general.architecture");
      const file = ggufModel({ ...keys, [names[which % names.length]!]: value }, weightsOf(name));
      describedOrRefused(openCheckpoint("model.gguf", { mapFile: () => Uint8Array.from(file).buffer }));
    }),
    { numRuns: 500 },
  );
});

const converted = new Map<string, ReturnType<typeof convert>>();
function weightsOf(name: string) {
  const model = tinyModels[name]!;
  const weights = converted.get(name) ?? convert(model, tinyWeights(model));
  converted.set(name, weights);
  return weights;
}
