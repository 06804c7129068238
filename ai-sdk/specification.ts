/**
 * What the AI SDK asks of a language model, by structure and as far as this one heeds it: versions 4 (AI SDK 7), 3 (AI SDK 6) and 2 (AI SDK 5) of its
 * specification.
 * No package of the AI SDK is needed. https://ai-sdk.dev/providers/community-providers/custom-providers
 */

/** A version of the specification. */
export type Version = "v2" | "v3" | "v4";

/** A part of a message, or of an answer, that is text. */
export type Text = { readonly type: "text"; readonly text: string };
/** Parts that are refused, or left out with a warning, say no more here than what they are. */
export type Other = {
  readonly type: "file" | "reasoning" | "reasoning-file" | "custom" | "tool-approval-response";
};
/** A call of a tool that an earlier answer made. */
export type Call = {
  readonly type: "tool-call";
  readonly toolCallId: string;
  readonly toolName: string;
  readonly input: unknown;
};
/** What a tool gave. */
export type Result = {
  readonly type: "tool-result";
  readonly toolCallId: string;
  readonly toolName: string;
  readonly output: { readonly type: string; readonly value?: unknown; readonly reason?: string };
};

/** A message of a conversation. */
export type PromptMessage =
  | { readonly role: "system"; readonly content: string }
  | { readonly role: "user" | "assistant" | "tool"; readonly content: readonly (Text | Other | Call | Result)[] };

/** What the AI SDK asks for. */
export interface CallOptions {
  readonly prompt: readonly PromptMessage[];
  readonly maxOutputTokens?: number | undefined;
  readonly temperature?: number | undefined;
  readonly topP?: number | undefined;
  readonly topK?: number | undefined;
  readonly presencePenalty?: number | undefined;
  readonly frequencyPenalty?: number | undefined;
  readonly stopSequences?: readonly string[] | undefined;
  readonly seed?: number | undefined;
  readonly responseFormat?:
    | { readonly type: "text" }
    | { readonly type: "json"; readonly schema?: unknown }
    | undefined;
  readonly tools?: readonly (FunctionTool | ProviderTool)[] | undefined;
  readonly toolChoice?:
    | { readonly type: "auto" | "none" | "required" }
    | { readonly type: "tool"; readonly toolName: string }
    | undefined;
  /** How much the model is to reason, from version 4 on. */
  readonly reasoning?: string | undefined;
  readonly abortSignal?: AbortSignal | undefined;
  /** Of ours, under the key tilescript, other options of `model.generate`. */
  readonly providerOptions?: Readonly<Record<string, unknown>> | undefined;
}

/** A tool of the caller's. */
export interface FunctionTool {
  readonly type: "function";
  readonly name: string;
  readonly description?: string | undefined;
  readonly inputSchema: unknown;
}

/** A tool that a provider would have: refused. */
export interface ProviderTool {
  readonly type: "provider" | "provider-defined";
  readonly id: string;
}

/** Tokens, as versions 3 and 4 count them. */
export interface Usage3 {
  inputTokens: { total: number; noCache: number; cacheRead: number; cacheWrite: undefined };
  outputTokens: { total: number; text: undefined; reasoning: undefined };
}
/** Tokens, as version 2 counts them. */
export interface Usage2 {
  inputTokens: number;
  outputTokens: number;
  totalTokens: number;
  cachedInputTokens: number;
}

/** Why an answer ended. */
export type Reason = "stop" | "length" | "tool-calls";
/** What was left out, as versions 3 and 4 say it. */
export type Warning3 = { type: "unsupported"; feature: string; details: string };
/** What was left out, as version 2 says it. */
export type Warning2 = { type: "other"; message: string };

/** What the versions call differently. */
export interface Words {
  v4: Words["v3"];
  v3: { usage: Usage3; finishReason: { unified: Reason; raw: string }; warning: Warning3 };
  v2: { usage: Usage2; finishReason: Reason; warning: Warning2 };
}

/** A call of a tool that the answer makes. */
export interface ToolCallContent {
  type: "tool-call";
  toolCallId: string;
  toolName: string;
  /** JSON. */
  input: string;
}

/** A whole answer. */
export interface GenerateResult<V extends Version> {
  content: (Text | ToolCallContent)[];
  finishReason: Words[V]["finishReason"];
  usage: Words[V]["usage"];
  warnings: Words[V]["warning"][];
  response: { id: string; timestamp: Date; modelId: string };
}

/** A part of an answer as it comes. */
export type StreamPart<V extends Version> =
  | { type: "stream-start"; warnings: Words[V]["warning"][] }
  | { type: "response-metadata"; id: string; timestamp: Date; modelId: string }
  | { type: "text-start" | "text-end"; id: string }
  | { type: "text-delta"; id: string; delta: string }
  | { type: "tool-input-start"; id: string; toolName: string }
  | { type: "tool-input-delta"; id: string; delta: string }
  | { type: "tool-input-end"; id: string }
  | ToolCallContent
  | { type: "finish"; usage: Words[V]["usage"]; finishReason: Words[V]["finishReason"] }
  | { type: "error"; error: unknown };

/** A model as the AI SDK's functions take one. */
export interface LanguageModel<V extends Version> {
  readonly specificationVersion: V;
  readonly provider: string;
  readonly modelId: string;
  readonly supportedUrls: Record<string, RegExp[]>;
  doGenerate(options: CallOptions): Promise<GenerateResult<V>>;
  doStream(options: CallOptions): Promise<{ stream: ReadableStream<StreamPart<V>> }>;
}
