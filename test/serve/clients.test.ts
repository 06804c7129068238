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

test("openai: log probabilities come with a chat's tokens, whole and streamed", async () => {
  const asked = { ...question, logprobs: true, top_logprobs: 3 };
  const { logprobs } = await model.generate("hi", { temperature: 0, maxTokens: 6, logprobs: 3 }).result;
  const whole = (await openai.chat.completions.create(asked)).choices[0]!.logprobs!.content!;
  expect(whole.map(({ logprob }) => logprob)).toEqual(logprobs!.map(({ logprob }) => logprob));
  for (const [at, { token, bytes, top_logprobs }] of whole.entries()) {
    const id = expected.tokens[at]!;
    expect(bytes).toEqual([...model.tokenizer.tokenBytes(id)]);
    // What is no whole character is shown as its bytes.
    expect([model.tokenizer.decode([id], { continues: true }), expect.stringMatching(/^bytes:/)]).toContainEqual(token);
    expect(top_logprobs).toHaveLength(3);
    expect(top_logprobs[0]).toMatchObject({ token, logprob: whole[at]!.logprob });
  }
  const pieces = [];
  for await (const { choices } of await openai.chat.completions.create({ ...asked, stream: true }))
    pieces.push(...(choices[0]!.logprobs?.content ?? []));
  expect(pieces).toEqual(whole);
});

test("openai: log probabilities of completions", async () => {
  const { choices } = await openai.completions.create({
    ...{ model: "tiny", prompt: "hi", temperature: 0, max_tokens: 5, logprobs: 2 },
  });
  const { tokens, token_logprobs, top_logprobs, text_offset } = choices[0]!.logprobs!;
  expect([tokens!.length, token_logprobs!.length, top_logprobs!.length]).toEqual([5, 5, 5]);
  expect(Object.values(top_logprobs![0]!)[0]).toBe(token_logprobs![0]);
  expect(text_offset!.slice(0, 2)).toEqual([0, tokens![0]!.length]);
});

test("openai: penalties, biases and ends are heeded, and what servers of open models take beside them", async () => {
  const ask = async (changes: object) => {
    const answer = await openai.chat.completions.create({ ...question, ...changes } as typeof question);
    return answer.choices[0]!;
  };
  const [first] = expected.tokens;
  const said = (ids: readonly number[]) => model.tokenizer.decode(ids, { continues: true, skipSpecial: true });
  const text = async (changes: object) => (await ask(changes)).message.content;
  const direct = async (options: object) =>
    (await model.generate("hi", { temperature: 0, maxTokens: 6, ...options }).result).text;
  expect(await text({ logit_bias: { [first!]: 100 } })).toBe(said(Array(6).fill(first)));
  for (const [changes, options] of [
    [{ presence_penalty: 2 }, { presencePenalty: 2 }],
    [{ frequency_penalty: 2 }, { frequencyPenalty: 2 }],
    [{ repetition_penalty: 3 }, { repetitionPenalty: 3 }],
    [
      { temperature: 1, seed: 3, min_p: 0.5, top_k: 9 },
      { temperature: 1, seed: 3, minP: 0.5, topK: 9 },
    ],
  ])
    expect(await text(changes!)).toBe(await direct(options!));
  expect(await ask({ stop_token_ids: [first] })).toMatchObject({ finish_reason: "stop", message: { content: "" } });
  const [end] = model.tokenizer.eosIds;
  expect((await ask({ logit_bias: { [end!]: 100 } })).finish_reason).toBe("stop");
  expect((await ask({ logit_bias: { [end!]: 100 }, ignore_eos: true })).finish_reason).toBe("length");
});

test("openai: embeddings are the runtime's, as its client packs them and as numbers", async () => {
  const input = ["a cat", "a dog"];
  const { vectors, tokens } = await model.embed(input);
  const answer = await openai.embeddings.create({ model: "tiny", input });
  expect(answer.data.map(({ embedding }) => embedding)).toEqual(vectors.map((vector) => [...vector]));
  expect(answer.usage).toEqual({ prompt_tokens: tokens, total_tokens: tokens });
  const one = await openai.embeddings.create({
    model: "tiny",
    input: model.tokenizer.encode("a cat"),
    encoding_format: "float",
  });
  expect(one.data).toEqual([{ object: "embedding", index: 0, embedding: [...vectors[0]!] }]);
  const ask = (changes: object) => openai.embeddings.create({ model: "tiny", input, ...changes });
  await expect(ask({ input: [] })).rejects.toThrow(/400 input: /);
  await expect(ask({ dimensions: 8 })).rejects.toThrow("400 dimensions: is not supported");
  await expect(ask({ input: [[1e9]] })).rejects.toThrow(/400 text 0 has 1000000000, which is no token/);
});

test("openai: a mistake is its client's error of that kind, and names the field", async () => {
  const ask = (changes: object) => openai.chat.completions.create({ ...question, ...changes } as typeof question);
  await expect(ask({ model: "gpt-4" })).rejects.toThrow('404 there is no model "gpt-4" here, but "tiny"');
  await expect(ask({ n: 2 })).rejects.toThrow(/400 n: /);
  await expect(ask({ presence_penalty: 200 })).rejects.toMatchObject({ status: 400, param: "presence_penalty" });
  await expect(ask({ logit_bias: { x: 1 } })).rejects.toThrow('400 logitBias has "x", which is no token');
  await expect(ask({ top_logprobs: 2 })).rejects.toThrow("400 top_logprobs: give logprobs: true with it");
  await expect(ask({ tool: 1 })).rejects.toThrow("400 tool: is not supported");
  await expect(ask({ temperature: -1 })).rejects.toThrow(/400 temperature is -1/);
  const call = { id: "a", type: "function", function: { name: "f", arguments: "5" } };
  await expect(ask({ messages: [{ role: "assistant", tool_calls: [call] }] })).rejects.toMatchObject({
    status: 400,
    code: "invalid_value",
    param: "messages",
  });
  const completion = openai.completions.create({ model: "tiny", prompt: [-1], max_tokens: 1 });
  await expect(completion).rejects.toMatchObject({ status: 400, code: "invalid_value", param: "prompt" });
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
