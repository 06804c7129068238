/** The forms in which models write calls. Which one a model has, its chat template tells: it shows the model how calls looked before. */
import { GenerateError } from "../generate/errors.js";

/** A call as it was written. */
export interface Written {
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

export interface Form {
  /** What begins a call; it is no text of the answer, and may be a token of its own. */
  readonly opens: string;
  /** What ends one; without it calls go on to the end of the answer. */
  readonly closes?: string;
  /** Other tokens within calls. */
  readonly inner?: readonly string[];
  /** An answer that begins as an object is a call too. */
  readonly bare?: boolean;
  /** The calls between `opens` and `closes`; undefined where there is none in it. */
  read(text: string): readonly Written[] | undefined;
  /** Around the arguments of a call, where one is forced. */
  around(name: string): readonly [before: string, behind: string];
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A call as an object; some models write its arguments as a text of JSON. */
function callOf(value: unknown): Written | undefined {
  if (!isRecord(value) || typeof value.name !== "string") return undefined;
  const given = value.arguments ?? value.parameters ?? {};
  const found = typeof given === "string" ? parsed(given) : given;
  return isRecord(found) ? { name: value.name, arguments: found } : undefined;
}

function all(values: readonly unknown[]): readonly Written[] | undefined {
  const calls = values.map(callOf);
  return calls.length > 0 && !calls.includes(undefined) ? (calls as Written[]) : undefined;
}

/** One call, or a list of them. */
function listed(text: string): readonly Written[] | undefined {
  const value = parsed(text);
  return all(Array.isArray(value) ? value : [value]);
}

/** `<tool_call>{"name": …, "arguments": …}</tool_call>`: Hermes, Qwen and many others. */
const HERMES: Form = {
  opens: "<tool_call>",
  closes: "</tool_call>",
  read: listed,
  around: (name) => [`<tool_call>\n{"name": "${name}", "arguments": `, "}\n</tool_call>"],
};

/** `{"name": …, "parameters": …}`, several with `;` between them, behind `<|python_tag|>` or alone: Llama 3.1 and later. */
const LLAMA: Form = {
  opens: "<|python_tag|>",
  bare: true,
  read: (text) => all(parsed(text) === undefined ? text.split(/;\s*(?=\{)/).map(parsed) : [parsed(text)]),
  around: (name) => [`{"name": "${name}", "parameters": `, "}"],
};

/** `[TOOL_CALLS] [{"name": …, "arguments": …}]`: Mistral. */
const MISTRAL: Form = {
  opens: "[TOOL_CALLS]",
  read: listed,
  around: (name) => [`[TOOL_CALLS][{"name": "${name}", "arguments": `, "}]"],
};

/** `[TOOL_CALLS]name[ARGS]{…}`, one behind the other: Mistral since 2025. */
const MISTRAL_NAMED: Form = {
  opens: "[TOOL_CALLS]",
  inner: ["[ARGS]", "[CALL_ID]"],
  read(text) {
    const calls = text.split("[TOOL_CALLS]").map((call) => {
      const [, name, args] = /^\s*([\w.-]+)(?:\[CALL_ID\]\w+)?\[ARGS\]([\s\S]*)$/.exec(call) ?? [];
      return name === undefined ? undefined : { name, arguments: parsed(args!) };
    });
    return all(calls);
  },
  around: (name) => [`[TOOL_CALLS]${name}[ARGS]`, ""],
};

/** In this order: what a template contains, what it does not, and its form. */
const FORMS: readonly { readonly has: RegExp; readonly without?: RegExp; readonly form: Form }[] = [
  { has: /\[TOOL_CALLS\][\s\S]*\[ARGS\]/, form: MISTRAL_NAMED },
  { has: /\[TOOL_CALLS\]/, form: MISTRAL },
  { has: /<tool_call>[\s\S]*\barguments\b/, without: /<function=|<arg_key>|<parameter|~ *'<tool_call>/, form: HERMES },
  { has: /<\|python_tag\|>/, without: /<function=|>>>/, form: LLAMA },
];

/** @throws GenerateError where a template has no place for tools, or shows a form of calls that is none of these */
export function formOf(template = ""): Form {
  if (!/\btools\b/.test(template))
    throw new GenerateError(
      "tools",
      "the model's chat template has no place for tools: the model was not trained to call them",
    );
  const found = FORMS.find(({ has, without }) => has.test(template) && !without?.test(template));
  if (!found)
    throw new GenerateError(
      "tools",
      "the model's chat template has calls in a form that is not known here: known are <tool_call>{…}</tool_call>, {…} behind <|python_tag|> and [TOOL_CALLS]",
    );
  return found.form;
}

/** Texts that may be tokens of their own, and say that there is a call. */
export const signsOf = ({ opens, closes, inner = [] }: Form): readonly string[] => [
  opens,
  ...(closes === undefined ? [] : [closes]),
  ...inner,
];
