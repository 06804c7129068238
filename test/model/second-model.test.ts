/** The second real model. It is 491 MB, so that nobody has to have it: node scripts/second-model.mjs fetches it. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cacheFolder } from "../../compiler/store/index.js";
import { Model } from "../../runtime/models/model.js";
import { compareGreedy, readGreedyCases } from "./greedy.js";

const path = join(cacheFolder(), "models/qwen2.5-coder-0.5b-instruct-q4_k_m.gguf");
const cases = readGreedyCases(new URL("../fixtures/greedy-second-model.json", import.meta.url));

describe.runIf(existsSync(path))("Qwen2.5-Coder-0.5B on the CPU executor", () => {
  let model: Model;
  beforeAll(async () => {
    model = await Model.load({ path, device: "cpu", context: 1024 });
  }, 120_000);
  afterAll(() => model?.close());

  it.each(cases)("generates the reference's tokens up to a near tie: $name", { timeout: 300_000 }, async (one) => {
    expect(await model.tokenizer.encodeChat(one.messages)).toEqual(one.promptIds);
    const { wrong } = await compareGreedy(model, one);
    expect(wrong).toBeUndefined();
  });
});

it.skipIf(!existsSync(path))("the second model is there: node scripts/second-model.mjs fetches it", () => {
  expect(cases.length).toBe(8);
  expect(cases.flatMap(({ ids }) => ids).length).toBeGreaterThanOrEqual(256);
});
