/** Which form of calls a model has, its chat template tells: it shows the model how calls looked before. */
import { GenerateError } from "../generate/errors.js";
import type { Form } from "./form.js";
import {
  APRIEL,
  COMMAND,
  DEEPSEEK,
  DEEPSEEK_PLAIN,
  FUNCTIONARY,
  GRANITE,
  HARMONY,
  HERMES,
  KIMI,
  LLAMA,
  MISTRAL,
  MISTRAL_NAMED,
  NEMOTRON,
  PHI,
} from "./json-forms.js";
import { GLM, GLM_LINE, MINIMAX, QWEN_CODER, SEED } from "./tagged-forms.js";

/** In this order: what a template contains, what it does not, and its form. */
const FORMS: readonly { readonly has: RegExp; readonly without?: RegExp; readonly form: Form }[] = [
  { has: /\[TOOL_CALLS\][\s\S]*\[ARGS\]/, form: MISTRAL_NAMED },
  { has: /\[TOOL_CALLS\]/, form: MISTRAL },
  { has: /<\|tool_calls_section_begin\|>[\s\S]*<\|tool_call_argument_begin\|>/, form: KIMI },
  { has: /<｜tool▁calls▁begin｜>[\s\S]*```/, form: DEEPSEEK },
  { has: /<｜tool▁calls▁begin｜>[\s\S]*<｜tool▁sep｜>/, form: DEEPSEEK_PLAIN },
  { has: /to=[\s\S]*functions\.[\s\S]*<\|channel\|>commentary/, form: HARMONY },
  { has: /<seed:tool_call>[\s\S]*<function=[\s\S]*<parameter=/, form: SEED },
  { has: /<minimax:tool_call>[\s\S]*<invoke name=/, form: MINIMAX },
  { has: /<tool_call>[\s\S]*<function=[\s\S]*<parameter=/, form: QWEN_CODER },
  { has: /<tool_call>\{function-name\}<arg_key>/, form: GLM_LINE },
  { has: /<tool_call>[\s\S]*<arg_key>/, form: GLM },
  {
    has: /<tool_call>[\s\S]*\barguments\b/,
    without: /<function=|<arg_key>|<parameter|<use_mcp_tool>|<tool_calls>|~ *'<tool_call>/,
    form: HERMES,
  },
  { has: /<TOOLCALL>\[/, form: NEMOTRON },
  { has: /<tool_calls>\[[\s\S]*\barguments\b/, form: APRIEL },
  { has: /<\|tool_call\|>[\s\S]*<\|\/tool_call\|>/, form: PHI },
  { has: /<\|tool_call\|> followed by a JSON list/, form: GRANITE },
  { has: /<\|START_ACTION\|>[\s\S]*"tool_name"/, form: COMMAND },
  { has: /<function=[\s\S]*<\/function>/, without: /<parameter|<tool_call>/, form: FUNCTIONARY },
  { has: /<\|python_tag\|>/, without: /<function=|>>>/, form: LLAMA },
  // Llama 3.2 shows its calls without that token.
  { has: /\{"name": function name, "parameters": dictionary/, without: /<function=|>>>/, form: LLAMA },
];

/** @throws GenerateError where a template has no place for tools, or shows a form of calls that is none of these */
export function formOf(template = ""): Form {
  if (!/\btools\b/.test(template))
    throw new GenerateError(
      "tools",
      "the model's chat template has no place for tools: the model was not trained to call them",
    );
  const found = FORMS.find(({ has, without }) => has.test(template) && !without?.test(template));
  if (!found) {
    const signs = [...new Set(FORMS.map(({ form }) => form.opens.at(-1)!.trim()))];
    throw new GenerateError(
      "tools",
      `the model's chat template has calls in a form that is not known here: known are those that begin with ${signs.join(", ")}`,
    );
  }
  return SINGLE.test(template) && !EACH.test(template) ? { ...found.form, most: 1 } : found.form;
}

/** Some templates show the first call of an answer alone, or refuse more: a conversation with two could not go on. */
const SINGLE = /\btool_calls\[0\]/;
const EACH = /\bin\s+message(?:\.tool_calls|\[["']tool_calls["']\])/;

/** Texts that may be tokens of their own, and say that there is a call. */
export const signsOf = ({ opens, closes, ends, inner = [] }: Form): readonly string[] => [
  ...opens,
  ...[closes, ends].filter((one) => one !== undefined),
  ...inner,
];
