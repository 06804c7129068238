/** Renders conversations through the chat template that a model file carries. */

import type { Tool, ToolCall } from "../tools/index.js";
import { ModelError } from "../weights/index.js";
import { type MarkedText, TemplateFault, type TemplateMessage, templateRenderer } from "./template/renderer.js";

export const chatRoles = ["system", "user", "assistant", "tool"] as const;
/** Who says a message. */
export type ChatRole = (typeof chatRoles)[number];

/** A message of a conversation. */
export interface ChatMessage {
  readonly role: ChatRole;
  /** "" where an answer is nothing but calls. */
  readonly content: string;
  /** What an assistant's answer called. */
  readonly toolCalls?: readonly ToolCall[];
  /** Of the call whose result a tool's message is. */
  readonly toolCallId?: string;
  /** Of the tool whose result it is. */
  readonly name?: string;
}

/** How a conversation becomes a prompt. */
export interface RenderOptions {
  /** End with the opening of the assistant's turn, so that the model answers. Default true. */
  readonly addGenerationPrompt?: boolean;
  /** What the model may call. Default none. */
  readonly tools?: readonly Tool[];
  /** Ends the rendering at once: it rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface ChatTemplateSource {
  /** Jinja source from the file, and of the one that tools are told of in, where there is another. */
  readonly template: string | undefined;
  readonly toolTemplate?: string | undefined;
  /** Text of the token, "" if the model has none. */
  readonly bosToken: string;
  readonly eosToken: string;
  /** Path of the model file, for errors. */
  readonly file: string;
}

const DEEPEST_ARGUMENTS = 100;
/** The longest of published models have some twenty thousand characters. */
const longestTemplate = 1 << 18;

/** A conversation's text as the model was trained to see it. */
export class ChatTemplate {
  readonly #source: ChatTemplateSource;

  constructor(source: ChatTemplateSource) {
    this.#source = source;
  }

  /** Throws ModelError where there is no template, or it is none. Rendering is faster after this. */
  async check(signal?: AbortSignal): Promise<void> {
    const source = this.#text();
    await templateRenderer.parse(source, signal).catch((error) => Promise.reject(this.#explain(error)));
  }

  /**
   * The text, with each character of `alphabet` that a message brought marked. Throws ModelError for wrong messages, for a template that does
   * not compile, for what the template refuses, and for one that asks for too much.
   */
  async render(
    messages: readonly ChatMessage[],
    { addGenerationPrompt = true, signal, tools }: RenderOptions = {},
    alphabet: readonly string[] = [],
  ): Promise<MarkedText> {
    requireMessages(messages);
    const { bosToken, eosToken, toolTemplate } = this.#source;
    const source = this.#text(tools && toolTemplate);
    const shape = source.includes("tool_responses") ? withResponses : (all: readonly TemplateMessage[]) => all;
    const job = (asText: boolean) => ({
      source,
      messages: shape(messages.map((message) => asTemplatesHaveIt(message, asText))),
      ...(tools ? { tools } : {}),
      alphabet,
      values: { add_generation_prompt: addGenerationPrompt, bos_token: bosToken, eos_token: eosToken },
    });
    const render = (asText: boolean) => templateRenderer.render(job(asText), signal);
    const hasCalls = messages.some(({ toolCalls = [] }) => toolCalls.length > 0);
    try {
      // Most templates want the arguments of calls as an object, some as a text of JSON.
      return await render(false).catch((error) =>
        hasCalls && error instanceof TemplateFault && error.kind === "refused" ? render(true) : Promise.reject(error),
      );
    } catch (error) {
      throw this.#explain(error, messages);
    }
  }

  #text(template = this.#source.template): string {
    const { file } = this.#source;
    if (!template) throw new ModelError("chat-template-missing", "the model has no chat template", { file });
    if (template.length > longestTemplate) {
      const what = `its chat template has ${template.length} characters, more than ${longestTemplate}`;
      throw new ModelError("chat-template-limit", what, { file });
    }
    return template;
  }

  #explain(cause: unknown, messages: readonly ChatMessage[] = []): unknown {
    if (!(cause instanceof TemplateFault)) return cause;
    const { file } = this.#source;
    const { kind, message } = cause;
    if (kind === "marks")
      return new ModelError("chat-message", "the messages use nearly every character of the private use area", {
        cause,
      });
    if (kind === "limit") return new ModelError("chat-template-limit", `its chat template ${message}`, { file, cause });
    if (kind === "syntax")
      return new ModelError("chat-template-invalid", `its chat template is not valid Jinja: ${message}`, {
        file,
        cause,
      });
    const roles = messages.map(({ role }) => role).join(", ");
    return new ModelError("chat-template-refused", `its chat template refuses the roles ${roles}: ${message}`, {
      file,
      cause,
    });
  }
}

/** A message by OpenAI's names, which templates know. */
function asTemplatesHaveIt(
  { role, content, toolCalls, toolCallId, name }: ChatMessage,
  asText: boolean,
): TemplateMessage {
  return {
    role,
    content,
    ...(toolCalls && toolCalls.length > 0
      ? {
          tool_calls: toolCalls.map(({ id, name, arguments: given }) => ({
            id,
            type: "function",
            function: { name, arguments: asText ? JSON.stringify(given) : JSON.parse(JSON.stringify(given)) },
          })),
        }
      : {}),
    ...(toolCallId === undefined ? {} : { tool_call_id: toolCallId }),
    ...(name === undefined ? {} : { name }),
  };
}

/** What tools gave, in the message that called them: templates such as Gemma 4's look for it there, and tell the model nothing of a tool's message. */
function withResponses(messages: readonly TemplateMessage[]): readonly TemplateMessage[] {
  const shaped: (TemplateMessage & { readonly tool_responses?: readonly object[] })[] = [];
  for (const message of messages) {
    const caller = shaped.at(-1);
    if (message.role !== "tool" || !caller?.tool_calls) {
      shaped.push(message);
      continue;
    }
    const calls = caller.tool_calls as readonly { readonly id: string; readonly function: { readonly name: string } }[];
    const name = message.name ?? calls.find(({ id }) => id === message.tool_call_id)?.function.name;
    const response = { ...(name === undefined ? {} : { name }), response: message.content };
    shaped[shaped.length - 1] = { ...caller, tool_responses: [...(caller.tool_responses ?? []), response] };
  }
  return shaped;
}

/** Throws ModelError unless `messages` are usable; callers from JavaScript may pass anything. */
export function requireMessages(messages: readonly ChatMessage[]): void {
  if (!Array.isArray(messages) || messages.length === 0) throw new ModelError("chat-message", "there are no messages");
  messages.forEach((message, i) => {
    if (!chatRoles.includes(message?.role)) {
      throw new ModelError("chat-message", `message ${i} has the role ${JSON.stringify(message?.role)}`);
    }
    if (typeof message.content !== "string") {
      throw new ModelError("chat-message", `message ${i} has content of type ${typeof message.content}`);
    }
    requireCalls(message, i);
  });
}

/** Templates get arguments, and another thread: what cannot be written, or is nested ever deeper, does not arrive. */
function isJson(value: object): boolean {
  try {
    return depthOf(JSON.parse(JSON.stringify(value))) <= DEEPEST_ARGUMENTS;
  } catch {
    return false;
  }
}

const depthOf = (value: unknown): number =>
  typeof value === "object" && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;

function requireCalls({ role, toolCalls, toolCallId, name }: ChatMessage, index: number): void {
  const wrong = (what: string) => new ModelError("chat-message", `message ${index} has ${what}`);
  if (toolCallId !== undefined && (role !== "tool" || typeof toolCallId !== "string"))
    throw wrong("a toolCallId, which a tool's message has, as text");
  if (name !== undefined && typeof name !== "string") throw wrong("a name that is no text");
  if (toolCalls === undefined) return;
  if (role !== "assistant" || !Array.isArray(toolCalls))
    throw wrong("toolCalls, which an assistant's message has, as a list");
  for (const call of toolCalls)
    if (
      typeof call?.id !== "string" ||
      typeof call.name !== "string" ||
      typeof call.arguments !== "object" ||
      call.arguments === null ||
      !isJson(call.arguments)
    )
      throw wrong("a call that is not { id, name, arguments }, the arguments an object of JSON");
}
