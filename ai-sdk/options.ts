import { GenerateError, type GenerateOptions, type Tool, type ToolChoice } from "../runtime/index.js";
import type { CallOptions, FunctionTool } from "./specification.js";

/** What is asked of the generation; `warn` hears what is left out of it. */
export function optionsOf(options: CallOptions, warn: (feature: string, details: string) => void): GenerateOptions {
  const tools = toolsOf(options, warn);
  if ((options.reasoning ?? "provider-default") !== "provider-default")
    warn("reasoning", "how much the model reasons, its chat template says");
  const known = {
    maxTokens: options.maxOutputTokens,
    temperature: options.temperature,
    topP: options.topP,
    topK: options.topK,
    presencePenalty: options.presencePenalty,
    frequencyPenalty: options.frequencyPenalty,
    stop: options.stopSequences,
    seed: options.seed,
    signal: options.abortSignal,
    responseFormat: formatOf(options),
    tools,
    toolChoice: tools && choiceOf(options),
  };
  const said = Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined));
  const own = options.providerOptions?.tilescript ?? {};
  const twice = Object.keys(own).find((name) => Object.hasOwn(said, name));
  if (twice) throw new GenerateError(twice, `providerOptions.tilescript has ${twice}, which the call says already`);
  return { ...said, ...own };
}

function formatOf({ responseFormat }: CallOptions): GenerateOptions["responseFormat"] {
  if (responseFormat?.type !== "json") return undefined;
  const { schema } = responseFormat;
  return schema === undefined ? { type: "json_object" } : { type: "json_schema", schema: schema as object };
}

function toolsOf(
  { tools }: CallOptions,
  warn: (feature: string, details: string) => void,
): readonly Tool[] | undefined {
  const all = (tools ?? []).flatMap((tool) => {
    if (tool.type === "function") return [toolOf(tool)];
    warn(`the tool ${tool.id}`, "only tools that are functions of the caller can be called");
    return [];
  });
  return all.length > 0 ? all : undefined;
}

const toolOf = ({ name, description, inputSchema }: FunctionTool): Tool => ({
  type: "function",
  function: {
    name,
    ...(description === undefined ? {} : { description }),
    parameters: inputSchema as Record<string, unknown>,
  },
});

function choiceOf({ toolChoice }: CallOptions): ToolChoice | undefined {
  if (!toolChoice) return undefined;
  return toolChoice.type === "tool" ? { name: toolChoice.toolName } : toolChoice.type;
}
