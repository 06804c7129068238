/** Log probabilities of a text's tokens, beside a plain decoder in numpy and beside those that decode steps tell. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findDemoModel, Model } from "../../runtime/index.js";
import { temporaryFolder } from "../temporary-folder.js";
import { askReference, promptOf, writeTinyModels } from "./tiny-models.js";

async function scoresOf(model: Model, tokens: readonly number[], from?: number): Promise<number[]> {
  const found: number[] = [];
  let at = from ?? 1;
  for await (const { first, logprobs } of model.score(tokens, { from })) {
    expect(first).toBe(at);
    found.push(...logprobs);
    at += logprobs.length;
  }
  return found;
}

const logProbability = (logits: readonly number[], token: number): number => {
  const top = logits.reduce((a, b) => Math.max(a, b));
  return logits[token]! - top - Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - top), 0));
};

const sum = (all: readonly number[]): number => all.reduce((total, one) => total + one, 0);
const mean = (all: readonly number[]): number => sum(all) / all.length;
const spread = (all: readonly number[]): number => Math.sqrt(mean(all.map((one) => (one - mean(all)) ** 2)));

describe("beside the plain decoder", () => {
  const folder = temporaryFolder("score");
  const path = (family: string) => join(folder, family, "model");
  beforeAll(
    () => writeTinyModels(["llama", "gemma2"].map((family) => ({ folder: join(folder, family), family }))),
    120_000,
  );

  it.each([
    ["llama", "dense", { prompts: [20, 150, 700].map(promptOf) }],
    ["gemma2", "dense", { prompts: [promptOf(150)] }],
    ["llama", "streaming:global=4,local=32,chunk=16", { prompts: [150, 301].map(promptOf) }],
    // Of a prompt in which rounding selects nothing else.
    ["llama", "reattention:global=4,local=16,topK=2,span=8,clip=3,chunk=16", { draw: [44] }],
    ["llama", "reattention:global=4,local=16,topK=2,span=8,clip=3,chunk=16,tail=5", { draw: [48] }],
  ] as const)("%s, %s", { timeout: 240_000 }, async (family, attention, asked) => {
    const windows = attention === "dense" ? {} : { attention };
    const references = await askReference([path(family)], { ...asked, greedy: 0, every: true, ...windows });
    await using model = await Model.load({
      ...{ path: path(family), device: "cpu", attention, context: 1024, beyondTrained: true },
    });
    for (const { tokens, every } of references) {
      const wanted = tokens.slice(1).map((token, at) => logProbability(every![at]!, token));
      const found = await scoresOf(model, tokens);
      expect(found).toHaveLength(wanted.length);
      // Products of a chunk are in bfloat16: a token's score may be off by some hundredths of what scores differ by.
      const off = found.map((score, at) => (score - wanted[at]!) / spread(wanted));
      expect(Math.abs(mean(off))).toBeLessThan(0.01);
      expect(mean(off.map(Math.abs))).toBeLessThan(0.03);
    }
  });
});

describe("beside decode steps of the demo model", () => {
  let model: Model;
  beforeAll(async () => {
    model = await Model.load({ path: findDemoModel(), device: "cpu" });
  }, 120_000);
  afterAll(() => model.close());

  it("the sum over an answer is that of its steps", { timeout: 120_000 }, async () => {
    const prompt = await model.tokenizer.encodeChat([{ role: "user", content: "Why is the sky blue?" }]);
    const { tokens, logprobs } = await model.generateFrom(prompt, { maxTokens: 40, temperature: 0, logprobs: 0 })
      .result;
    const scores = await scoresOf(model, [...prompt, ...tokens], prompt.length);
    expect(scores).toHaveLength(tokens.length);
    const steps = logprobs!.map(({ logprob }) => logprob);
    expect(Math.abs(sum(scores) - sum(steps)) / tokens.length).toBeLessThan(0.02);
    // Text that it wrote is likelier to it than the same words the other way round.
    const reversed = await scoresOf(model, [...prompt, ...tokens.toReversed()], prompt.length);
    expect(sum(reversed)).toBeLessThan(sum(scores) - 100);
  });

  it("scores from some token on are those of the whole text", { timeout: 120_000 }, async () => {
    const tokens = model.tokenizer.encode("The quick brown fox jumps over the lazy dog. ".repeat(15));
    const whole = await scoresOf(model, tokens);
    for (const from of [1, 100, tokens.length - 1])
      expect(await scoresOf(model, tokens, from)).toEqual(whole.slice(from - 1));
    // What was read before is repeated: it is expected.
    expect(mean(whole.slice(-100))).toBeGreaterThan(mean(whole.slice(0, 10)) + 1);
  });

  it("texts are scored beside answers, and leave them as they are", { timeout: 120_000 }, async () => {
    const asked = { maxTokens: 12, temperature: 0 };
    const alone = (await model.generate("hi", asked).result).text;
    const text = model.tokenizer.encode("a text that is read meanwhile");
    const [answer, scores] = await Promise.all([model.generate("hi", asked).result, scoresOf(model, text)]);
    expect(answer.text).toBe(alone);
    expect(await scoresOf(model, text)).toEqual(scores);
  });

  it.each<[unknown, object, RegExp]>([
    ["", {}, /the text has fewer than two tokens/],
    [[1], {}, /the text has fewer than two tokens/],
    [3, {}, /^the text is 3; give a text or a list of tokens$/],
    [[1, 1e9], {}, /^the text has 1000000000, which is no token; give ids from 0 to \d+$/],
    ["a text", { from: 0 }, /^from is 0; give a whole number of 1 or more$/],
    [[1, 2, 3], { from: 3 }, /^from is 3, and the text has 3 tokens, counted from 0$/],
    ["a text", { start: 1 }, /there is no option start/],
    ["a text", { signal: AbortSignal.abort(new Error("enough")) }, /enough/],
  ])("%j with %j is refused by name", async (text, options, message) => {
    await expect(model.score(text as string, options).next()).rejects.toThrow(message);
  });

  it("so is a text that is longer than the context", async () => {
    const long = new Array<number>(9000).fill(1);
    await expect(model.score(long).next()).rejects.toThrow(/the text has 9000 tokens, and the context holds 8192/);
  });
});
