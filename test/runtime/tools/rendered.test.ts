/** What templates show of calls is read as those calls, wherever it is cut. The templates are short, and write calls as those of the models do. */
import { describe, expect, test } from "vitest";
import { ChatTemplate } from "../../../runtime/tokenizer/chat.js";
import type { ChatMessage } from "../../../runtime/tokenizer/index.js";
import { CallReader, formOf, type Tool, type ToolCall } from "../../../runtime/tools/index.js";

const tool = (name: string, properties: object): Tool => ({
  type: "function",
  function: { name, parameters: { type: "object", properties } },
});
const TOOLS = [
  tool("weather", {
    city: { type: "string" },
    days: { type: "integer" },
    list: { type: "array" },
    deep: { type: "object" },
    none: { type: ["null", "string"] },
  }),
  tool("now", {}),
];

/** How each writes the calls of a message `m`; results, where it has a way of its own for them. */
const eachCall = (text: string) => `{% for c in m.tool_calls %}{% set f = c.function %}${text}{% endfor %}`;
const eachArgument = (text: string) => `{% for k, v in f.arguments.items() %}${text}{% endfor %}`;
const COMMA = "{% if not loop.last %}, {% endif %}";
const marked = (mark: string, section: string) =>
  `<｜${mark}｜${section}>\n${eachCall(
    `<｜${mark}｜invoke name="{{ f.name }}">\n${eachArgument(
      `<｜${mark}｜parameter name="{{ k }}" string="{{ 'true' if v is string else 'false' }}">{{ v if v is string else v | tojson }}</｜${mark}｜parameter>\n`,
    )}</｜${mark}｜invoke>\n`,
  )}</｜${mark}｜${section}>`;
const RECIPIENTS = "{# >>>$" + "{recipient} >>>all #}";

const WRITTEN: Readonly<Record<string, string>> = {
  Apertus: `<|tools_prefix|>[${eachCall(`{"{{ f.name }}": {{ f.arguments | tojson }}}${COMMA}`)}]<|tools_suffix|>`,
  "Functionary 3.2": `${RECIPIENTS}${eachCall("{{ '>>>' if not loop.first }}{{ f.name + '\\n' + f.arguments }}")}`,
  "Solar Open": `<|tool_calls|>${eachCall(
    "<|tool_call:begin|>{{ c.id }}<|tool_call:name|>{{ f.name }}<|tool_call:args|>{{ f.arguments | tojson }}<|tool_call:end|>",
  )}<|calls|>`,
  "DeepSeek V3.2": marked("DSML", "function_calls"),
  "DeepSeek V4": marked("DSML", "tool_calls"),
  "GigaChat 3.5": `{# <｜GCML｜invoke before <｜GCML｜tool_calls> #}${marked("GCML", "tool_calls")}`,
  MiniCPM5: eachCall(
    `<function name="{{ f.name }}">${eachArgument(
      `<param name="{{ k }}">{% if v is string and ('<' in v or '&' in v or '\\n' in v) %}<![CDATA[{{ v }}]]>{% else %}{{ v }}{% endif %}</param>`,
    )}</function>`,
  ),
  "LFM2.5": `{# <|tool_call_start|>[ #}<|tool_call_start|>[${eachCall(
    `{{ f.name }}(${eachArgument(`{{ k }}={% if v is string %}'{{ v }}'{% elif v is mapping %}{{ v | tojson }}{% else %}{{ v | string }}{% endif %}${COMMA}`)})${COMMA}`,
  )}]<|tool_call_end|>`,
  "LFM2 with JSON": `<|tool_call_start|>[${eachCall(`{"name": "{{ f.name }}", "arguments": {{ f.arguments | tojson }}, "id": "{{ c.id }}"}${COMMA}`)}]<|tool_call_end|>`,
  "Gemma 4": `{% macro w(v) %}{% if v is string %}<|"|>{{ v }}<|"|>{% elif v is boolean %}{{ v | lower }}{% elif v is mapping %}{{ '{' }}{% for k, x in v.items() %}{{ k }}:{{ w(x) }}{{ ',' if not loop.last }}{% endfor %}{{ '}' }}{% elif v is iterable %}[{% for x in v %}{{ w(x) }}{{ ',' if not loop.last }}{% endfor %}]{% else %}{{ v }}{% endif %}{% endmacro %}${eachCall(
    `<|tool_call>call:{{ f.name }}{{ '{' }}${eachArgument("{{ k }}:{{ w(v) }}{{ ',' if not loop.last }}")}{{ '}' }}<tool_call|>`,
  )}`,
};

/** These show one call of an answer alone. */
const SINGLE: Readonly<Record<string, string>> = {
  "GigaChat 3":
    "{% set f = m.tool_calls[0].function %}{# 'function call' #}<|message_sep|>\n\nfunction call<|role_sep|>\n" +
    '{"name": "{{ f.name }}", "arguments": {{ f.arguments | tojson }}}<|message_sep|>\n\n',
  "GigaChat 3.1":
    "{% set f = m.tool_calls[0].function %}{# <|role_sep|> #}<|function_call|>" +
    '{"name": "{{ f.name }}", "arguments": {{ f.arguments | tojson }}}<|message_sep|>\n\n',
};

const templateOf = (calls: string) =>
  `{% if tools %}T{% endif %}{% for m in messages %}{% if m.tool_calls %}${calls}{% endif %}{{ m.content }}{% endfor %}`;

async function shown(template: string, calls: readonly ToolCall[]): Promise<string> {
  const chat = new ChatTemplate({ template, bosToken: "", eosToken: "", file: "model.gguf" });
  const render = async (messages: readonly ChatMessage[]) => (await chat.render(messages, { tools: TOOLS })).text;
  const user: ChatMessage = { role: "user", content: "?" };
  const before = await render([user]);
  const whole = await render([user, { role: "assistant", content: "", toolCalls: calls }]);
  expect(whole.startsWith(before)).toBe(true);
  return whole.slice(before.length);
}

function heard(template: string, pieces: readonly string[]) {
  const reader = new CallReader(formOf(template), TOOLS);
  const told = [...pieces.map((piece) => reader.push(piece)), reader.end(false)];
  return {
    text: told
      .map(({ text }) => text)
      .join("")
      .trim(),
    calls: told.flatMap(({ calls }) => calls).map(({ name, arguments: given }) => ({ name, arguments: given })),
  };
}

const call = (name: string, given: ToolCall["arguments"]): ToolCall => ({ id: "a1b2c3d4e5", name, arguments: given });
const CALLS: readonly (readonly ToolCall[])[] = [
  [call("now", {})],
  [call("weather", { city: "Oslo", days: -3 })],
  [
    call("weather", {
      city: `it's "Å" <b> & {}, [x]\nand more`,
      list: ["x", "y, z", 2],
      deep: { a: true, b: [] },
      none: null,
    }),
  ],
  [call("weather", { city: "", none: "text" }), call("now", {})],
];

describe.each(Object.entries({ ...WRITTEN, ...SINGLE }))("%s", (name, calls) => {
  const template = templateOf(calls);

  test.each(CALLS)("%j", async (...called) => {
    const said = await shown(template, called);
    const told = called
      .slice(0, name in SINGLE ? 1 : called.length)
      .map(({ name, arguments: given }) => ({ name, arguments: given }));
    for (let cut = 0; cut <= said.length; cut++)
      expect(heard(template, [said.slice(0, cut), said.slice(cut)])).toEqual({ text: "", calls: told });
    expect(heard(template, [...said])).toEqual({ text: "", calls: told });
  });
});

test("what tools gave is in the message that called them, for a template that looks for it there", async () => {
  const template =
    "{% for m in messages %}[{{ m.role }}{% for r in m.tool_responses %} {{ r.name }}={{ r.response }}{% endfor %}]{% endfor %}";
  const chat = new ChatTemplate({ template, bosToken: "", eosToken: "", file: "model.gguf" });
  const calls = [
    { ...call("weather", {}), id: "1" },
    { ...call("now", {}), id: "2" },
  ];
  const { text } = await chat.render([
    { role: "user", content: "?" },
    { role: "assistant", content: "", toolCalls: calls },
    { role: "tool", content: "noon", toolCallId: "2" },
    { role: "tool", content: "rain", toolCallId: "1" },
    { role: "assistant", content: "It rains." },
  ]);
  expect(text).toBe("[user][assistant now=noon weather=rain][assistant]");
});
