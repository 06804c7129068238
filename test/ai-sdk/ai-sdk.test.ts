/** The AI SDK's own functions over a model in this process. */
import type { LanguageModelV2, LanguageModelV3 } from "@ai-sdk/provider";
import { generateObject, generateText, stepCountIs, streamText, tool } from "ai";
import * as sdk7 from "ai7";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { z } from "zod";
import { languageModel } from "../../ai-sdk/index.js";
import type { Model } from "../../runtime/index.js";
import { HERMES, tinyModel } from "../serve/served.js";

let model: Model;
let expected: { readonly text: string; readonly promptTokens: number };

beforeAll(async () => {
  model = await tinyModel(HERMES);
  expected = await model.generate("hi", { temperature: 0, maxTokens: 6 }).result;
}, 120_000);

afterAll(() => model.close());

const asked = { prompt: "hi", temperature: 0, maxOutputTokens: 6, maxRetries: 0 };

type LanguageModelV4 = Extract<sdk7.LanguageModel, { readonly specificationVersion: "v4" }>;

test("its type is what the AI SDK's specification says, in each version", () => {
  const v4: LanguageModelV4 = languageModel(model, { specification: "v4" });
  const v3: LanguageModelV3 = languageModel(model);
  const v2: LanguageModelV2 = languageModel(model, { specification: "v2" });
  expect([v4, v3, v2].map((one) => one.specificationVersion)).toEqual(["v4", "v3", "v2"]);
  expect(v3.modelId).toBe("local");
  expect(() => languageModel(model, { specification: "v1" as "v2" })).toThrow('specification is "v1"');
  expect(() => languageModel(model, { specification: "toString" as "v2" })).toThrow('specification is "toString"');
  expect(() => languageModel(model, { name: "tiny" } as object)).toThrow("there is no option name; there are id and");
});

test("generateText says what the runtime says, with its usage and why it ends", async () => {
  for (const one of [languageModel(model, { id: "tiny" }), languageModel(model, { id: "tiny", specification: "v2" })]) {
    const { text, usage, finishReason, response } = await generateText({ model: one, ...asked });
    expect([text, finishReason, response.modelId]).toEqual([expected.text, "length", "tiny"]);
    expect(usage).toMatchObject({
      inputTokens: expected.promptTokens,
      outputTokens: 6,
      totalTokens: expected.promptTokens + 6,
    });
  }
});

test("streamText says it in pieces; leaving it ends the answer", async () => {
  const { textStream, usage, finishReason } = streamText({ model: languageModel(model), ...asked });
  let text = "";
  for await (const piece of textStream) text += piece;
  expect(text).toBe(expected.text);
  expect([await finishReason, (await usage).outputTokens]).toEqual(["length", 6]);
  const abort = new AbortController();
  const left = streamText({ model: languageModel(model), ...asked, maxOutputTokens: 2000, abortSignal: abort.signal });
  for await (const _ of left.textStream) abort.abort();
  expect((await model.generate("hi", { temperature: 0, maxTokens: 6 }).result).text).toBe(expected.text);
});

test("generateObject gives what its zod schema parses", async () => {
  const schema = z.object({
    kind: z.enum(["a", "b"]),
    n: z.int().min(1).max(9),
    pair: z.tuple([z.boolean(), z.null()]),
  });
  const { object } = await generateObject({
    model: languageModel(model),
    schema,
    prompt: "hi",
    temperature: 1,
    seed: 2,
    maxOutputTokens: 800,
  });
  expect(schema.parse(object)).toEqual(object);
});

test("a tool is called, and what it gave is read", async () => {
  const said: unknown[] = [];
  const weather = tool({
    description: "Of a city",
    inputSchema: z.object({ city: z.enum(["Rome", "Oslo"]) }),
    execute: async ({ city }) => {
      said.push(city);
      return { sky: "blue" };
    },
  });
  const { steps } = await generateText({
    model: languageModel(model),
    prompt: "hi",
    tools: { weather },
    toolChoice: "required",
    stopWhen: stepCountIs(2),
    maxOutputTokens: 300,
  });
  expect(said).toHaveLength(2);
  expect(steps.map(({ finishReason }) => finishReason)).toEqual(["tool-calls", "tool-calls"]);
  expect(steps[0]!.toolResults[0]).toMatchObject({ toolName: "weather", output: { sky: "blue" } });
  expect(steps[1]!.usage.inputTokens).toBeGreaterThan(steps[0]!.usage.inputTokens! + 10);
  const stream = streamText({
    model: languageModel(model),
    prompt: "hi",
    tools: { weather },
    toolChoice: "required",
    maxOutputTokens: 300,
  });
  expect(await stream.toolCalls).toMatchObject([
    { toolName: "weather", input: { city: expect.stringMatching(/Rome|Oslo/) } },
  ]);
  expect(await stream.text).toBe("");
});

test("other options go by providerOptions; mistakes are the runtime's errors", async () => {
  const say = (tilescript: Record<string, number>) =>
    generateText({ model: languageModel(model), ...asked, providerOptions: { tilescript } });
  expect((await say({ minP: 0.5 })).text).toBe(expected.text);
  await expect(say({ minp: 0.5 })).rejects.toThrow("there is no option minp; did you mean minP?");
  await expect(say({ temperature: 1 })).rejects.toThrow("which the call says already");
  const file = { type: "file" as const, data: "aGk=", mediaType: "image/png" };
  await expect(
    generateText({ model: languageModel(model), messages: [{ role: "user", content: [file] }], maxRetries: 0 }),
  ).rejects.toThrow(/reads text alone/);
  await expect(say({ toString: 1 } as never)).rejects.toThrow("there is no option toString");
  const nothing = {
    type: "tool-result" as const,
    toolCallId: "a",
    toolName: "f",
    output: { type: "json", value: undefined },
  };
  const prompt = [{ role: "tool" as const, content: [nothing] }];
  await expect(languageModel(model).doGenerate({ prompt, maxOutputTokens: 1 })).resolves.toBeDefined();
});

test("AI SDK 7: streamText, generateObject and a loop with tools over version 4, without a warning", async () => {
  const warn = vi.spyOn(console, "warn");
  const v4 = languageModel(model, { specification: "v4" });
  const { textStream, usage, finishReason } = sdk7.streamText({ model: v4, ...asked });
  let text = "";
  for await (const piece of textStream) text += piece;
  expect([text, await finishReason]).toEqual([expected.text, "length"]);
  expect(await usage).toMatchObject({ inputTokens: expected.promptTokens, outputTokens: 6 });
  const schema = z.object({ n: z.int().min(1).max(9), tags: z.array(z.enum(["a", "b"])).max(2) });
  const { object } = await sdk7.generateObject({ model: v4, schema, prompt: "hi", maxOutputTokens: 300 });
  expect(schema.parse(object)).toEqual(object);
  const { output } = await sdk7.generateText({
    model: v4,
    output: sdk7.Output.object({ schema }),
    prompt: "hi",
    maxOutputTokens: 300,
  });
  expect(schema.parse(output)).toEqual(output);
  const weather = sdk7.tool({ inputSchema: z.object({ city: z.enum(["Rome"]) }), execute: async () => "blue" });
  const { steps } = await sdk7.generateText({
    model: v4,
    prompt: "hi",
    tools: { weather },
    toolChoice: "required",
    stopWhen: sdk7.isStepCount(2),
    maxOutputTokens: 300,
  });
  expect(steps.map((step) => [step.finishReason, step.toolResults[0]!.output])).toEqual([
    ["tool-calls", "blue"],
    ["tool-calls", "blue"],
  ]);
  const all = await sdk7.generateText({ model: languageModel(model), ...asked });
  expect(all.text).toBe(expected.text);
  expect(warn).not.toHaveBeenCalled();
});

test("what version 4 has and the model does not is left out with a warning, or refused", async () => {
  const v4 = languageModel(model, { specification: "v4" });
  const content = [
    { type: "reasoning-file", data: { type: "data", data: "aGk=" }, mediaType: "image/png" },
    { type: "custom", kind: "other.part" },
    { type: "text", text: "so" },
  ] as const;
  const prompt = [
    { role: "user", content: [{ type: "text", text: "hi" }] },
    { role: "assistant", content },
  ] as const;
  const { warnings } = await v4.doGenerate({ prompt, maxOutputTokens: 2, reasoning: "high" });
  expect(warnings.map(({ feature }) => feature)).toEqual(["reasoning-file", "custom", "reasoning"]);
  const file = { type: "file", data: { type: "text", text: "x" }, mediaType: "text/plain" } as const;
  await expect(v4.doGenerate({ prompt: [{ role: "user", content: [file] }] })).rejects.toThrow(/reads text alone/);
});
