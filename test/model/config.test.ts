/** The demo model's configuration, from its real file. */

import { expect, it } from "vitest";
import { describeModel } from "../../runtime/models/families/index.js";
import { findDemoModel, openCheckpoint } from "../../runtime/weights/index.js";

const checkpoint = openCheckpoint(findDemoModel());

it("is SmolLM2-135M's", () => {
  const { chatTemplate, rmsEpsilon, layerKinds, ...config } = describeModel(checkpoint).config;
  expect(config).toEqual({
    architecture: "llama",
    name: "SmolLM2-135M-Instruct",
    layers: 30,
    hidden: 576,
    heads: 9,
    kvHeads: 3,
    headSize: 64,
    feedForward: 1536,
    experts: undefined,
    activation: "silu",
    vocabulary: 49152,
    tokens: 49152,
    context: 8192,
    embeddingScale: 1,
    scoreScale: 1 / 8,
    scoreCap: undefined,
    logitCap: undefined,
    ropes: [{ base: 100000, rotated: 64, scaling: { kind: "none" }, attentionFactor: 1 }],
    tied: true,
    bosId: 1,
    // The end of a message, and of a text.
    eosIds: [2, 0],
  });
  expect(layerKinds).toEqual(Array(30).fill({ rope: 0, window: undefined }));
  expect(rmsEpsilon).toBeCloseTo(1e-5, 10);
  expect(chatTemplate).toContain("You are a helpful AI assistant named SmolLM");
});

it("plans every tensor of the file, and no other", () => {
  const planned: string[] = [];
  JSON.stringify(describeModel(checkpoint).weights, (key, value) => {
    if (key === "tensor") planned.push(value);
    return value;
  });
  expect(planned.sort()).toEqual([...checkpoint.tensors.keys()].sort());
});

it("opens in a fraction of the 0.2 s that a start can spare", () => {
  const times = Array.from({ length: 3 }, () => {
    const start = performance.now();
    openCheckpoint(findDemoModel()).close();
    return performance.now() - start;
  });
  expect(Math.min(...times)).toBeLessThan(200);
});
