/** Answers whose logits are shaped, against a reference over the model's own logits. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CONSTRAINT, type Constrained, type Constraint } from "../../../runtime/generate/constraint.js";
import type { GenerateOptions, Model } from "../../../runtime/index.js";
import { loadTiny, promptOf } from "./tiny-model.js";

let model: Model;
let many: Model;
beforeAll(async () => {
  [model, many] = await Promise.all([loadTiny(), loadTiny({ sequences: 4 })]);
});
afterAll(() => {
  model.close();
  many.close();
});

/** Logits behind these tokens, as a chunk of a prompt gives them. */
async function logitsOf(tokens: readonly number[]): Promise<number[]> {
  const { runner } = model;
  await runner.prefill(tokens, 0, { temperature: 0, topK: 1, topP: 1, seed: 0 });
  const { tokens: count } = model.config;
  return [...(await runner.logits())].slice(0, count);
}

it("x", async () => {
  const prompt = promptOf(20);
  const options = { maxTokens: 12, presencePenalty: 1.5, frequencyPenalty: 0.3, repetitionPenalty: 1.2, logprobs: 3 };
  const r = await model.generateFrom(prompt, options).result;
  console.log(r.tokens, r.logprobs?.slice(0, 3).map((x) => JSON.stringify(x)));
  const l = await logitsOf(prompt);
  const top = Math.max(...l);
  const all = top + Math.log(l.reduce((s, x) => s + Math.exp(x - top), 0));
  console.log(l.map((x, t) => [x - all, t]).sort((a, b) => b[0] - a[0]).slice(0, 4));
  console.log((await model.generateFrom(prompt, { maxTokens: 12 }).result).tokens);
  const rs = await Promise.all([options, { maxTokens: 12 }, options].map((o) => many.generateFrom(prompt, o).result));
  console.log(rs.map((x) => x.tokens));
});
