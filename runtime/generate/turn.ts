import { type ChatMessage, requireMessages } from "../tokenizer/index.js";
import type { ToolCall } from "../tools/index.js";
import { GenerateError } from "./errors.js";
import { shown } from "./shown.js";

/** Calls of the last answer that nobody has answered. */
function openCalls(history: readonly ChatMessage[]): readonly ToolCall[] {
  const at = history.findLastIndex(({ role }) => role === "assistant");
  const behind = history.slice(at + 1);
  if (behind.some(({ role }) => role !== "tool")) return [];
  const given = behind.map(({ toolCallId }) => toolCallId);
  return (history[at]?.toolCalls ?? []).filter(({ id }) => !given.includes(id));
}

/**
 * What is said in a turn as messages: what each open call gave comes first, with the name of its tool. @throws GenerateError where one is missing, given
 * twice or of no open call, and for messages that are none of a turn; ModelError for a history that is no conversation
 */
export function turnOf(said: string | readonly ChatMessage[], history: readonly ChatMessage[]): readonly ChatMessage[] {
  const messages = typeof said === "string" ? [{ role: "user" as const, content: said }] : said;
  if (!Array.isArray(messages) || messages.length === 0)
    throw new GenerateError("prompt", `the turn is ${shown(said)}; give a text or messages`);
  if (history.length > 0) requireMessages(history);
  const calls = openCalls(history);
  const turn = messages.map((message) => named(message, calls));
  const given = turn.filter(({ role }) => role === "tool").map(({ toolCallId }) => toolCallId);
  const missing = calls.find(({ id }) => !given.includes(id));
  if (missing)
    throw new GenerateError(
      "prompt",
      `the call ${missing.id} of ${missing.name} waits for what it gave: begin the turn with { role: "tool", toolCallId: ${JSON.stringify(missing.id)}, content }`,
    );
  const twice = given.find((id, i) => given.indexOf(id) !== i);
  if (twice !== undefined) throw new GenerateError("prompt", `the turn says twice what the call ${twice} gave`);
  if (turn.slice(0, given.length).some(({ role }) => role !== "tool"))
    throw new GenerateError("prompt", "the turn says something before what the calls gave: put that first");
  return turn;
}

function named(message: ChatMessage, calls: readonly ToolCall[]): ChatMessage {
  if (message?.role !== "tool") {
    if (message?.role === "user") return { ...message };
    throw new GenerateError(
      "prompt",
      `the turn has a message of the role ${shown(message?.role)}; give those of the user and of tools, and what was said before as history`,
    );
  }
  const call = calls.find(({ id }) => id === message.toolCallId);
  if (call) return { ...message, name: message.name ?? call.name };
  const open = calls.map(({ id }) => id).join(", ") || "none";
  throw new GenerateError(
    "prompt",
    `the turn has what the call ${shown(message.toolCallId)} gave, and the calls that wait for it are: ${open}`,
  );
}
