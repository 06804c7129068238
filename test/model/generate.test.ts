import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GenerateError } from "../../runtime/generate/errors.js";
import { Model } from "../../runtime/models/model.js";
import { findDemoModel } from "../../runtime/weights/index.js";
import { beginningOf, compareGreedy, readGreedyCases } from "./greedy.js";
import { writeTinyModels } from "./tiny-models.js";

const all = readGreedyCases(new URL("../fixtures/greedy.json", import.meta.url));
/** Sure of every token, so this one goes on to its end. */
const SURE = "multiples";
const LONG = "long-text";
const cases = all.map((one) => (one.name === SURE ? one : beginningOf(one)));

describe("SmolLM2 on the CPU executor", () => {
  let model: Model;
  const equals = new Map<string, number>();
  beforeAll(async () => {
    model = await Model.load({ path: findDemoModel(), device: "cpu", context: 384 });
  }, 120_000);
  afterAll(() => model?.close());

  it("says that the capital of France is Paris", { timeout: 180_000 }, async () => {
    const { text, stopReason, promptTokens } = await model.generate("What is the capital of France?").result;
    expect(text).toMatch(/Paris/);
    expect(stopReason).toBe("end");
    expect(promptTokens).toBe(37);
  });

  it.each(cases)("generates the reference's tokens up to a near tie: $name", { timeout: 180_000 }, async (one) => {
    expect(await model.tokenizer.encodeChat(one.messages)).toEqual(one.promptIds);
    const { wrong, equal } = await compareGreedy(model, one);
    expect(wrong).toBeUndefined();
    equals.set(one.name, equal);
  });

  it("compares enough tokens for that to mean something", { timeout: 600_000 }, async () => {
    const sure = cases.find(({ name }) => name === SURE)!;
    expect(equals.get(SURE) ?? (await compareGreedy(model, sure)).equal).toBe(sure.ids.length);
    expect(sure.ids.length).toBe(48);
  });

  it("stops at once when its signal is aborted, reading or writing, and goes on working", {
    timeout: 120_000,
  }, async () => {
    const signal = AbortSignal.timeout(50);
    const { promptIds } = cases.find(({ name }) => name === LONG)!;
    const caught = await model.generateFrom(promptIds.slice(1), { signal }).result.catch((error: unknown) => error);
    expect(signal.aborted).toBe(true);
    expect(caught).toBe(signal.reason);
    const drained = model.device.synchronize().then(() => "nothing runs");
    expect(await Promise.race([drained, "a chunk runs"])).toBe("a chunk runs");
    const controller = new AbortController();
    const generation = model.generate("Write a long story.", { maxTokens: 500, signal: controller.signal });
    const collect = async () => {
      for await (const _ of generation) controller.abort(new Error("enough"));
    };
    await expect(collect()).rejects.toThrow("enough");
    expect((await model.generate("What is the capital of France?", { maxTokens: 8 }).result).text).toMatch(/Paris/);
  });
});

/** What says nothing of a certain model, with one that takes a hundredth of the time. Its words mean nothing. */
describe("any model on the CPU executor", () => {
  const folder = mkdtempSync(join(tmpdir(), "generate-"));
  const PROMPT = "What is the capital of France?";
  let model: Model;
  beforeAll(async () => {
    await writeTinyModels([{ folder, family: "llama" }]);
    model = await Model.load({ path: join(folder, "model.gguf"), device: "cpu", context: 128 });
  });
  afterAll(() => {
    model?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("ends where the context ends", async () => {
    const { tokens, stopReason } = await model.generateFrom(Array.from({ length: 124 }, () => 28)).result;
    expect([tokens.length, stopReason]).toEqual([4, "context"]);
  });

  it("streams pieces that add up to the text, and tells how fast", async () => {
    const generation = model.generate("Count from 1 to 10.", { maxTokens: 8 });
    const pieces: string[] = [];
    for await (const { text } of generation) pieces.push(text);
    const { text, tokens, timings } = await generation.result;
    expect(pieces.length).toBeGreaterThan(3);
    expect(pieces.join("")).toBe(text);
    expect(tokens.length).toBeGreaterThan(3);
    expect(timings.tokensPerSecond).toBeGreaterThan(0);
  });

  it("reads only what is new of a conversation that goes on, and answers the same", async () => {
    const first = [{ role: "user" as const, content: "Say hello." }];
    const answer = await model.generate(first, { maxTokens: 8 }).result;
    const next = [
      ...first,
      { role: "assistant" as const, content: answer.text },
      { role: "user" as const, content: "And now?" },
    ];
    const continued = await model.generate(next, { maxTokens: 8 }).result;
    expect(continued.cachedTokens).toBeGreaterThanOrEqual(answer.promptTokens);
    using another = await Model.load({ path: join(folder, "model.gguf"), device: "cpu", context: 128 });
    const afresh = await another.generate(next, { maxTokens: 8 }).result;
    expect(afresh.cachedTokens).toBe(0);
    expect(continued.text).toBe(afresh.text);
  });

  it("draws the same tokens from the same seed, and others from another", async () => {
    const draw = async (seed: number) =>
      (await model.generate("Tell me a story.", { maxTokens: 12, temperature: 1, seed }).result).text;
    const [one, again, other] = [await draw(1), await draw(1), await draw(2)];
    expect(again).toBe(one);
    expect(other).not.toBe(one);
  });

  it("ends before a stop text", async () => {
    const { text } = await model.generate(PROMPT, { maxTokens: 24 }).result;
    const stop = text.slice(8, 11);
    const before = text.slice(0, text.indexOf(stop));
    expect(before.length).toBeGreaterThan(0);
    const stopped = await model.generate(PROMPT, { maxTokens: 24, stop }).result;
    expect(stopped).toMatchObject({ text: before, stopReason: "stop" });
  });

  it("refuses a prompt longer than the context, and goes on working", async () => {
    const answer = () => model.generate(PROMPT, { maxTokens: 8 }).result;
    const { text } = await answer();
    const error = await model
      .generateFrom(Array.from({ length: 2000 }, () => 28))
      .result.catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(GenerateError);
    expect(String(error)).toMatch(/2000 tokens.*128/);
    expect((await answer()).text).toBe(text);
  });
});
