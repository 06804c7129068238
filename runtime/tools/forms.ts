/** Which form of calls a model has, its chat template tells: it shows the model how calls looked before. */
import { GenerateError } from "../generate/errors.js";
import { GEMMA, LFM } from "./bare-forms.js";
import type { Form } from "./form.js";
import {
  APERTUS,
  APRIEL,
  COMMAND,
  DEEPSEEK,
  DEEPSEEK_PLAIN,
  FUNCTIONARY,
  GIGACHAT,
  GIGACHAT_TOKEN,
  GRANITE,
  HARMONY,
  HERMES,
  KIMI,
  LLAMA,
  MISTRAL,
  MISTRAL_NAMED,
  NEMOTRON,
  PHI,
  RECIPIENT,
  SOLAR,
} from "./json-forms.js";
import { DSML, DSML_32, GCML, GLM, GLM_LINE, MINICPM, MINIMAX, QWEN_CODER, SEED } from "./tagged-forms.js";

interface Shown {
  /** What a template contains, in this order. */
  readonly has: readonly string[];
  /** What it does not. */
  readonly without?: readonly string[];
  readonly form: Form;
}

/** The first of these is a template's. */
const FORMS: readonly Shown[] = [
  { has: ["[TOOL_CALLS]", "[ARGS]"], form: MISTRAL_NAMED },
  { has: ["[TOOL_CALLS]"], form: MISTRAL },
  { has: ["<|tool_calls_section_begin|>", "<|tool_call_argument_begin|>"], form: KIMI },
  { has: ["<｜tool▁calls▁begin｜>", "<｜tool▁sep｜>", "```"], form: DEEPSEEK },
  { has: ["<｜tool▁calls▁begin｜>", "<｜tool▁sep｜>"], form: DEEPSEEK_PLAIN },
  { has: ["to=", "functions.", "<|channel|>commentary"], form: HARMONY },
  { has: ["｜DSML｜", "function_calls>"], form: DSML_32 },
  { has: ["｜DSML｜", "tool_calls>"], form: DSML },
  { has: ["<｜GCML｜invoke", "<｜GCML｜tool_calls>"], form: GCML },
  { has: ["<|role_sep|>", "<|function_call|>"], form: GIGACHAT_TOKEN },
  { has: ["'function call'", "<|role_sep|>"], form: GIGACHAT },
  { has: ["<|tool_call:begin|>", "<|tool_call:name|>", "<|tool_call:args|>"], form: SOLAR },
  { has: ["<|tools_prefix|>", "<|tools_suffix|>"], form: APERTUS },
  { has: [">>>$", ">>>all"], form: RECIPIENT },
  { has: ['<function name="', '<param name="'], form: MINICPM },
  { has: ["<|tool_call_start|>[", "<|tool_call_end|>"], form: LFM },
  { has: ["<|tool_call>call:", "<tool_call|>"], form: GEMMA },
  { has: ["<seed:tool_call>", "<function=", "<parameter="], form: SEED },
  { has: ["<minimax:tool_call>", "<invoke name="], form: MINIMAX },
  { has: ["<tool_call>", "<function=", "<parameter="], form: QWEN_CODER },
  { has: ["<tool_call>{function-name}<arg_key>"], form: GLM_LINE },
  { has: ["<tool_call>", "<arg_key>"], form: GLM },
  {
    has: ["<tool_call>", "arguments"],
    without: ["<function=", "<arg_key>", "<parameter", "<use_mcp_tool>", "<tool_calls>", "~ '<tool_call>"],
    form: HERMES,
  },
  { has: ["<TOOLCALL>["], form: NEMOTRON },
  { has: ["<tool_calls>[", "arguments"], form: APRIEL },
  { has: ["<|tool_call|>", "<|/tool_call|>"], form: PHI },
  { has: ["<|tool_call|> followed by a JSON list"], form: GRANITE },
  { has: ["<|START_ACTION|>", '"tool_name"'], form: COMMAND },
  { has: ["<function=", "</function>"], without: ["<parameter", "<tool_call>"], form: FUNCTIONARY },
  { has: ["<|python_tag|>"], without: ["<function=", ">>>"], form: LLAMA },
  // Llama 3.2 shows its calls without that token.
  { has: ['{"name": function name, "parameters": dictionary'], without: ["<function=", ">>>"], form: LLAMA },
];

/** Templates that tell the model of tools, and are of no use for that. */
const REFUSED: readonly { readonly has: readonly string[]; readonly because: string }[] = [
  {
    has: ["Action:", "directly-answer"],
    because:
      "asks for a list of actions at each turn, and never for the answer's text: an answer is an action too (directly-answer)",
  },
];

/** Whether texts stand in a template one behind the other. A template is a stranger's: a pattern could take for ever. */
function hasAll(template: string, texts: readonly string[]): boolean {
  let at = 0;
  return texts.every((text) => {
    const found = template.indexOf(text, at);
    at = found + text.length;
    return found >= 0;
  });
}

/** @throws GenerateError where a template has no place for tools, or shows a form of calls that is none of these */
export function formOf(template = ""): Form {
  if (!/\btools\b/.test(template))
    throw new GenerateError(
      "tools",
      "the model's chat template has no place for tools: the model was not trained to call them",
    );
  const found = FORMS.find(
    ({ has, without = [] }) => hasAll(template, has) && !without.some((text) => template.includes(text)),
  );
  if (!found) {
    const reason = /tool_calls?\b/.test(template)
      ? REFUSED.find(({ has }) => hasAll(template, has))?.because
      : "has no place for calls: a conversation would be without what its answers called";
    if (reason !== undefined) throw new GenerateError("tools", `the model's chat template ${reason}`);
    const signs = [...new Set(FORMS.map(({ form }) => form.opens.at(-1)!.trim().split("\n", 1)[0]))];
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
