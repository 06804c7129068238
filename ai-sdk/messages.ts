import { type ChatMessage, GenerateError, type ToolCall } from "../runtime/index.js";
import type { PromptMessage } from "./specification.js";

type Parts = Exclude<PromptMessage, { role: "system" }>["content"];

const LEFT_OUT = [
  ["reasoning", "reasoning of earlier answers is not read again"],
  ["reasoning-file", "reasoning of earlier answers is not read again"],
  ["custom", "what other providers' answers had of their own is not read again"],
] as const;

/** A prompt of the AI SDK as messages; `warn` hears what is left out of it. @throws GenerateError for files */
export function messagesOf(
  prompt: readonly PromptMessage[],
  warn: (feature: string, details: string) => void,
): ChatMessage[] {
  return prompt.flatMap((message): ChatMessage[] => {
    if (message.role === "system") return [{ role: "system", content: message.content }];
    const { role, content } = message;
    if (content.some(({ type }) => type === "file"))
      throw new GenerateError("prompt", "a message has a file, and the model reads text alone");
    for (const [type, details] of LEFT_OUT) if (content.some((part) => part.type === type)) warn(type, details);
    if (role === "tool") return resultsOf(content);
    const toolCalls = callsOf(content);
    return [{ role, content: textOf(content), ...(toolCalls.length > 0 ? { toolCalls } : {}) }];
  });
}

const textOf = (parts: Parts): string => parts.map((part) => (part.type === "text" ? part.text : "")).join("");

const callsOf = (parts: Parts): ToolCall[] =>
  parts.flatMap((part) =>
    part.type === "tool-call" ? [{ id: part.toolCallId, name: part.toolName, arguments: argumentsOf(part.input) }] : [],
  );

/** Arguments that were no JSON the SDK passes on as the text that the model wrote; there is nothing of them to read again. */
const argumentsOf = (input: unknown): Record<string, unknown> =>
  typeof input === "object" && input !== null ? (input as Record<string, unknown>) : {};

/** A message for each result. */
const resultsOf = (parts: Parts): ChatMessage[] =>
  parts.flatMap((part) =>
    part.type === "tool-result"
      ? [{ role: "tool" as const, content: outputOf(part.output), toolCallId: part.toolCallId, name: part.toolName }]
      : [],
  );

function outputOf({
  type,
  value,
  reason,
}: {
  readonly type: string;
  readonly value?: unknown;
  readonly reason?: string;
}): string {
  if (type === "execution-denied") return reason ?? "The call was not allowed.";
  if (typeof value === "string") return value;
  if (type === "content" && Array.isArray(value) && value.every((one) => one?.type === "text"))
    return value.map(({ text }) => text).join("");
  if (type === "content") throw new GenerateError("prompt", "a tool gave a file, and the model reads text alone");
  // What JSON has no word for, it is null.
  return JSON.stringify(value) ?? "null";
}
