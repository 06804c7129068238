import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { findDemoModel, Model } from "../../runtime/index.js";

const PROMPTS = [
  "What is the capital of France?",
  "Count from one to ten.",
  "Wie heißt die Hauptstadt von Italien?",
  "Write a haiku about the sea.",
];

let gpu: Model;
let cpu: Model;
before(async () => {
  const path = findDemoModel();
  gpu = await Model.load({ path, device: "cuda" });
  cpu = await Model.load({ path, device: "cpu", context: 512 });
});
after(() => {
  gpu.close();
  cpu.close();
});

test("the GPU knows the capital of France", async () => {
  const { text } = await gpu.generate(PROMPTS[0]!, { maxTokens: 16 }).result;
  assert.match(text, /Paris/);
});

/** Sums are rounded in another order there, so close calls may fall differently; from then on the texts are different ones. */
for (const prompt of PROMPTS)
  test(`the first tokens of the answer to "${prompt}" are those of the CPU executor`, async () => {
    const [one, other] = await Promise.all([gpu, cpu].map((model) => model.generate(prompt, { maxTokens: 8 }).result));
    assert.deepEqual(one!.tokens.slice(0, 2), other!.tokens.slice(0, 2));
  });

test("a seed repeats an answer", async () => {
  const options = { maxTokens: 24, temperature: 0.8, seed: 7 };
  const [one, other] = [
    await gpu.generate(PROMPTS[3]!, options).result,
    await gpu.generate(PROMPTS[3]!, options).result,
  ];
  assert.equal(one.text, other.text);
});

test("a text's log probabilities are those of the CPU executor, whichever attention reads it", async () => {
  const text = cpu.tokenizer.encode("The quick brown fox jumps over the lazy dog, and the dog sleeps on. ".repeat(24));
  const scoresOf = async (model: Model) => {
    const found: number[] = [];
    for await (const { logprobs } of model.score(text)) found.push(...logprobs);
    return found;
  };
  const mean = (all: readonly number[]) => all.reduce((sum, one) => sum + one, 0) / all.length;
  const window = "streaming:global=4,local=128,chunk=64";
  await using windowed = await Model.load({ path: findDemoModel(), device: "cuda", attention: window });
  await using onCpu = await Model.load({ path: findDemoModel(), device: "cpu", attention: window, context: 512 });
  for (const [one, other] of [
    [gpu, cpu],
    [windowed, onCpu],
  ] as const) {
    const [mine, theirs] = [await scoresOf(one), await scoresOf(other)];
    assert.equal(mine.length, text.length - 1);
    assert.ok(Math.abs(mean(mine) - mean(theirs)) < 0.01, `${mean(mine)} and ${mean(theirs)}`);
  }
});
