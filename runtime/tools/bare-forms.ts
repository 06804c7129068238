/** Forms in which arguments have bare names, as they have in a program's calls. */
import { JSON_NOTATION, plainNotation } from "../grammar/index.js";
import type { Form } from "./form.js";
import { listed } from "./json-forms.js";
import { bareCall, pythonCalls } from "./written-values.js";

/** `<|tool_call_start|>[name(a=1, b="x")]<|tool_call_end|>` as Python writes it, or a list of JSON where it is told so: LFM2. */
export const LFM: Form = {
  opens: ["<|tool_call_start|>"],
  closes: "<|tool_call_end|>",
  read: (said) => listed(said) ?? pythonCalls(said),
  around: (name) => [`<|tool_call_start|>[${name}(`, ")]<|tool_call_end|>"],
  markup: { around: (name) => [`${name}=`, ""], between: ", ", never: [], notation: JSON_NOTATION },
};

const QUOTE = '<|"|>';

/** `<|tool_call>call:name{a:1,b:<|"|>x<|"|>}<tool_call|>`: Gemma 4. */
export const GEMMA: Form = {
  opens: ["<|tool_call>"],
  closes: "<tool_call|>",
  inner: [QUOTE],
  verbatim: /<\|"\|>[\s\S]*?(?:<\|"\|>|$)/g,
  read: (said) => bareCall(said, QUOTE),
  around: (name) => [`<|tool_call>call:${name}{`, "}<tool_call|>"],
  markup: { around: (name) => [`${name}:`, ""], between: ",", never: [], notation: plainNotation(QUOTE) },
};
