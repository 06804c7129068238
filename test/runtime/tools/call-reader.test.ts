/** Calls read from answers as they come, in whatever pieces. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CallReader, type Form, formOf, type Tool } from "../../../runtime/tools/index.js";
import { processorTime } from "../../processor-time.js";
import * as SHOWN from "./shown-forms.js";
import {
  APERTUS,
  APRIEL,
  CODER,
  COMMAND,
  DEEPSEEK,
  DEEPSEEK_PLAIN,
  DSML,
  FUNCTIONARY,
  GEMMA,
  GIGACHAT,
  GIGACHAT_TOKEN,
  GLM,
  GLM_LINE,
  GRANITE,
  HARMONY,
  HERMES,
  KIMI,
  LFM,
  LLAMA,
  MINICPM,
  MINIMAX,
  MISTRAL,
  NAMED,
  NEMOTRON,
  PHI,
  RECIPIENT,
  SEED,
  SOLAR,
} from "./shown-forms.js";

const TOOLS: Tool[] = [
  {
    type: "function",
    function: {
      name: "add",
      parameters: {
        type: "object",
        properties: {
          a: { type: "integer" },
          b: { type: "string" },
          c: { $ref: "#/$defs/c" },
          d: {},
          e: { type: ["string", "null"] },
        },
        $defs: { c: { anyOf: [{ type: "array" }, { type: "boolean" }] } },
      },
    },
  },
  { type: "function", function: { name: "now" } },
];

/** All that is told of a text that comes in pieces. */
function heard(form: Form, pieces: readonly string[], isCut = false) {
  const reader = new CallReader(form, TOOLS);
  const told = [...pieces.map((piece) => reader.push(piece)), reader.end(isCut)];
  return {
    text: told.map(({ text }) => text).join(""),
    calls: told.flatMap(({ calls }) => calls.map(({ name, arguments: given }) => ({ name, arguments: given }))),
  };
}

const add = { name: "add", arguments: { a: 1, b: "x</y>" } };
const now = { name: "now", arguments: {} };
const json = (key: string, { name, arguments: given } = add) => JSON.stringify({ name, [key]: given });

const cases: readonly (readonly [what: string, form: Form, said: string, text: string, calls: readonly object[]])[] = [
  ["Hermes: one", HERMES, `<tool_call>\n${json("arguments")}\n</tool_call>`, "", [add]],
  [
    "Hermes: text before, two, white space between",
    HERMES,
    `Let me see. <tool_call>${json("arguments")}</tool_call>\n<tool_call>{"name":"now"}</tool_call>\n`,
    "Let me see. ",
    [add, now],
  ],
  ["Hermes: text behind", HERMES, `<tool_call>{"name":"now","arguments":{}}</tool_call> and more`, " and more", [now]],
  ["Hermes: without its end", HERMES, `<tool_call>${json("arguments")}`, "", [add]],
  ["Hermes: no JSON is text", HERMES, "<tool_call>add 1</tool_call>!", "<tool_call>add 1</tool_call>!", []],
  [
    "Hermes: an unknown tool is text",
    HERMES,
    '<tool_call>{"name":"rm"}</tool_call>',
    '<tool_call>{"name":"rm"}</tool_call>',
    [],
  ],
  ["Hermes: what only begins as a sign is text", HERMES, "a <tool_ b <tool", "a <tool_ b <tool", []],
  [
    "Hermes: arguments as a text of JSON",
    HERMES,
    '<tool_call>{"name":"add","arguments":"{\\"a\\":1}"}</tool_call>',
    "",
    [{ name: "add", arguments: { a: 1 } }],
  ],
  ["Llama: alone", LLAMA, json("parameters"), "", [add]],
  [
    "Llama: behind its token, two",
    LLAMA,
    `<|python_tag|>${json("parameters")}; ${json("parameters", now as typeof add)}`,
    "",
    [add, now],
  ],
  ["Llama: an object that is no call is text", LLAMA, '{"answer": 42}', '{"answer": 42}', []],
  ["Llama: text with an object in it is text", LLAMA, `It is ${json("parameters")}`, `It is ${json("parameters")}`, []],
  [
    "Mistral: a list",
    MISTRAL,
    `[TOOL_CALLS] [${json("arguments")}, ${json("arguments", now as typeof add)}]`,
    "",
    [add, now],
  ],
  [
    "Mistral, named: two",
    NAMED,
    `[TOOL_CALLS]add[ARGS]${JSON.stringify(add.arguments)}[TOOL_CALLS]now[CALL_ID]abc[ARGS]{}`,
    "",
    [add, now],
  ],
  [
    "Qwen3-Coder: values by their types, texts as they are",
    CODER,
    "Now.\n<tool_call>\n<function=add>\n<parameter=a>\n1\n</parameter>\n<parameter=b>\n\n 2\n<p>\n\n</parameter>\n" +
      "<parameter=c>\n[1, {}]\n</parameter>\n<parameter=d>\n5\n</parameter>\n<parameter=e>\nNone\n</parameter>\n</function>\n</tool_call>",
    "Now.\n",
    [{ name: "add", arguments: { a: 1, b: "\n 2\n<p>\n", c: [1, {}], d: 5, e: null } }],
  ],
  [
    "Qwen3-Coder: what is not of its type is the text that the model wrote; True is Python's; several",
    CODER,
    "<tool_call>\n<function=add>\n<parameter=a>\none\n</parameter>\n<parameter=b>\n7\n</parameter>\n<parameter=c>\nTrue\n</parameter>\n" +
      "<parameter=d>\na b\n</parameter>\n</function>\n</tool_call>\n<tool_call>\n<function=now>\n</function>\n</tool_call>",
    "",
    [{ name: "add", arguments: { a: "one", b: "7", c: true, d: "a b" } }, now],
  ],
  [
    "Qwen3-Coder: without the tag that opens a call, and without the one that ends it",
    CODER,
    "Well. <function=add>\n<parameter=a>\n1\n</parameter>\n</function>\n</tool_call>\n<function=now>\n</function>",
    "Well. ",
    [{ name: "add", arguments: { a: 1 } }, now],
  ],
  [
    "Qwen3-Coder: an argument without end is text",
    CODER,
    "<tool_call>\n<function=add>\n<parameter=a>\n1\n</function>\n</tool_call>",
    "<tool_call>\n<function=add>\n<parameter=a>\n1\n</function>\n</tool_call>",
    [],
  ],
  [
    "Seed-OSS",
    SEED,
    "<seed:tool_call>\n<function=add>\n<parameter=a>1</parameter>\n<parameter=b>x\ny</parameter>\n</function>\n</seed:tool_call>",
    "",
    [{ name: "add", arguments: { a: 1, b: "x\ny" } }],
  ],
  [
    "GLM-4.5: two, and text before",
    GLM,
    "Well.\n<tool_call>add\n<arg_key>a</arg_key>\n<arg_value>1</arg_value>\n<arg_key>b</arg_key>\n<arg_value>x</y></arg_value>\n</tool_call>\n<tool_call>now\n</tool_call>",
    "Well.\n",
    [add, now],
  ],
  [
    "GLM-4.7: on one line",
    GLM_LINE,
    "<tool_call>add<arg_key>a</arg_key><arg_value>1</arg_value><arg_key>b</arg_key><arg_value>x</y></arg_value></tool_call><tool_call>now</tool_call>",
    "",
    [add, now],
  ],
  ["GLM-4.5: an unknown tool is text", GLM, "<tool_call>rm\n</tool_call>", "<tool_call>rm\n</tool_call>", []],
  [
    "MiniMax: two in a section",
    MINIMAX,
    '<minimax:tool_call>\n<invoke name="add">\n<parameter name="a">1</parameter>\n<parameter name="b">x</y></parameter>\n</invoke>\n<invoke name="now">\n</invoke>\n</minimax:tool_call>',
    "",
    [add, now],
  ],
  [
    "Kimi: two in a section, text before",
    KIMI,
    `I do.<|tool_calls_section_begin|><|tool_call_begin|>functions.add:0<|tool_call_argument_begin|>${JSON.stringify(add.arguments)}<|tool_call_end|>` +
      "<|tool_call_begin|>functions.now:1<|tool_call_argument_begin|>{}<|tool_call_end|><|tool_calls_section_end|>",
    "I do.",
    [add, now],
  ],
  [
    "Kimi: behind a call what is none is text",
    KIMI,
    "<|tool_calls_section_begin|><|tool_call_begin|>functions.now:0<|tool_call_argument_begin|>{}<|tool_call_end|>?<|tool_calls_section_end|>",
    "?<|tool_calls_section_end|>",
    [now],
  ],
  [
    "DeepSeek V3 and R1: two",
    DEEPSEEK,
    `<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>add\n\`\`\`json\n${JSON.stringify(add.arguments)}\n\`\`\`<｜tool▁call▁end｜>` +
      "\n<｜tool▁call▁begin｜>function<｜tool▁sep｜>now\n```json\n{}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
    "",
    [add, now],
  ],
  [
    "DeepSeek V3.1",
    DEEPSEEK_PLAIN,
    `So:<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>add<｜tool▁sep｜>${JSON.stringify(add.arguments)}<｜tool▁call▁end｜><｜tool▁calls▁end｜>`,
    "So:",
    [add],
  ],
  [
    "gpt-oss: thoughts, then a call to a receiver behind the channel",
    HARMONY,
    `<|channel|>analysis<|message|>I add.<|end|><|start|>assistant<|channel|>commentary to=functions.add <|constrain|>json<|message|>${JSON.stringify(add.arguments)}`,
    "analysisI add.",
    [add],
  ],
  [
    "gpt-oss: a call to a receiver behind the role",
    HARMONY,
    " to=functions.now<|channel|>commentary json<|message|>{}",
    "",
    [now],
  ],
  ["gpt-oss: no call", HARMONY, "<|channel|>final<|message|>Go to=x.", "finalGo to=x.", []],
  [
    "Nemotron: a list",
    NEMOTRON,
    `<TOOLCALL>[${json("arguments")}, ${json("arguments", now as typeof add)}]</TOOLCALL>`,
    "",
    [add, now],
  ],
  ["Apriel", APRIEL, `<tool_calls>[${json("arguments")}]</tool_calls>`, "", [add]],
  ["Phi-4-mini", PHI, `<|tool_call|>[${json("arguments")}]<|/tool_call|>`, "", [add]],
  ["Granite 3: to the end", GRANITE, `<|tool_call|>[${json("arguments")}]`, "", [add]],
  [
    "Command R7B",
    COMMAND,
    `<|START_ACTION|>[\n    {"tool_call_id": "0", "tool_name": "add", "parameters": ${JSON.stringify(add.arguments)}}\n]<|END_ACTION|>`,
    "",
    [add],
  ],
  ["Functionary 3.1", FUNCTIONARY, `<function=add>${JSON.stringify(add.arguments)}</function>`, "", [add]],
  [
    "Functionary 3.2: text for all, then two calls; the prompt has the first sign",
    RECIPIENT,
    `all\nI add, all\nof it >> 1.>>>add\n${JSON.stringify({ a: 1, b: ">>>now\n" })}>>>now\n{}`,
    "I add, all\nof it >> 1.",
    [{ name: "add", arguments: { a: 1, b: ">>>now\n" } }, now],
  ],
  ["Functionary 3.2: one that begins at once", RECIPIENT, "now\n{}", "", [now]],
  ["Functionary 3.2: no recipient", RECIPIENT, "Hello", "Hello", []],
  ["Functionary 3.2: text that begins as a sign does", RECIPIENT, "all\n>>> 1 + 1\n2", ">>> 1 + 1\n2", []],
  ["Functionary 3.2: an unknown tool is text", RECIPIENT, "rm\n{}", "rm\n{}", []],
  [
    "Solar Open: thoughts, then two",
    SOLAR,
    `<|think|>Hm.<|end|><|begin|>assistant<|tool_calls|><|tool_call:begin|>abcdefghij<|tool_call:name|>add<|tool_call:args|>${JSON.stringify(add.arguments)}<|tool_call:end|>` +
      "<|tool_call:begin|>abcdefghik<|tool_call:name|>now<|tool_call:args|>{}<|tool_call:end|><|calls|>",
    "Hm.",
    [add, now],
  ],
  ["Solar Open: no call", SOLAR, "<|content|>Hello<|end|>", "Hello", []],
  [
    "Apertus: no call where an object has two keys",
    APERTUS,
    '<|tools_prefix|>[{"now": {}, "add": {}}]<|tools_suffix|>',
    '<|tools_prefix|>[{"now": {}, "add": {}}]<|tools_suffix|>',
    [],
  ],
  [
    "GigaChat 3: text, then a call as a message of its own",
    GIGACHAT,
    `I add.<|message_sep|>\n\nfunction call<|role_sep|>\n${json("arguments")}<|message_sep|>\n\n`,
    "I add.",
    [add],
  ],
  ["GigaChat 3.1", GIGACHAT_TOKEN, `I add.<|function_call|>${json("arguments")}<|message_sep|>`, "I add.", [add]],
  [
    "DeepSeek V4: texts and values by what is said of them, whatever the schema says",
    DSML,
    'So.\n\n<｜DSML｜tool_calls>\n<｜DSML｜invoke name="add">\n<｜DSML｜parameter name="a" string="true">1</｜DSML｜parameter>\n' +
      '<｜DSML｜parameter name="b" string="false">[1, {"x": null}]</｜DSML｜parameter>\n<｜DSML｜parameter name="c" string="true">true</｜DSML｜parameter>\n' +
      "</｜DSML｜invoke>\n</｜DSML｜tool_calls>",
    "So.\n\n",
    [{ name: "add", arguments: { a: "1", b: [1, { x: null }], c: "true" } }],
  ],
  [
    "MiniCPM5: a text that has what ends calls, then another call",
    MINICPM,
    '<function name="add"><param name="a">1</param><param name="b"><![CDATA[</param></function>\n<function name="now">]]></param></function>\n<function name="now"></function>',
    "",
    [{ name: "add", arguments: { a: 1, b: '</param></function>\n<function name="now">' } }, now],
  ],
  [
    "MiniCPM5: values as Python writes them",
    MINICPM,
    `<function name="add"><param name="c">['x', {'y': None}]</param><param name="d">(1, 2.5e1, True)</param></function>`,
    "",
    [{ name: "add", arguments: { c: ["x", { y: null }], d: [1, 25, true] } }],
  ],
  [
    "LFM2: Python's calls, and quotes and escapes in its texts",
    LFM,
    `Well. <|tool_call_start|>[add(a=1, b='it\\'s "x", isn't it', d=["\\u00e9\\n\\d", -0.5, ]), now()]<|tool_call_end|>`,
    "Well. ",
    [{ name: "add", arguments: { a: 1, b: `it's "x", isn't it`, d: ["é\n\\d", -0.5] } }, now],
  ],
  ["LFM2: a list of JSON", LFM, `<|tool_call_start|>[${json("arguments")}]<|tool_call_end|>`, "", [add]],
  [
    "LFM2: what is neither is text",
    LFM,
    "<|tool_call_start|>[add(1)]<|tool_call_end|>",
    "<|tool_call_start|>[add(1)]<|tool_call_end|>",
    [],
  ],
  [
    "Gemma 4: two, and a text that has what ends a call",
    GEMMA,
    '<|tool_call>call:add{a:1,b:<|"|>"<tool_call|>", {x:1}\n<|"|>,d:[true,{<|"|>k k<|"|>:<|"|><|"|>}]}<tool_call|><|tool_call>call:now{}<tool_call|>',
    "",
    [{ name: "add", arguments: { a: 1, b: '"<tool_call|>", {x:1}\n', d: [true, { "k k": "" }] } }, now],
  ],
  [
    "Gemma 4: values nested without end are text",
    GEMMA,
    `<|tool_call>call:add{a:${"[".repeat(5000)}}<tool_call|>`,
    `<|tool_call>call:add{a:${"[".repeat(5000)}}<tool_call|>`,
    [],
  ],
  ["no call at all", MISTRAL, "[1, 2] is a list", "[1, 2] is a list", []],
];

describe.each(cases)("%s", (_, form, said, text, calls) => {
  test("whole and in any pieces", () => {
    expect(heard(form, [said])).toEqual({ text, calls });
    fc.assert(
      fc.property(fc.array(fc.nat(said.length), { maxLength: 8 }), (cuts) => {
        const ends = [...cuts.sort((a, b) => a - b), said.length];
        expect(
          heard(
            form,
            ends.map((end, i) => said.slice(ends[i - 1] ?? 0, end)),
          ),
        ).toEqual({ text, calls });
      }),
      { numRuns: 30 },
    );
  });
});

describe.each(Object.entries(SHOWN))("%s", (_, form) => {
  const around = form.around("now");
  const before =
    typeof around[0] === "string"
      ? around[0]
      : "<|tool_calls_section_begin|><|tool_call_begin|>functions.now:0<|tool_call_argument_begin|>";
  const parts = [
    ...form.opens,
    form.closes ?? "",
    form.ends ?? "",
    ...(form.inner ?? []),
    before,
    around[1],
    "{}",
    "now",
    "\n",
    " x ",
    "<",
    '{"name": "now"}',
  ];

  test("any text in any pieces is told as it is whole, in full unless it is a call", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...parts.filter(Boolean)), { maxLength: 8 }),
        fc.array(fc.nat(200), { maxLength: 12 }),
        (chosen, cuts) => {
          const said = chosen.join("");
          const whole = heard(form, [said]);
          const ends = [...cuts.map((cut) => Math.min(cut, said.length)).sort((a, b) => a - b), said.length];
          expect(
            heard(
              form,
              ends.map((end, i) => said.slice(ends[i - 1] ?? 0, end)),
            ),
          ).toEqual(whole);
          expect(heard(form, [...said])).toEqual(whole);
          if (whole.calls.length === 0 && !form.unsaid) expect(whole.text).toBe(said);
        },
      ),
      { numRuns: 300 },
    );
  });
});

test("of a call that is cut off, nothing is text and nothing a call; text before it was told at once", () => {
  const reader = new CallReader(HERMES, TOOLS);
  expect(reader.push("I add. <tool")).toEqual({ text: "I add. ", calls: [] });
  expect(reader.push('_call>{"name": "add", "argu')).toEqual({ text: "", calls: [] });
  expect(reader.end(true)).toEqual({ text: "", calls: [] });
});

test("a stop text within a call cuts it off too; an answer that is an object may end there", () => {
  const stopped = (form: Form, text: string) => {
    const reader = new CallReader(form, TOOLS);
    return reader.push(text).text + reader.end(false, true).text;
  };
  expect(stopped(HERMES, 'So: <tool_call>{"name": "add", "argu')).toBe("So: ");
  expect(stopped(HERMES, "a <tool_")).toBe("a <tool_");
  expect(stopped(LLAMA, '{"answer": 42}')).toBe('{"answer": 42}');
});

test("of an answer that can only be a call, its beginning is no text either", () => {
  for (const [form, text] of [
    [HERMES, "<tool_"],
    [LLAMA, '{"na'],
  ] as const) {
    const reader = new CallReader(form, TOOLS, { isForced: true });
    expect(reader.push(text).text + reader.end(true).text).toBe("");
  }
});

test("each call has an id of nine letters and digits, which Mistral's template wants", () => {
  const { calls } = new CallReader(HERMES, TOOLS).push('<tool_call>{"name":"now"}</tool_call>');
  expect(calls[0]!.id).toMatch(/^[A-Za-z0-9]{9}$/);
});

test.each([
  ["{{ messages }}", /has no place for tools/],
  [
    "{{ tools }}<tool_call><function=name>{{ tool_calls }}",
    /calls in a form that is not known here: known are those that begin with .*<tool_call>/,
  ],
  ["{{ tools }}<use_mcp_tool><tool_call>arguments{{ tool_calls }}", /calls in a form that is not known here/],
  ["{{ tools }}>>>name<|python_tag|>{{ tool_calls }}", /calls in a form that is not known here/],
  ["{{ tools }}{{ message.tool_calls }}", /calls in a form that is not known/],
  ["{{ tools }}", /has no place for calls: a conversation would be without what its answers called/],
  ["{{ tools }}{{ m.tool_calls }}Action: `directly-answer`", /asks for a list of actions at each turn/],
])("the template %s is refused", (template, message) => {
  expect(() => formOf(template)).toThrow(message);
});

test("with one call at the most nothing is heard behind the first, which is known by what ends it, or when it is whole", () => {
  const told = (form: Form, said: string) => {
    const reader = new CallReader(form, TOOLS, { most: 1 });
    for (const [i, letter] of [...said].entries()) {
      const { calls } = reader.push(letter);
      if (reader.isFull) return [calls.length, said.slice(i + 1)];
    }
    return undefined;
  };
  const two = '{"name":"now","parameters":{}}';
  expect(told(LLAMA, `${two}; ${two}`)).toEqual([1, `; ${two}`]);
  expect(told(MISTRAL, `[TOOL_CALLS][${two}, ${two}] x`)).toEqual([1, " x"]);
  expect(told(NAMED, "[TOOL_CALLS]now[ARGS]{}[TOOL_CALLS]now[ARGS]{}")).toEqual([1, "[TOOL_CALLS]now[ARGS]{}"]);
  expect(
    told(
      KIMI,
      "<|tool_calls_section_begin|><|tool_call_begin|>functions.now:4<|tool_call_argument_begin|>{}<|tool_call_end|><|tool_calls_section_end|>",
    ),
  ).toEqual([1, "<|tool_calls_section_end|>"]);
  const full = new CallReader(HERMES, TOOLS, { most: 1 });
  const call = '<tool_call>{"name":"now"}</tool_call>';
  expect(full.push(`Hi. ${call} and ${call}`)).toMatchObject({ text: "Hi. ", calls: [{ name: "now" }] });
  expect([full.push("more"), full.end(false)]).toEqual([
    { text: "", calls: [] },
    { text: "", calls: [] },
  ]);
});

test("Kimi's calls keep the names that it gives them", () => {
  const call = "<|tool_call_begin|>functions.now:4<|tool_call_argument_begin|>{}<|tool_call_end|>";
  const reader = new CallReader(KIMI, TOOLS);
  const [one, same] = reader.push(`<|tool_calls_section_begin|>${call}${call}`).calls;
  expect([one!.id, same!.id]).toEqual(["functions.now:4", expect.stringMatching(/^[A-Za-z0-9]{9}$/)]);
  // Between calls, a stop text cuts none off.
  expect(reader.isCalling).toBe(false);
  reader.push("<|tool_call_begin|>");
  expect(reader.isCalling).toBe(true);
});

test("a template that repeats what forms are told by takes no time", () => {
  const hostile = `{{ tools }}${"to=functions.<tool_call><function=[TOOL_CALL".repeat(5000)}`;
  const seconds = processorTime();
  expect(() => formOf(hostile)).toThrow(/not known/);
  expect(seconds()).toBeLessThan(1);
});

test.each([
  ["LFM2", LFM, "<|tool_call_start|>[add(", "<|tool_call_end|>"],
  ["Gemma 4", GEMMA, "<|tool_call>call:add{", "<tool_call|>"],
  ["MiniCPM5", MINICPM, '<function name="add"><param name="b"><![CDATA[', "</function>"],
  ["Functionary 3.2", RECIPIENT, "add\n", ""],
  ["Solar Open", SOLAR, "<|tool_calls|><|tool_call:begin|>", "<|tool_call:end|>"],
])("%s: what is long and no call takes no time", (_, form, before, behind) => {
  const seconds = processorTime();
  for (const inside of [" ", "a", "a ", "(", "'", "' ", "\\", "]]> ", ">>>", "a=", '<|"|>'])
    expect(heard(form, [before + inside.repeat(50_000) + behind]).calls).toEqual([]);
  expect(seconds()).toBeLessThan(2);
});

test("of an answer to a template that shows one call alone no more are heard", () => {
  const one = "{% set call = message.tool_calls[0] %}<|python_tag|>";
  expect(formOf(`{{ tools }}${one}`).most).toBe(1);
  expect(formOf(`{{ tools }}${one}{% for call in message.tool_calls %}`).most).toBeUndefined();
});
