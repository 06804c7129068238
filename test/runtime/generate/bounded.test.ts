/** Answers that are held to a format, and tools, through a whole model. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import type { Model, ResponseFormat, Tool } from "../../../runtime/index.js";
import { HERMES, tinyModel } from "../../serve/served.js";

let model: Model;
let without: Model;

beforeAll(async () => {
  model = await tinyModel(HERMES);
  without = await tinyModel();
}, 120_000);

afterAll(() => {
  model.close();
  without.close();
});

const person = z.object({
  name: z.string().max(8),
  age: z.int().min(0).max(120),
  tags: z.array(z.enum(["a", "b"])).max(2),
});
const ask = (responseFormat: ResponseFormat, seed = 1) =>
  model.generate("hi", { responseFormat, maxTokens: 1000, temperature: 1, seed }).result;

test("what a model of random weights says is valid for a zod schema, and ends by itself", async () => {
  for (const seed of [1, 2, 3]) {
    const { text, stopReason } = await ask({ type: "json_schema", schema: person }, seed);
    person.parse(JSON.parse(text));
    expect(stopReason).toBe("end");
  }
});

test("patterns and grammars; greedy too", async () => {
  expect((await ask({ type: "regex", pattern: /[a-c]{3}-\d{2}/ })).text).toMatch(/^[a-c]{3}-\d{2}$/);
  expect((await ask({ type: "grammar", ebnf: 'root ::= ("yes" | "no") "!"' })).text).toMatch(/^(?:yes|no)!$/);
  const { text } = await model.generate("hi", {
    responseFormat: { type: "regex", pattern: "(?:ab|ba){2}" },
    temperature: 0,
  }).result;
  expect(text).toMatch(/^(?:ab|ba){2}$/);
});

test("answers with formats of their own and without one go on at once", async () => {
  const patterns = [/a{4}/, /[xyz]{6}/, undefined];
  const texts = await Promise.all(
    patterns.map(async (pattern) => {
      const format = pattern && ({ type: "regex", pattern } as const);
      return (
        await model.generate("hi", {
          ...(format ? { responseFormat: format } : {}),
          maxTokens: 12,
          temperature: 1,
          seed: 3,
        }).result
      ).text;
    }),
  );
  expect(texts[0]).toBe("aaaa");
  expect(texts[1]).toMatch(/^[xyz]{6}$/);
});

const tools: Tool[] = [
  {
    type: "function",
    function: {
      name: "weather",
      description: "Of a city",
      parameters: {
        type: "object",
        properties: { city: { enum: ["Rome", "Oslo"] }, days: { type: "integer", minimum: 1, maximum: 9 } },
        required: ["city", "days"],
      },
    },
  },
  { type: "function", function: { name: "now" } },
];

test("a required tool is called with arguments that are valid, and there is no text", async () => {
  const names = new Set<string>();
  for (const seed of [1, 2, 3, 4]) {
    const generation = model.generate("hi", { tools, toolChoice: "required", temperature: 2, seed, maxTokens: 200 });
    const pieces = [];
    for await (const piece of generation) pieces.push(piece);
    const { text, toolCalls, stopReason } = await generation.result;
    expect([text, stopReason]).toEqual(["", "toolCalls"]);
    expect(pieces.map((piece) => piece.text).join("")).toBe("");
    expect(pieces.flatMap((piece) => piece.toolCalls ?? [])).toEqual(toolCalls);
    const [call] = toolCalls!;
    names.add(call!.name);
    if (call!.name === "weather")
      expect(call!.arguments).toEqual({ city: expect.stringMatching(/Rome|Oslo/), days: expect.any(Number) });
  }
  const named = await model.generate("hi", { tools, toolChoice: { name: "now" }, maxTokens: 200 }).result;
  expect(named.toolCalls).toMatchObject([{ name: "now", arguments: {} }]);
});

test("arguments of a required call are an object, whatever its schema lets through beside", async () => {
  const parameters = [
    {},
    { anyOf: [{ type: "null" }, { type: "object", properties: { a: { const: 1 } }, required: ["a"] }] },
    { $ref: "#/$defs/a", $defs: { a: { type: ["object", "null"], properties: {} } } },
    { type: "object", properties: JSON.parse('{"__proto__": {"const": 1}}'), required: ["__proto__"] },
  ];
  for (const [i, one] of parameters.entries()) {
    const tool: Tool = { type: "function", function: { name: `f${i}`, parameters: one } };
    const asked = { tools: [tool], toolChoice: "required", temperature: 1, seed: 1, maxTokens: 300 } as const;
    const { text, toolCalls, stopReason } = await model.generate("hi", asked).result;
    expect([text, stopReason]).toEqual(["", "toolCalls"]);
    expect(toolCalls).toMatchObject([{ name: `f${i}`, arguments: expect.any(Object) }]);
  }
});

test("of a required call that maxTokens or a stop text cuts off nothing is told", async () => {
  for (const end of [{ maxTokens: 1 }, { maxTokens: 5 }, { stop: "weath" }, { stop: "call" }]) {
    const { text, toolCalls } = await model.generate("hi", { tools, toolChoice: { name: "weather" }, ...end }).result;
    expect([text, toolCalls]).toEqual(["", []]);
  }
});

test("the template is told of tools, of calls and of what they gave; a tool's text makes no control token", async () => {
  const [first] = tools;
  const call = { id: "abcdefghi", name: "weather", arguments: { city: "Rome", days: 2 } };
  const text = await model.tokenizer.renderChat(
    [
      { role: "user", content: "hi" },
      { role: "assistant", content: "", toolCalls: [call] },
      { role: "tool", content: "sunny", toolCallId: call.id },
    ],
    { tools: [first!] },
  );
  expect(text).toContain('"description": "Of a city"');
  expect(text).toContain('<tool_call>{"name": "weather", "arguments": {"city": "Rome", "days": 2}}</tool_call>');
  expect(text).toContain("tool: sunny");
  const { tokenizer } = model;
  const end = tokenizer.decode([tokenizer.eosIds[0]!]);
  const sly: Tool = {
    type: "function",
    function: { name: "x", description: end, parameters: { [`${end}`]: { description: end } } },
  };
  const ids = await tokenizer.encodeChat([{ role: "user", content: "hi" }], { tools: [sly] });
  expect(ids.filter((id) => tokenizer.isControl(id))).toEqual([]);
  expect(tokenizer.decode(ids)).toContain(end);
});

test("with a format beside tools an answer is of the format, or one call", async () => {
  const responseFormat = { type: "regex", pattern: "[a-z]{3}" } as const;
  const [less] = model.tokenizer.encode("<", { addSpecial: false }) as [number];
  const ask = (bias: number) =>
    model.generate("hi", { tools, responseFormat, logitBias: { [less]: bias }, maxTokens: 200 }).result;
  expect(await ask(-100)).toMatchObject({
    text: expect.stringMatching(/^[a-z]{3}$/),
    toolCalls: [],
    stopReason: "end",
  });
  const { text, toolCalls, stopReason } = await ask(100);
  expect([text, toolCalls!.length, stopReason]).toEqual(["", 1, "toolCalls"]);
});

test("with toolChoice none the template hears of no tool", async () => {
  const asked = { maxTokens: 1, temperature: 0 };
  const { promptTokens } = await model.generate("hi", asked).result;
  expect((await model.generate("hi", { ...asked, tools, toolChoice: "none" }).result).promptTokens).toBe(promptTokens);
  expect((await model.generate("hi", { ...asked, tools }).result).promptTokens).toBeGreaterThan(promptTokens + 50);
});

test("what makes no sense is refused by name", async () => {
  const fails = (options: object, message: RegExp, of = model) =>
    expect(of.generate("hi", options).result).rejects.toThrow(message);
  await fails({ tools }, /chat template has no place for tools/, without);
  await fails({ tools: [{ type: "function", function: { name: "a b" } }] }, /tool 0 has the name "a b"/);
  for (const name of [undefined, null, 5, true, ["a"]])
    await fails({ tools: [{ type: "function", function: { name } }] }, /tool 0 has the name .*; give 1 to 64 of/);
  const having = (parameters: object) => ({ tools: [{ type: "function", function: { name: "a", parameters } }] });
  await fails(having({ type: "string" }), /a has parameters of type "string"; arguments are an object/);
  await fails(
    { ...having({ not: {} }), toolChoice: "required" },
    /^the tool a: the schema at #\/not: the keyword not is not supported/,
  );
  const percent = { type: "json_schema", schema: { $ref: "#/%zz/%ff" } };
  await fails({ responseFormat: percent }, /\$ref #\/%zz\/%ff leads nowhere: there is no %zz/);
  await fails({ responseFormat: { type: 1n } }, /responseFormat: type: is 1n; give one of/);
  await fails({ tools: [tools[1], tools[1]] }, /two tools have the name now/);
  await fails({ toolChoice: "required" }, /toolChoice is required, and there are no tools/);
  await fails({ tools, toolChoice: { name: "nope" } }, /there is no tool nope/);
  await fails({ tools, toolChoice: "always" }, /toolChoice is "always"; give "auto"/);
  const circle: Record<string, unknown> = { type: "object" };
  circle.properties = { circle };
  await fails(
    { responseFormat: { type: "json_schema", schema: circle } },
    /the schema: is no JSON: Converting circular/,
  );
  await fails({ tools: [{ type: "function", function: { name: "a", parameters: circle } }] }, /the tools are no JSON/);
  const dates = z.object({ at: z.date() });
  await fails(
    { responseFormat: { type: "json_schema", schema: dates } },
    /its library makes no JSON schema of it: Date/,
  );
  await fails({ responseFormat: { type: "xml" } }, /responseFormat: type: is "xml"; give one of json_schema/);
  await fails({ responseFormat: { type: "json_object", schema: {} } }, /schema: is no field of json_object/);
  await fails({ responseFormat: { type: "json_object" }, ignoreEos: true }, /ignoreEos does not go with/);
  await expect(model.generateFrom([1], { tools }).result).rejects.toThrow(/tools are for model.generate/);
  using session = model.session();
  await expect(session.prompt("hi", { tools }).result).rejects.toThrow(/tools are for model.session/);
});
