/** Forms of calls, as the chat templates of models show them. */
import { formOf } from "../../../runtime/tools/index.js";

const formed = (shown: string) => formOf(`{{ tools }}${shown}`);
export const HERMES = formed('<tool_call>{"name": n, "arguments": a}</tool_call>');
export const LLAMA = formed("<|python_tag|>");
export const MISTRAL = formed("[TOOL_CALLS] [");
export const NAMED = formed("[TOOL_CALLS]name[ARGS]");
export const CODER = formed(
  "<tool_call>\n<function=name>\n<parameter=key>\nvalue\n</parameter>\n</function>\n</tool_call>",
);
export const SEED = formed(
  "<seed:tool_call>\n<function=name>\n<parameter=key>value</parameter>\n</function>\n</seed:tool_call>",
);
export const GLM = formed(
  "<tool_call>{function-name}\n<arg_key>{arg-key-1}</arg_key>\n<arg_value>{arg-value-1}</arg_value>\n</tool_call>",
);
export const GLM_LINE = formed(
  "<tool_call>{function-name}<arg_key>{arg-key-1}</arg_key><arg_value>{arg-value-1}</arg_value></tool_call>",
);
export const MINIMAX = formed(
  '<minimax:tool_call>\n<invoke name="name">\n<parameter name="key">value</parameter>\n</invoke>\n</minimax:tool_call>',
);
export const KIMI = formed(
  "<|tool_calls_section_begin|><|tool_call_begin|>id<|tool_call_argument_begin|>{}<|tool_call_end|>",
);
export const DEEPSEEK = formed(
  "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>name\n```json\n{}\n```",
);
export const DEEPSEEK_PLAIN = formed("<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>name<｜tool▁sep｜>{}");
export const HARMONY = formed("<|start|>assistant to=functions.name<|channel|>commentary json<|message|>");
export const NEMOTRON = formed('<TOOLCALL>[{"name": ');
export const PHI = formed("<|tool_call|>{}<|/tool_call|>");
export const GRANITE = formed("respond only with <|tool_call|> followed by a JSON list of tools used");
export const COMMAND = formed('<|START_ACTION|>[{"tool_name": ');
export const FUNCTIONARY = formed("<function=example_function_name>{}</function>");
export const APRIEL = formed('<tool_calls>[{"name": n, "arguments": a}]</tool_calls>');
export const APERTUS = formed("{% set a = '<|tools_prefix|>' %}{% set b = '<|tools_suffix|>' %}");
export const RECIPIENT = formed("Respond in this format:\n>>>$" + "{recipient}\n$" + "{content}\n{{ '>>>all\\n' }}");
export const GIGACHAT = formed("{{ {'role': 'function call'} }}<|role_sep|>");
export const GIGACHAT_TOKEN = formed(`{{ '{"name": "' ~ name ~ '", "arguments": {}}' }}<|role_sep|><|function_call|>`);
export const SOLAR = formed("<|tool_call:begin|>id<|tool_call:name|>name<|tool_call:args|>{}<|tool_call:end|>");
export const DSML_32 = formed(
  '{% set dsml = "｜DSML｜" %}<{{ dsml }}function_calls>\n<{{ dsml }}invoke name="$FUNCTION_NAME">',
);
export const DSML = formed("{% set dsml = '｜DSML｜' %}{{ '<' + dsml + 'tool_calls>' }}");
export const GCML = formed('<｜GCML｜invoke name="name">\n</｜GCML｜invoke>\n<｜GCML｜tool_calls>');
export const MINICPM = formed('<function name="function-name"><param name="param-name">param-value</param></function>');
export const LFM = formed("<|tool_call_start|>[name(key='value')]<|tool_call_end|>");
export const GEMMA = formed("<|tool_call>call:name{key:value}<tool_call|>");
