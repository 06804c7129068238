/** What may be asked, as OpenAI's API has it. A field that would change the answer and that we do not heed is refused by name. */

import type { Context } from "hono";
import { z } from "zod";
import type { ChatMessage, GenerateOptions, ResponseFormat, ToolChoice } from "../runtime/index.js";
import { RequestError } from "./errors.js";

/** Fields that change nothing of an answer. */
const HARMLESS = {
  user: z.unknown().optional(),
  metadata: z.unknown().optional(),
  store: z.literal(false).nullish(),
  safety_identifier: z.unknown().optional(),
  prompt_cache_key: z.unknown().optional(),
  service_tier: z.enum(["auto", "default"]).nullish(),
};

/** Fields that may say what is so anyway. */
const USUAL = {
  n: z.literal(1).nullish(),
  best_of: z.literal(1).nullish(),
};

/** How tokens are chosen: OpenAI's fields, and those that servers of open models have beside them. */
const SAMPLING = {
  temperature: z.number().nullish(),
  top_p: z.number().nullish(),
  top_k: z.number().nullish(),
  min_p: z.number().nullish(),
  repetition_penalty: z.number().nullish(),
  presence_penalty: z.number().nullish(),
  frequency_penalty: z.number().nullish(),
  logit_bias: z.record(z.string(), z.number()).nullish(),
  seed: z.number().nullish(),
};

const COMMON = {
  ...HARMLESS,
  ...USUAL,
  ...SAMPLING,
  model: z.string(),
  max_tokens: z.number().nullish(),
  ignore_eos: z.boolean().nullish(),
  stop_token_ids: z.array(z.number()).nullish(),
  stop: z.union([z.string(), z.array(z.string()).max(16)]).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z
    .strictObject({ include_usage: z.boolean().nullish(), include_obfuscation: z.boolean().nullish() })
    .nullish(),
};

const part = z.strictObject({ type: z.literal("text"), text: z.string() });
const call = z.strictObject({
  id: z.string(),
  type: z.literal("function").optional(),
  function: z.strictObject({ name: z.string(), arguments: z.string() }),
});
const message = z.strictObject({
  role: z.enum(["system", "developer", "user", "assistant", "tool"]),
  content: z.union([z.string(), z.array(part)]).nullish(),
  name: z.string().nullish(),
  refusal: z.null().optional(),
  tool_calls: z.array(call).nullish(),
  tool_call_id: z.string().nullish(),
});

const tool = z.strictObject({
  type: z.literal("function"),
  function: z.strictObject({
    name: z.string(),
    description: z.string().optional(),
    parameters: z.record(z.string(), z.unknown()).optional(),
    // What is answered of a required tool is valid for its schema anyway.
    strict: z.boolean().nullish(),
  }),
});
const toolChoice = z.union([
  z.enum(["none", "auto", "required"]),
  z.strictObject({ type: z.literal("function"), function: z.strictObject({ name: z.string() }) }),
]);

/** OpenAI's formats, and two that other servers have. */
const responseFormat = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("text") }),
  z.strictObject({ type: z.literal("json_object") }),
  z.strictObject({
    type: z.literal("json_schema"),
    json_schema: z.strictObject({
      name: z.string(),
      description: z.string().optional(),
      schema: z.record(z.string(), z.unknown()),
      strict: z.boolean().nullish(),
    }),
  }),
  z.strictObject({ type: z.literal("regex"), pattern: z.string() }),
  z.strictObject({ type: z.literal("grammar"), ebnf: z.string() }),
]);

export const chatRequest = z.strictObject({
  ...COMMON,
  messages: z.array(message).min(1),
  max_completion_tokens: z.number().nullish(),
  logprobs: z.boolean().nullish(),
  top_logprobs: z.number().nullish(),
  response_format: responseFormat.nullish(),
  tools: z.array(tool).nullish(),
  tool_choice: toolChoice.nullish(),
  parallel_tool_calls: z.boolean().nullish(),
});

export const completionRequest = z.strictObject({
  ...COMMON,
  prompt: z.union([
    z.string(),
    z.array(z.number()),
    z
      .array(z.string())
      .length(1)
      .transform(([only]) => only!),
  ]),
  logprobs: z.number().nullish(),
  echo: z.literal(false).nullish(),
  suffix: z.null().optional(),
});

export const tokenizeRequest = z.strictObject({ content: z.string() });
export const detokenizeRequest = z.strictObject({ tokens: z.array(z.number()) });

export type CommonRequest = z.infer<typeof completionRequest> | z.infer<typeof chatRequest>;

/** The body of a request. @throws RequestError 400 that names the field, 415 for what does not say that it is JSON */
export async function read<Schema extends z.ZodType>(c: Context, schema: Schema): Promise<z.infer<Schema>> {
  // A page of another origin can send anything else without asking first.
  if (!/^application\/json\b/i.test(c.req.header("content-type") ?? ""))
    throw new RequestError(415, "content_type", "send the body as Content-Type: application/json");
  let body: unknown;
  try {
    body = JSON.parse(await c.req.text());
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new RequestError(400, "invalid_json", `the body is no JSON: ${cause.message}`);
  }
  const read = schema.safeParse(body);
  if (read.success) return read.data;
  const [issue] = read.error.issues as [z.core.$ZodIssue];
  const unknown = issue.code === "unrecognized_keys" ? issue.keys.slice(0, 1) : [];
  const place = [...issue.path, ...unknown].map(String).join(".");
  throw new RequestError(400, "invalid_value", `${place || "the body"}: ${problemOf(issue)}`, place || null);
}

function problemOf(issue: z.core.$ZodIssue): string {
  if (issue.code === "unrecognized_keys") return "is not supported";
  if (issue.code === "invalid_value")
    return `of this only ${issue.values.map((one) => JSON.stringify(one)).join(", ")} is supported`;
  return issue.message;
}

/** What is asked of the generation. */
export function optionsOf(request: CommonRequest): GenerateOptions {
  const most = "max_completion_tokens" in request ? request.max_completion_tokens : undefined;
  return {
    maxTokens: most ?? request.max_tokens ?? undefined,
    temperature: request.temperature ?? 1,
    topK: request.top_k ?? undefined,
    topP: request.top_p ?? undefined,
    minP: request.min_p ?? undefined,
    repetitionPenalty: request.repetition_penalty ?? undefined,
    presencePenalty: request.presence_penalty ?? undefined,
    frequencyPenalty: request.frequency_penalty ?? undefined,
    logitBias: request.logit_bias ?? undefined,
    seed: request.seed ?? undefined,
    stop: request.stop ?? undefined,
    stopIds: request.stop_token_ids ?? undefined,
    ignoreEos: request.ignore_eos ?? undefined,
    logprobs: logprobsOf(request),
    ...("messages" in request ? formOf(request) : {}),
  };
}

type ChatRequest = z.infer<typeof chatRequest>;

/** What the answer is to be, and what it may call. */
function formOf(
  request: ChatRequest,
): Pick<GenerateOptions, "responseFormat" | "tools" | "toolChoice" | "parallelToolCalls"> {
  const { response_format: format, tools, parallel_tool_calls: parallel } = request;
  const toolChoice = choiceOf(request);
  return {
    ...(format && format.type !== "text" ? { responseFormat: formatOf(format) } : {}),
    ...(tools?.length
      ? { tools: tools.map(({ type, function: { strict, ...called } }) => ({ type, function: called })) }
      : {}),
    ...(toolChoice === undefined ? {} : { toolChoice }),
    ...(typeof parallel === "boolean" ? { parallelToolCalls: parallel } : {}),
  };
}

function choiceOf({ tool_choice: choice }: ChatRequest): ToolChoice | undefined {
  if (!choice) return undefined;
  return typeof choice === "string" ? choice : choice.function;
}

const formatOf = (format: Exclude<z.infer<typeof responseFormat>, { type: "text" }>): ResponseFormat =>
  format.type === "json_schema" ? { type: "json_schema", schema: format.json_schema.schema } : format;

function logprobsOf(request: CommonRequest): number | undefined {
  if (!("messages" in request)) return request.logprobs ?? undefined;
  const { logprobs, top_logprobs: top } = request;
  if (typeof top === "number" && !logprobs)
    throw new RequestError(400, "invalid_value", "top_logprobs: give logprobs: true with it", "top_logprobs");
  return logprobs ? (top ?? 0) : undefined;
}

export const messagesOf = ({ messages }: ChatRequest): ChatMessage[] =>
  messages.map(({ role, content, name, tool_calls: calls, tool_call_id: id }, i) => ({
    role: role === "developer" ? "system" : role,
    content: contentOf(content),
    ...(name ? { name } : {}),
    ...(calls?.length ? { toolCalls: calls.map((call) => ({ id: call.id, ...calledOf(call, i) })) } : {}),
    ...(id ? { toolCallId: id } : {}),
  }));

const contentOf = (content: ChatRequest["messages"][number]["content"]): string =>
  typeof content === "string" ? content : (content ?? []).map(({ text }) => text).join("");

function calledOf({ function: { name, arguments: given } }: z.infer<typeof call>, index: number) {
  try {
    return { name, arguments: JSON.parse(given === "" ? "{}" : given) };
  } catch (cause) {
    const place = `messages.${index}.tool_calls`;
    throw new RequestError(400, "invalid_value", `${place}: the arguments of ${name} are no JSON: ${cause}`, place);
  }
}
