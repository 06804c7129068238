/** Conversations whose answers call tools, through a whole model. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ChatMessage, Model, Tool } from "../../../runtime/index.js";
import { tinyModel } from "../../serve/served.js";
import { temporaryFolder } from "../../temporary-folder.js";

/** As HERMES of served.ts, with an end of each turn: what an answer said is found again behind it. */
const TEMPLATE =
  "{% if tools %}{{ tools | tojson }}{% endif %}{% for m in messages %}{{ m.role }}{% if m.name %} {{ m.name }}{% endif %}: {{ m.content }}" +
  '{% for call in m.tool_calls or [] %}<tool_call>{"name": "{{ call.function.name }}", "arguments": ' +
  "{{ call.function.arguments | tojson }}}</tool_call>{% endfor %}{{ eos_token }}{% endfor %}{% if add_generation_prompt %}assistant: {% endif %}";

let model: Model;
beforeAll(async () => {
  model = await tinyModel(TEMPLATE);
}, 120_000);
afterAll(() => model.close());

const tools: Tool[] = [
  {
    type: "function",
    function: {
      name: "weather",
      parameters: { type: "object", properties: { city: { enum: ["Rome"] } }, required: ["city"] },
    },
  },
  { type: "function", function: { name: "now" } },
];
const calling = { toolChoice: { name: "weather" }, temperature: 1, seed: 1, maxTokens: 200 } as const;
const saying = { responseFormat: { type: "regex", pattern: "[a-z]{6}" }, toolChoice: "none" } as const;
const given = (id: string, content = "sunny"): ChatMessage => ({ role: "tool", toolCallId: id, content });

test("a turn's answer calls, what the tool gave is the next turn, and only what is new is read", async () => {
  using session = model.session({ system: "s".repeat(40), tools });
  const first = await session.prompt("hi", calling).result;
  const [call] = first.toolCalls!;
  expect(call).toMatchObject({ name: "weather", arguments: { city: "Rome" } });
  // The model wrote other white space than the template does.
  expect(model.tokenizer.decode(first.tokens)).toContain('<tool_call>\n{"name": "weather", "arguments": {');
  const second = await session.prompt([given(call!.id)], { maxTokens: 5, temperature: 1, seed: 2 }).result;
  const newly = "tool weather: sunnyassistant: ".length;
  expect(second.cachedTokens).toBeGreaterThanOrEqual(first.promptTokens + first.tokens.length - 1);
  expect(second.promptTokens - second.cachedTokens).toBeLessThanOrEqual(newly + 5);
  const third = await session.prompt("and you?", calling).result;
  expect(third.promptTokens - third.cachedTokens).toBeLessThan(40);
  expect(session.history.map(({ role }) => role).join(" ")).toBe("system user assistant tool assistant user assistant");
  expect(session.history[2]).toEqual({ role: "assistant", content: "", toolCalls: first.toolCalls });
  expect(session.history[3]).toEqual({ ...given(call!.id), name: "weather" });
});

/** A required call is valid, and is not read again with what it gave. */
async function callsAndGoesOn(model: Model): Promise<void> {
  using session = model.session({ tools });
  const first = await session.prompt("hi", calling).result;
  expect([first.text, first.stopReason]).toEqual(["", "toolCalls"]);
  expect(first.toolCalls).toMatchObject([{ name: "weather", arguments: { city: "Rome" } }]);
  const second = await session.prompt([given(first.toolCalls![0]!.id)], { maxTokens: 2 }).result;
  expect(second.cachedTokens).toBeGreaterThanOrEqual(first.promptTokens + first.tokens.length - 1);
}

test.each([
  [
    "arguments one by one",
    "\n<function={{ call.function.name }}>\n{% for k, v in call.function.arguments|items %}<parameter={{ k }}>\n{{ v }}\n</parameter>\n{% endfor %}</function>\n",
  ],
  [
    "arguments one by one, by their names",
    "{{ call.function.name }}\n{% for k, v in call.function.arguments|items %}<arg_key>{{ k }}</arg_key>\n<arg_value>{{ v }}</arg_value>\n{% endfor %}",
  ],
])("a form with %s: a required call is valid, and is not read again", async (_, inside) => {
  const before = TEMPLATE.indexOf("<tool_call>") + "<tool_call>".length;
  using other = await tinyModel(TEMPLATE.slice(0, before) + inside + TEMPLATE.slice(TEMPLATE.indexOf("</tool_call>")));
  await callsAndGoesOn(other);
});

const each = (call: string) => `{% for call in m.tool_calls or [] %}{% set f = call.function %}${call}{% endfor %}`;
const GIVEN = "{% for k, v in f.arguments.items() %}";

test.each([
  [
    "that begins in the prompt",
    `{# >>>$${"{recipient}"} >>>all #}`,
    each(">>>{{ f.name }}\n{{ f.arguments | tojson }}"),
    "assistant: >>>",
  ],
  [
    "with ids of the model's own",
    "",
    `{% if m.tool_calls %}<|tool_calls|>{% endif %}${each("<|tool_call:begin|>{{ call.id }}<|tool_call:name|>{{ f.name }}<|tool_call:args|>{{ f.arguments | tojson }}<|tool_call:end|>")}`,
  ],
  [
    "that says what is a text",
    "{# ｜DSML｜ #}",
    `{% if m.tool_calls %}<｜DSML｜tool_calls>${each(`\n<｜DSML｜invoke name="{{ f.name }}">\n${GIVEN}<｜DSML｜parameter name="{{ k }}" string="{{ 'true' if v is string else 'false' }}">{{ v }}</｜DSML｜parameter>\n{% endfor %}</｜DSML｜invoke>\n`)}</｜DSML｜tool_calls>{% endif %}`,
  ],
  [
    "of Python's calls",
    "{# <|tool_call_start|>[ #}",
    each(`<|tool_call_start|>[{{ f.name }}(${GIVEN}{{ k }}='{{ v }}'{% endfor %})]<|tool_call_end|>`),
  ],
  [
    "with quotes of its own",
    "",
    each(`<|tool_call>call:{{ f.name }}{{ '{' }}${GIVEN}{{ k }}:<|"|>{{ v }}<|"|>{% endfor %}{{ '}' }}<tool_call|>`),
  ],
])("a form %s: a required call is valid, and is not read again", async (_, before, calls, prompt = "assistant: ") => {
  const [opens, , closes] = TEMPLATE.split(/({% for call in.*?{% endfor %})/);
  using other = await tinyModel(before + opens + calls + closes!.replace("assistant: ", prompt));
  await callsAndGoesOn(other);
});

test("forks and saved sessions have the tools and the calls", async () => {
  const path = join(temporaryFolder("session"), "a.session");
  using session = model.session({ tools });
  const { toolCalls } = await session.prompt("hi", calling).result;
  using fork = session.fork();
  await session.save(path);
  using again = await model.restore(path);
  expect(again.history).toEqual(session.history);
  const turn = [given(toolCalls![0]!.id), { role: "user", content: "so?" }] as const;
  const answers = await Promise.all([session, fork, again].map((one) => one.prompt(turn, calling).result));
  for (const { cachedTokens, toolCalls: more, promptTokens } of answers) {
    expect(more).toMatchObject([{ name: "weather" }]);
    expect(promptTokens).toBe(answers[0]!.promptTokens);
    expect(promptTokens - cachedTokens).toBeLessThan(50);
  }
});

test("toolChoice is as generate has it: none is not told of tools, required calls one, and a session without tools has none", async () => {
  using session = model.session({ tools });
  const none = await session.prompt("hi", { ...saying }).result;
  expect([none.toolCalls, none.text]).toEqual([undefined, expect.stringMatching(/^[a-z]{6}$/)]);
  const required = await session.prompt("hi", { ...calling, toolChoice: "required" }).result;
  expect(required.toolCalls).toHaveLength(1);
  expect(required.promptTokens - none.promptTokens).toBeGreaterThan(100);
  using without = model.session();
  await expect(without.prompt("hi", { toolChoice: "required" }).result).rejects.toThrow(/there are no tools/);
});

test("an answer that is left keeps the calls that it had told", async () => {
  using session = model.session({ tools });
  const generation = session.prompt("hi", calling);
  let told = 0;
  for await (const { toolCalls = [] } of generation) {
    told += toolCalls.length;
    if (told > 0) break;
  }
  expect(session.history.at(-1)).toMatchObject({ role: "assistant", toolCalls: [{ name: "weather" }] });
  await expect(generation.result).rejects.toThrow(/left/);
});

test("turns that make no sense are refused, and change nothing", async () => {
  using session = model.session({ tools });
  const fails = (turn: unknown, message: RegExp) =>
    expect(session.prompt(turn as string).result).rejects.toThrow(message);
  await fails([given("nope")], /what the call "nope" gave, and the calls that wait for it are: none/);
  const { toolCalls } = await session.prompt("hi", calling).result;
  const { id } = toolCalls![0]!;
  const { history } = session;
  await fails("and?", new RegExp(`the call ${id} of weather waits for what it gave: begin the turn with`));
  await fails([given("nope")], new RegExp(`the calls that wait for it are: ${id}`));
  await fails([{ role: "tool", content: "x" }], /what the call undefined gave/);
  await fails([given(id), given(id)], /says twice what the call/);
  await fails([{ role: "user", content: "x" }, given(id)], /says something before what the calls gave/);
  await fails(
    [given(id), { role: "assistant", content: "x" }],
    /a message of the role "assistant"; give those of the user/,
  );
  for (const bad of [[null], [{ role: "assistant", content: "", toolCalls: 3 }]])
    await expect(model.session({ history: bad as never }).prompt("x").result).rejects.toThrow(/message 0 has/);
  await fails([], /the turn is \[\]; give a text or messages/);
  await fails([null], /a message of the role undefined/);
  await fails(7, /the turn is 7; give a text or messages/);
  await fails([{ role: "tool", toolCallId: id, content: 3 }], /content of type number/);
  await expect(session.prompt("x", { tools }).result).rejects.toThrow(/tools are for model.session/);
  expect(session.history).toBe(history);
  expect(() => model.session({ tools: [{}] as unknown as Tool[] })).toThrow(/tool 0 is to be/);
  const path = join(temporaryFolder("session"), "a.session");
  writeFileSync(path, "");
  await expect(model.restore(path)).rejects.toThrow(/no conversation/);
});

test("a model whose template has no place for tools has no session with them", async () => {
  using other = await tinyModel();
  expect(() => other.session({ tools })).toThrow(/chat template has no place for tools/);
});
