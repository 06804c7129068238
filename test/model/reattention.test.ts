import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Model } from "../../runtime/models/model.js";
import { findDemoModel } from "../../runtime/weights/index.js";
import { temporaryFolder } from "../temporary-folder.js";
import { beginningOf, compareGreedy, NEAR_TIE_OF_SELECTION, readGreedyCases } from "./greedy.js";
import { promptOf, writeTinyModels } from "./tiny-models.js";

const all = readGreedyCases(new URL("../fixtures/reattention-greedy.json", import.meta.url));
/** More than the window by far: what it says is looked at, too, to its end. */
const HIDDEN = "hidden-code";
const cases = all.map((one) => (one.name === HIDDEN ? one : beginningOf(one)));

/** A window of a few dozen tokens, so that even short prompts are longer than it. */
const SMALL = "reattention:global=4,local=32,topK=4,span=8,clip=6,chunk=16";

describe("SmolLM2 with ReAttention on the CPU executor", () => {
  let model: Model;
  beforeAll(async () => {
    model = await Model.load({ path: findDemoModel(), device: "cpu", attention: SMALL, context: 512 });
  }, 120_000);
  afterAll(() => model?.close());

  it.each(cases.filter(({ name }) => name !== HIDDEN))(
    "generates the reference's tokens up to a near tie: $name",
    { timeout: 240_000 },
    async (one) => {
      const { equal, wrong } = await compareGreedy(model, one, NEAR_TIE_OF_SELECTION);
      expect(wrong).toBeUndefined();
      expect(equal).toBeGreaterThan(0);
    },
  );

  it("decodes step by step what reading it all again gives, where a chunk is one token", {
    timeout: 240_000,
  }, async () => {
    await using single = await Model.load({
      path: findDemoModel(),
      device: "cpu",
      attention: "reattention:global=4,local=24,topK=4,span=8,clip=6,chunk=1",
      context: 256,
    });
    const { promptIds } = cases.find(({ name }) => name === "days")!;
    const { tokens } = await single.generateFrom(promptIds, { maxTokens: 8, temperature: 0 }).result;
    expect(promptIds.length).toBeGreaterThan(4 + 24 + 8);
    for (let read = 1; read < tokens.length; read++) {
      const again = single.generateFrom([...promptIds, ...tokens.slice(0, read)], { maxTokens: 1, temperature: 0 });
      expect((await again.result).tokens).toEqual([tokens[read]]);
    }
  });

  it("finds what is hidden behind the window, as the reference does", { timeout: 240_000 }, async () => {
    const hidden = cases.find(({ name }) => name === HIDDEN)!;
    expect(await model.tokenizer.encodeChat(hidden.messages)).toEqual(hidden.promptIds);
    const { text, equal, wrong } = await compareGreedy(model, hidden, NEAR_TIE_OF_SELECTION);
    expect(wrong).toBeUndefined();
    expect(equal).toBeGreaterThan(0);
    expect(text).toContain("7481");
    const seen = (await model.inspectSelection())!;
    expect(seen).toHaveLength(model.config.layers);
    for (const positions of seen) {
      expect(positions.length).toBeLessThanOrEqual(4 + 6 * 8 + 32);
      expect([...positions.slice(0, 4)]).toEqual([0, 1, 2, 3]);
      expect([...positions]).toEqual([...new Set(positions)].sort((a, b) => a - b));
      expect(positions.at(-1)).toBe(hidden.promptIds.length - 1);
    }
    await model.generateFrom(hidden.promptIds.slice(0, 20), { maxTokens: 1 }).result;
    expect(await model.inspectSelection()).toBeUndefined();
  });
});

it("of a prompt whose last tokens chose apart, another one takes only what it would have read alike", {
  timeout: 240_000,
}, async () => {
  const folder = temporaryFolder("tail");
  await writeTinyModels([{ folder, family: "llama" }]);
  const attention = "reattention:global=4,local=28,topK=2,span=8,clip=3,chunk=16,tail=10";
  const options = { path: `${folder}/model`, device: "cpu" as const, attention, context: 256 };
  await using model = await Model.load(options);
  const asked = { maxTokens: 1, temperature: 0, logprobs: 5 };
  const prompt = promptOf(100);
  await model.generateFrom(prompt, asked).result;
  // 98 are the same, but of these 90 were read in whole chunks from the beginning on.
  const other = [...prompt.slice(0, 98), ...promptOf(20)];
  const after = await model.generateFrom(other, asked).result;
  expect(after.cachedTokens).toBe(80);
  await using fresh = await Model.load(options);
  expect((await fresh.generateFrom(other, asked).result).logprobs).toEqual(after.logprobs);
});
