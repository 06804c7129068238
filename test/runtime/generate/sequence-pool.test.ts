/** What a prompt has in common with any other is read once, as long as there is memory. */

import { afterEach, describe, expect, it, vi } from "vitest";
import { OutOfMemoryError } from "../../../runtime/device/errors.js";
import { GenerateError, type Model } from "../../../runtime/index.js";
import { Runner } from "../../../runtime/models/runner.js";
import { loadTiny, promptOf } from "./tiny-model.js";

afterEach(() => vi.restoreAllMocks());

const ask = (model: Model, prompt: readonly number[], maxTokens = 8) =>
  model.generateFrom(prompt, { maxTokens, temperature: 1, topK: 20, topP: 1, seed: prompt.length }).result;

/** Lets all sequences together have memory for so many tokens. */
function memoryFor(most: number): { readonly held: Map<Runner, number> } {
  const held = new Map<Runner, number>();
  const { grow, close } = Runner.prototype;
  vi.spyOn(Runner.prototype, "grow").mockImplementation(function (this: Runner, tokens: number) {
    const others = [...held].filter(([one]) => one !== this).reduce((sum, [, count]) => sum + count, 0);
    const wanted = Math.max(tokens, held.get(this) ?? 0);
    if (others + wanted > most) throw new OutOfMemoryError({ wanted: tokens, free: most - others, total: most });
    grow.call(this, tokens);
    held.set(this, wanted);
  });
  vi.spyOn(Runner.prototype, "close").mockImplementation(function (this: Runner) {
    held.delete(this);
    close.call(this);
  });
  return { held };
}

const MODES = [
  "dense",
  "streaming:global=4,local=16,chunk=8",
  "reattention:global=4,local=16,topK=2,span=8,clip=3,chunk=8",
];

describe.each(MODES)("%s", (attention) => {
  const chunk = attention === "dense" ? 1 : 8;

  it("conversations that alternate do not read their prompts again", async () => {
    using model = await loadTiny({ attention });
    const prompts = [1, 2, 3].map((seed) => promptOf(40, seed));
    for (const prompt of prompts) expect((await ask(model, prompt)).cachedTokens).toBeLessThan(chunk + 1);
    for (const prompt of prompts) {
      const longer = [...prompt, ...promptOf(5, 9)];
      const { cachedTokens, text } = await ask(model, longer);
      expect(cachedTokens).toBe(40);
      using other = await loadTiny({ attention });
      const afresh = await ask(other, longer);
      expect(afresh.cachedTokens).toBe(0);
      expect(afresh.text).toBe(text);
    }
  });

  it("a beginning that another conversation has is copied, also of one under way", async () => {
    using model = await loadTiny({ attention, sequences: 2 });
    const system = promptOf(64, 4);
    const under = model.generateFrom([...system, 1, 2, 3, 4, 5, 6], { maxTokens: 300 });
    await under[Symbol.asyncIterator]().next();
    const prompt = [...system, 7, 8, 9, 10, 11, 12];
    const { cachedTokens, text } = await ask(model, prompt);
    expect(cachedTokens).toBe(64);
    using other = await loadTiny({ attention });
    expect((await ask(other, prompt)).text).toBe(text);
    expect((await under.result).tokens).toHaveLength(300);
  });
});

it("of several that a prompt could go on from, the longest beginning counts", async () => {
  using model = await loadTiny();
  const long = promptOf(50, 1);
  await ask(model, [...long.slice(0, 20), 1, 1]);
  await ask(model, [...long, 2, 2]);
  expect((await ask(model, [...long, 3, 3])).cachedTokens).toBe(50);
});

it("the least recently used goes where memory is needed", async () => {
  using model = await loadTiny();
  const { held } = memoryFor(150);
  const [a, b, c] = [1, 2, 3].map((seed) => promptOf(40, seed)) as [number[], number[], number[]];
  for (const prompt of [a, b, c]) await ask(model, prompt);
  expect(held.size).toBe(3);
  // 48 tokens each: a fourth has no room, so the oldest gives way.
  await ask(model, promptOf(40, 4));
  expect(held.size).toBe(3);
  expect((await ask(model, [...c, 5, 5])).cachedTokens).toBeGreaterThanOrEqual(40);
  expect((await ask(model, [...a, 5, 5])).cachedTokens).toBeLessThan(3);
});

it("a prompt goes on where its beginning lies if there is no room for a copy", async () => {
  using model = await loadTiny();
  memoryFor(100);
  const system = promptOf(60, 1);
  await ask(model, [...system, 1, 2, 3, 4]);
  // Not all of that was read, so it would be kept.
  expect((await ask(model, [...system, 5, 6, 7, 8])).cachedTokens).toBe(60);
});

it("a prompt waits for memory that others have, and is refused where that is all there is", async () => {
  using model = await loadTiny({ sequences: 3 });
  memoryFor(120);
  const order: string[] = [];
  const first = ask(model, promptOf(60, 1), 30).then(() => order.push("first"));
  const second = ask(model, promptOf(60, 2), 30).then(() => order.push("second"));
  const refused = ask(model, promptOf(100, 3), 30);
  await expect(refused).rejects.toThrow(GenerateError);
  await expect(refused).rejects.toThrow(
    /prompt and answer have up to 130 tokens, and about \d+ fit into the memory of/,
  );
  await Promise.all([first, second]);
  expect(order).toEqual(["first", "second"]);
});
