/** A model that is loaded on several CPU devices answers, scores and embeds as on one, and says what does not go together. */

import { expect, it } from "vitest";
import type { GenerateOptions, Model } from "../../../runtime/index.js";
import { loadTiny, promptOf } from "../generate/tiny-model.js";

const WINDOWED = { attention: "reattention:global=4,local=16,topK=4,span=8,clip=3,chunk=8", context: 160 };
const DRAWN = { maxTokens: 24, temperature: 0.9, seed: 7, logprobs: 3 };

async function answer(model: Model, prompt: readonly number[], options: GenerateOptions) {
  const { tokens, logprobs, cachedTokens } = await model.generateFrom(prompt, options).result;
  return { tokens, logprobs, cachedTokens };
}

async function all(model: Model) {
  const prompt = promptOf(90);
  const first = await answer(model, prompt, { maxTokens: 12, temperature: 0 });
  // Goes on where an earlier prompt ended, or with a copy of what both have.
  const second = await answer(model, [...prompt, ...promptOf(9)], DRAWN);
  const third = await answer(model, [...prompt.slice(0, 70), ...promptOf(20)], DRAWN);
  const scores = [];
  for await (const { logprobs } of model.score(prompt)) scores.push(...logprobs);
  const { vectors } = await model.embed([prompt.slice(0, 50)]);
  return { first, second, third, scores, vectors };
}

it("answers, scores and vectors of three devices are those of one", async () => {
  await using one = await loadTiny(WINDOWED);
  const wanted = await all(one);
  await using three = await loadTiny({ ...WINDOWED, device: undefined, devices: ["cpu", "cpu", "cpu"] });
  expect(three.devices).toHaveLength(3);
  const said = await all(three);
  expect(said).toEqual(wanted);
  expect(said.second.cachedTokens).toBeGreaterThan(0);
  expect(said.third.cachedTokens).toBeGreaterThan(0);
});

it("generations that come at once take turns, and a stopped one keeps nobody up", async () => {
  await using model = await loadTiny({ ...WINDOWED, device: undefined, devices: ["cpu", "cpu"] });
  const alone = await answer(model, promptOf(40), { maxTokens: 8, temperature: 0 });
  const stop = new AbortController();
  const stopped = model.generateFrom(promptOf(120), { maxTokens: 30, signal: stop.signal }).result;
  const others = [0, 1].map(() => answer(model, promptOf(40), { maxTokens: 8, temperature: 0 }));
  stop.abort();
  await stopped.catch(() => {});
  for (const { tokens } of await Promise.all(others)) expect(tokens).toEqual(alone.tokens);
});

it("says what does not go with several devices", async () => {
  const devices = ["cpu", "cpu"] as const;
  const refused = (options: object) => expect(loadTiny({ device: undefined, ...options })).rejects;
  await refused({ devices, device: "cpu" }).toThrow("device and devices are both given");
  await refused({ devices, sequences: 4 }).toThrow("sequences is 4, and 2 devices have one sequence together");
  const known = 'give 1 to 16 numbers of GPUs, such as [0, 1], or "cpu" for each of as many devices';
  await refused({ devices: [] }).toThrow(`devices is []; ${known}`);
  for (const wrong of [["cuda", "cpu"], [0, "cpu"], [-1], [0.5], "0,1", Array(17).fill("cpu")])
    await refused({ devices: wrong }).toThrow(known);
});
