/** Structured output and tools, as OpenAI's client asks for them and reads them. */
import OpenAI from "openai";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Model } from "../../runtime/index.js";
import { HERMES, serveTiny, type TestServer, tinyModel } from "./served.js";

let model: Model;
let server: TestServer;
let openai: OpenAI;

beforeAll(async () => {
  model = await tinyModel(HERMES);
  server = await serveTiny(model);
  openai = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "none", maxRetries: 0 });
}, 120_000);

afterAll(async () => {
  await server.close();
  model.close();
});

const messages = [{ role: "user" as const, content: "hi" }];
const question = { model: "tiny", messages, seed: 1, max_tokens: 500 };
const schema = {
  type: "object",
  properties: { ok: { type: "boolean" }, n: { type: "integer", minimum: 1, maximum: 5 } },
  required: ["ok", "n"],
};
const tools = [
  {
    type: "function" as const,
    function: {
      name: "weather",
      description: "Of a city",
      parameters: { type: "object", properties: { city: { enum: ["Rome"] } }, required: ["city"] },
    },
  },
];

test("response_format: a JSON schema, any object, text", async () => {
  const answer = await openai.chat.completions.create({
    ...question,
    response_format: { type: "json_schema", json_schema: { name: "answer", schema, strict: true } },
  });
  const { ok, n } = JSON.parse(answer.choices[0]!.message.content!);
  expect([typeof ok, n >= 1 && n <= 5, answer.choices[0]!.finish_reason]).toEqual(["boolean", true, "stop"]);
  const text = await openai.chat.completions.create({ ...question, max_tokens: 3, response_format: { type: "text" } });
  expect(text.choices[0]!.finish_reason).toBe("length");
  const pattern = await server.post("/v1/chat/completions", {
    ...question,
    response_format: { type: "regex", pattern: "[ab]{3}" },
  });
  const body = (await pattern.json()) as OpenAI.ChatCompletion;
  expect(body.choices[0]!.message.content).toMatch(/^[ab]{3}$/);
});

test("tool_calls: whole", async () => {
  const answer = await openai.chat.completions.create({ ...question, tools, tool_choice: "required" });
  const [choice] = answer.choices;
  expect(choice!.finish_reason).toBe("tool_calls");
  expect(choice!.message.content).toBeNull();
  expect(choice!.message.tool_calls).toEqual([
    { id: expect.any(String), type: "function", function: { name: "weather", arguments: '{"city":"Rome"}' } },
  ]);
});

test("tool_calls: streamed, as the client puts them together", async () => {
  const stream = openai.chat.completions.stream({
    ...question,
    tools,
    tool_choice: { type: "function", function: { name: "weather" } },
  });
  let content = "";
  for await (const chunk of stream) content += chunk.choices[0]?.delta.content ?? "";
  const { choices } = await stream.finalChatCompletion();
  expect(content).toBe("");
  expect(choices[0]!.finish_reason).toBe("tool_calls");
  expect(choices[0]!.message.tool_calls![0]).toMatchObject({
    function: { name: "weather", arguments: '{"city":"Rome"}' },
  });
});

test("parallel_tool_calls: false is handed on, with tools and without", async () => {
  const generate = vi.spyOn(model, "generate");
  for (const asked of [{ tools, tool_choice: "required" as const }, { max_tokens: 2 }])
    await openai.chat.completions.create({ ...question, ...asked, parallel_tool_calls: false });
  expect(generate.mock.calls.map(([, options]) => options!.parallelToolCalls)).toEqual([false, false]);
  generate.mockRestore();
});

test("a conversation with a call and what it gave goes on", async () => {
  const call = {
    id: "abcdefghi",
    type: "function" as const,
    function: { name: "weather", arguments: '{"city":"Rome"}' },
  };
  const answer = await openai.chat.completions.create({
    ...question,
    max_tokens: 4,
    tools,
    messages: [
      ...messages,
      { role: "assistant", content: null, tool_calls: [call] },
      { role: "tool", tool_call_id: call.id, content: "sunny" },
    ],
  });
  expect(answer.usage!.prompt_tokens).toBeGreaterThan(50);
});

test("a format beside tools: the answer is of the format, or a call", async () => {
  const answer = await openai.chat.completions.create({ ...question, tools, response_format: { type: "json_object" } });
  const [{ message, finish_reason }] = answer.choices as [(typeof answer.choices)[number]];
  if (finish_reason === "tool_calls") expect(message.tool_calls).toHaveLength(1);
  else expect(message.content!.startsWith("{")).toBe(true);
});

test("mistakes name the field", async () => {
  const fails = (changes: object, message: RegExp) =>
    expect(openai.chat.completions.create({ ...question, ...changes } as typeof question)).rejects.toThrow(message);
  await fails(
    {
      response_format: {
        type: "json_schema",
        json_schema: { name: "x", schema: { type: "array", uniqueItems: true } },
      },
    },
    /400 .*#\/uniqueItems: the keyword uniqueItems is not supported/,
  );
  await fails({ response_format: { type: "xml" } }, /400 response_format.type/);
  await fails({ tool_choice: "required" }, /400 .*there are no tools/);
  await fails(
    { tools: [{ type: "function", function: { name: "a", parameters: 3 } }] },
    /400 tools.0.function.parameters/,
  );
  await fails({ tools, parallel_tool_calls: "no" }, /400 parallel_tool_calls/);
  const call = { id: "x", type: "function", function: { name: "weather", arguments: "{" } };
  await fails(
    { tools, messages: [...messages, { role: "assistant", tool_calls: [call] }] },
    /400 messages.1.tool_calls: the arguments of weather are no JSON/,
  );
});
