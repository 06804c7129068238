/** The demo model's configuration, from its real file. */

import { expect, it } from "vitest";
import { llamaTensors, readModelConfig } from "../../runtime/models/config.js";
import { findDemoModel, openGguf } from "../../runtime/weights/index.js";

const file = openGguf(findDemoModel());

it("is SmolLM2-135M's", () => {
  const { chatTemplate, rmsEpsilon, ...config } = readModelConfig(file);
  expect(config).toEqual({
    architecture: "llama",
    name: "Smollm2 135M 8k Lc100K Mix1 Ep2",
    layers: 30,
    hidden: 576,
    heads: 9,
    kvHeads: 3,
    headSize: 64,
    feedForward: 1536,
    vocabulary: 49152,
    context: 8192,
    ropeBase: 100000,
    ropeFactors: undefined,
    tied: true,
    bosId: 1,
    eosId: 2,
    eotId: undefined,
  });
  expect(rmsEpsilon).toBeCloseTo(1e-5, 10);
  expect(chatTemplate).toContain("You are a helpful AI assistant named SmolLM");
});

it("names every tensor of the file, and no other", () => {
  expect([...llamaTensors(readModelConfig(file)).keys()].sort()).toEqual([...file.tensors.keys()].sort());
});

it("opens in a fraction of the 0.2 s that a start can spare", () => {
  const times = Array.from({ length: 3 }, () => {
    const start = performance.now();
    openGguf(findDemoModel()).close();
    return performance.now() - start;
  });
  expect(Math.min(...times)).toBeLessThan(200);
});
