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
