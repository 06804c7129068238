/** Conversations with the demo model at once on the GPU, beside each one alone. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { findDemoModel, Model } from "../../runtime/index.js";

/** Not all prompts are as long, nor all answers; some are drawn. */
const asked = (index: number) => ({
  prompt: `${"Think well. ".repeat(index % 7)}What is ${index} plus ${index}?`,
  options: { maxTokens: 8 + ((index * 5) % 40), temperature: index % 3 === 2 ? 0.7 : 0, seed: index },
});

for (const sequences of [2, 5, 64])
  test(`${sequences} conversations at once say what each says alone`, async () => {
    const path = findDemoModel();
    using together = await Model.load({ path, device: "cuda", sequences });
    using alone = await Model.load({ path, device: "cuda" });
    const questions = Array.from({ length: sequences + 3 }, (_, index) => asked(index));
    const results = await Promise.all(
      questions.map(({ prompt, options }) => together.generate(prompt, options).result),
    );
    let [equal, all] = [0, 0];
    for (const [index, { prompt, options }] of questions.entries()) {
      const { tokens } = await alone.generate(prompt, options).result;
      const got = results[index]!.tokens;
      const parted = tokens.findIndex((id, at) => got[at] !== id);
      equal += parted < 0 ? tokens.length : parted;
      all += tokens.length;
    }
    // A close call parts two answers for good.
    assert.ok(equal > 0.6 * all, `${equal} of ${all} tokens are equal`);
  });

test("who is left in the middle leaves the others alone", async () => {
  using model = await Model.load({ path: findDemoModel(), device: "cuda", sequences: 4 });
  const [first, second] = [0, 1].map((index) => model.generate(asked(index).prompt, { maxTokens: 200 }));
  const rest = second!.result;
  for await (const _ of first!) break;
  assert.ok((await rest).tokens.length > 0);
  assert.ok((await model.generate("Hello", { maxTokens: 4 }).result).tokens.length > 0);
});
