/** Forms in which a call's arguments are an object of JSON. */
import { characters, repeat, sequence, text } from "../grammar/expression.js";
import { of } from "../grammar/ranges.js";
import { all, callOf, type Form, isRecord, parsed, type Written } from "./form.js";

function objectOf(value: unknown): Written | undefined {
  if (!isRecord(value)) return undefined;
  return callOf(value.name ?? value.tool_name, value.arguments ?? value.parameters ?? {});
}

/** One call as an object, or a list of them. */
export function listed(said: string): readonly Written[] | undefined {
  const value = parsed(said);
  return all((Array.isArray(value) ? value : [value]).map(objectOf));
}

/** A name and arguments, as a pattern finds them in all of what is said. */
const found = (pattern: RegExp) => (said: string) => {
  const [, name, given] = pattern.exec(said) ?? [];
  return all([callOf(name, given)]);
};

/** Objects between two signs: one, or a list of them. */
const between = (opens: string, closes: string, [before, behind]: readonly [string, string]): Form => ({
  opens: [opens],
  closes,
  read: listed,
  around: (name) => [`${opens}${before}{"name": "${name}", "arguments": `, `}${behind}${closes}`],
});

/** `<tool_call>{"name": …, "arguments": …}</tool_call>`: Hermes, Qwen, Granite 4 and many others. */
export const HERMES = between("<tool_call>", "</tool_call>", ["\n", "\n"]);

/** The same as tokens of Phi-4-mini. */
export const PHI = between("<|tool_call|>", "<|/tool_call|>", ["[", "]"]);

/** `<TOOLCALL>[{…}]</TOOLCALL>`: Nemotron. */
export const NEMOTRON = between("<TOOLCALL>", "</TOOLCALL>", ["[", "]"]);

/** `<tool_calls>[{…}]</tool_calls>`: Apriel. */
export const APRIEL = between("<tool_calls>", "</tool_calls>", ["[", "]"]);

/** `<|tool_call|>[{…}]` to the end of the answer: Granite 3. */
export const GRANITE: Form = {
  opens: ["<|tool_call|>"],
  read: listed,
  around: (name) => [`<|tool_call|>[{"name": "${name}", "arguments": `, "}]"],
};

/** `<|START_ACTION|>[{"tool_call_id": …, "tool_name": …, "parameters": …}]<|END_ACTION|>`: Command R7B and A. */
export const COMMAND: Form = {
  opens: ["<|START_ACTION|>"],
  closes: "<|END_ACTION|>",
  read: listed,
  around: (name) => [
    `<|START_ACTION|>[\n    {"tool_call_id": "0", "tool_name": "${name}", "parameters": `,
    "}\n]<|END_ACTION|>",
  ],
};

/** `{"name": …, "parameters": …}`, several with `;` between them, behind `<|python_tag|>` or alone: Llama 3.1 and later. */
export const LLAMA: Form = {
  opens: ["<|python_tag|>"],
  bare: true,
  read: (said) =>
    all((parsed(said) === undefined ? said.split(/;\s*(?=\{)/).map(parsed) : [parsed(said)]).map(objectOf)),
  around: (name) => [`{"name": "${name}", "parameters": `, "}"],
};

/** `[TOOL_CALLS] [{"name": …, "arguments": …}]`: Mistral. */
export const MISTRAL: Form = {
  opens: ["[TOOL_CALLS]"],
  read: listed,
  around: (name) => [`[TOOL_CALLS][{"name": "${name}", "arguments": `, "}]"],
};

/** `<|tools_prefix|>[{"name": {…}}]<|tools_suffix|>`: Apertus, where a call's name is the one key of an object. */
export const APERTUS: Form = {
  opens: ["<|tools_prefix|>"],
  closes: "<|tools_suffix|>",
  read(said) {
    const list = parsed(said);
    if (!Array.isArray(list)) return undefined;
    return all(
      list.map((one) => {
        const [call, ...more] = isRecord(one) ? Object.entries(one) : [];
        return call && more.length === 0 ? callOf(...call) : undefined;
      }),
    );
  },
  around: (name) => [`<|tools_prefix|>[{"${name}": `, "}]<|tools_suffix|>"],
};

/** `[TOOL_CALLS]name[ARGS]{…}`, one behind the other: Mistral since 2025. */
export const MISTRAL_NAMED: Form = {
  opens: ["[TOOL_CALLS]"],
  inner: ["[ARGS]", "[CALL_ID]"],
  read: (said) =>
    all(
      said.split("[TOOL_CALLS]").flatMap((call) => {
        const [, name, given] = /^\s*([\w.-]+)(?:\[CALL_ID\]\w+)?\[ARGS\]([\s\S]*)$/.exec(call) ?? [];
        return [callOf(name, given)];
      }),
    ),
  around: (name) => [`[TOOL_CALLS]${name}[ARGS]`, ""],
};

/** `<function=name>{…}</function>`: Functionary 3.1, and Llama where it is told so. */
export const FUNCTIONARY: Form = {
  opens: ["<function="],
  closes: "</function>",
  read: found(/^([\w.-]+)>([\s\S]*)$/),
  around: (name) => [`<function=${name}>`, "</function>"],
};

/** `>>>name` and a line of JSON, one behind the other: Functionary 3.2, whose prompt ends with the first sign, and whose text is for `all`. */
export const RECIPIENT: Form = {
  opens: [">>>"],
  begun: ">>>",
  unsaid: [">>>all\n"],
  // Within JSON no line ends where a text has one.
  read: (said) =>
    all(
      said.split(/\n?>>>(?=[\w.-]+\n)/).map((call) => {
        const [, name, given] = /^([\w.-]+)\n([\s\S]*)$/.exec(call) ?? [];
        return callOf(name, given);
      }),
    ),
  around: (name) => [`${name}\n`, ""],
};

/** One call as a message of its own, to the role `function call`: GigaChat 3. */
export const GIGACHAT: Form = {
  opens: ["<|message_sep|>\n\nfunction call<|role_sep|>\n"],
  closes: "<|message_sep|>",
  inner: ["<|message_sep|>", "<|role_sep|>"],
  unsaid: ["<|message_sep|>"],
  read: listed,
  around: (name) => [`<|message_sep|>\n\nfunction call<|role_sep|>\n{"name": "${name}", "arguments": `, "}"],
};

/** `<|function_call|>{"name": …, "arguments": …}`: GigaChat 3.1. */
export const GIGACHAT_TOKEN: Form = {
  opens: ["<|function_call|>"],
  closes: "<|message_sep|>",
  read: listed,
  around: (name) => [`<|function_call|>{"name": "${name}", "arguments": `, "}"],
};

const SOLAR_TOKENS = ["<|begin|>", "<|think|>", "<|content|>", "<|end|>", "<|calls|>"];
const SOLAR_CALL =
  /^<\|tool_call:begin\|>\s*([\w-]+)\s*<\|tool_call:name\|>\s*([\w.-]+)\s*<\|tool_call:args\|>([\s\S]*)$/;

/** `<|tool_call:begin|>id<|tool_call:name|>name<|tool_call:args|>{…}<|tool_call:end|>`: Solar Open, whose calls have names of their own. */
export const SOLAR: Form = {
  opens: ["<|begin|>assistant<|tool_calls|>", "<|tool_calls|>"],
  ends: "<|tool_call:end|>",
  inner: ["<|tool_call:begin|>", "<|tool_call:name|>", "<|tool_call:args|>", ...SOLAR_TOKENS],
  unsaid: SOLAR_TOKENS,
  read(said) {
    const [, id, name, given] = SOLAR_CALL.exec(said) ?? [];
    const call = callOf(name, given);
    return call && [{ ...call, id: id! }];
  },
  // Its end is <|calls|>, which ends the answer.
  around: (name) => [
    sequence(
      text("<|tool_calls|><|tool_call:begin|>"),
      repeat(characters(of("abcdefghijklmnopqrstuvwxyz0123456789")), 10, 10),
      text(`<|tool_call:name|>${name}<|tool_call:args|>`),
    ),
    "<|tool_call:end|>",
  ],
};

const [CALLS, CALLED] = ["<|tool_calls_section_begin|>", "<|tool_calls_section_end|>"];
const [CALL, GIVEN] = ["<|tool_call_begin|>", "<|tool_call_argument_begin|>"];
const KIMI_CALL =
  /^<\|tool_call_begin\|>\s*((?:functions\.)?([\w.-]+?)(?::\d+)?)\s*<\|tool_call_argument_begin\|>([\s\S]*)$/;

/** `<|tool_call_begin|>functions.name:0<|tool_call_argument_begin|>{…}<|tool_call_end|>` in a section: Kimi K2, whose calls have names of their own. */
export const KIMI: Form = {
  opens: [CALLS],
  ends: "<|tool_call_end|>",
  closes: CALLED,
  inner: [CALL, GIVEN],
  read(said) {
    const [, id, name, given] = KIMI_CALL.exec(said) ?? [];
    const call = callOf(name, given);
    return call && [{ ...call, id: id! }];
  },
  // Its calls are numbered through the whole conversation.
  around: (name) => [
    sequence(text(`${CALLS}${CALL}functions.${name}:`), repeat(characters(of("0123456789")), 1, 3), text(GIVEN)),
    `<|tool_call_end|>${CALLED}`,
  ],
};

/** `<｜tool▁call▁begin｜>…<｜tool▁call▁end｜>` in a section. */
const deepseek = (call: RegExp, around: (name: string) => readonly [string, string]): Form => ({
  opens: ["<｜tool▁calls▁begin｜>"],
  ends: "<｜tool▁call▁end｜>",
  closes: "<｜tool▁calls▁end｜>",
  inner: ["<｜tool▁call▁begin｜>", "<｜tool▁sep｜>"],
  read: found(call),
  around: (name) => {
    const [before, behind] = around(name);
    return [`<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>${before}`, `${behind}<｜tool▁call▁end｜><｜tool▁calls▁end｜>`];
  },
});

/** `function<｜tool▁sep｜>name` and arguments in a block of code: DeepSeek V3, R1 and its distillates. */
export const DEEPSEEK = deepseek(
  /^<｜tool▁call▁begin｜>function<｜tool▁sep｜>\s*([\w.-]+)\s*```(?:json)?([\s\S]*)```$/,
  (name) => [`function<｜tool▁sep｜>${name}\n\`\`\`json\n`, "\n```"],
);

/** `name<｜tool▁sep｜>{…}`: DeepSeek V3.1. */
export const DEEPSEEK_PLAIN = deepseek(/^<｜tool▁call▁begin｜>\s*([\w.-]+)<｜tool▁sep｜>([\s\S]*)$/, (name) => [
  `${name}<｜tool▁sep｜>`,
  "",
]);

const HARMONY_TOKENS = ["<|start|>", "<|channel|>", "<|constrain|>", "<|message|>", "<|end|>"];

/** A message to a function in the commentary channel: gpt-oss (harmony), which names its receiver behind the role or behind the channel. */
export const HARMONY: Form = {
  opens: ["<|start|>assistant", ""].flatMap((start) =>
    [" to=functions.", "<|channel|>commentary to=functions."].map((to) => start + to),
  ),
  closes: "<|end|>",
  inner: HARMONY_TOKENS,
  unsaid: HARMONY_TOKENS,
  read: found(/^([\w.-]+)(?:<\|channel\|>|<\|constrain\|>|commentary|json|\s)*<\|message\|>([\s\S]*)$/),
  // Its end is <|call|>, which ends the answer.
  around: (name) => [` to=functions.${name}<|channel|>commentary json<|message|>`, ""],
};
