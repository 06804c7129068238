/** The clients that people use, against a server of a tiny model. */

import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, streamText } from "ai";
import OpenAI from "openai";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Model } from "../../runtime/index.js";
import { serveTiny, type TestServer, tinyModel } from "./served.js";

let model: Model;
let server: TestServer;
let openai: OpenAI;
const question = { model: "tiny", messages: [{ role: "user" as const, content: "hi" }], temperature: 0, max_tokens: 6 };
/** What the model says to that, as the runtime has it. */
let expected: { readonly text: string; readonly tokens: readonly number[]; readonly promptTokens: number };

beforeAll(async () => {
  model = await tinyModel();
  server = await serveTiny(model);
  openai = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "none", maxRetries: 0 });
  expected = await model.generate("hi", { temperature: 0, maxTokens: 6 }).result;
}, 120_000);

afterAll(async () => {
  await server.close();
  model.close();
});

test("openai: a whole answer is the runtime's", async () => {
  const answer = await openai.chat.completions.create(question);
  expect(answer).toMatchObject({ object: "chat.completion", model: "tiny", id: expect.stringMatching(/^chatcmpl-/) });
  expect(answer.choices).toEqual([
    {
      index: 0,
      finish_reason: "length",
      logprobs: null,
      message: { role: "assistant", refusal: null, content: expected.text },
    },
  ]);
  const { prompt_tokens, completion_tokens, total_tokens, prompt_tokens_details } = answer.usage!;
  expect([prompt_tokens, completion_tokens]).toEqual([expected.promptTokens, 6]);
  expect(total_tokens).toBe(prompt_tokens + 6);
  expect(prompt_tokens_details?.cached_tokens).toBe(prompt_tokens - 1);
});

test("openai: a streamed answer is the same in pieces, with its usage at the end", async () => {
  const stream = await openai.chat.completions.create({
    ...question,
    stream: true,
    stream_options: { include_usage: true },
  });
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  const text = chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join("");
  expect(text).toBe(expected.text);
  expect(chunks[0]!.choices[0]!.delta).toEqual({ role: "assistant", content: "" });
  expect(chunks.at(-2)!.choices[0]!.finish_reason).toBe("length");
  expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 6 } });
});

test("openai: completions take text and ids; the models are listed", async () => {
  const prompt = "hi";
  const of = (prompt: string | number[]) =>
    openai.completions.create({ model: "tiny", prompt, temperature: 0, max_tokens: 5 });
  const { text } = (await of(prompt)).choices[0]!;
  const ids = model.tokenizer.encode(prompt);
  expect((await of(ids)).choices[0]!.text).toBe(text);
  expect(text).toBe((await model.generateFrom(ids, { temperature: 0, maxTokens: 5 }).result).text);
  const models = [];
  for await (const one of openai.models.list()) models.push(one);
  expect(models).toMatchObject([{ id: "tiny", object: "model", owned_by: "tilescript", context: 4096 }]);
  expect((await openai.models.retrieve("tiny")).id).toBe("tiny");
});

test("openai: a mistake is its client's error of that kind, and names the field", async () => {
  const ask = (changes: object) => openai.chat.completions.create({ ...question, ...changes } as typeof question);
  await expect(ask({ model: "gpt-4" })).rejects.toThrow('404 there is no model "gpt-4" here, but "tiny"');
  await expect(ask({ presence_penalty: 0.5 })).rejects.toThrow(/400 presence_penalty: /);
  await expect(ask({ tool: 1 })).rejects.toThrow("400 tool: is not supported");
  await expect(ask({ temperature: -1 })).rejects.toThrow(/400 temperature is -1/);
  await expect(ask({ messages: [{ role: "user", content: "x".repeat(20_000) }] })).rejects.toMatchObject({
    status: 400,
    code: "context_length_exceeded",
  });
});

test("AI SDK: generateText and streamText, through its OpenAI-compatible provider", async () => {
  const provider = createOpenAICompatible({ name: "tilescript", baseURL: `${server.url}/v1`, includeUsage: true });
  const asked = { model: provider("tiny"), prompt: "hi", temperature: 0, maxOutputTokens: 6, maxRetries: 0 };
  const whole = await generateText(asked);
  expect(whole.text).toBe(expected.text);
  expect(whole.usage).toMatchObject({ inputTokens: expected.promptTokens, outputTokens: 6 });
  const streamed = streamText(asked);
  let text = "";
  for await (const piece of streamed.textStream) text += piece;
  expect(text).toBe(expected.text);
  expect(await streamed.finishReason).toBe("length");
});
