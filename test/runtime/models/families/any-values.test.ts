/** Whatever stands in a model's metadata, it is described or refused as a ModelError: no other error, no endless loop, no huge allocation. */

import fc from "fast-check";
import { expect, it } from "vitest";
import { describeModel } from "../../../../runtime/models/families/index.js";
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
const families = fc.constantFrom(...Object.keys(tinyModels));

function describedOrRefused(checkpoint: Checkpoint): void {
  try {
    expect(describeModel(checkpoint).weights.layers.length).toBeGreaterThan(0);
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    expect(error.message.length).toBeLessThan(1000);
  } finally {
    checkpoint.close();
  }
}

it("of a folder", () => {
  const value = fc.oneof(sizes, fc.jsonValue({ maxDepth: 2 }), fc.constantFrom(-1, 0.5, -0.5, 1e308, null, "", "yarn"));
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
    throw new Error("there is no file");
  };
  const source = { path: "model", tensors: new Map(stored), bytes, stretch, close: () => {} };
  return storedTensors(source, { kind: "huggingface" as const, config, generation: {} });
}

it("of a GGUF file", () => {
  const typed: fc.Arbitrary<Typed> = fc.oneof(
    sizes.map(u32),
    fc.float().map(f32),
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
