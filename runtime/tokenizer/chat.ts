/** Renders conversations through the chat template that a model file carries. */

import { Template } from "@huggingface/jinja";
import { ModelError } from "../weights/index.js";

export const chatRoles = ["system", "user", "assistant", "tool"] as const;
export type ChatRole = (typeof chatRoles)[number];

export interface ChatMessage {
  readonly role: ChatRole;
  readonly content: string;
}

export interface RenderOptions {
  /** End with the opening of the assistant's turn, so that the model answers. Default true. */
  readonly addGenerationPrompt?: boolean;
}

export interface ChatTemplateSource {
  /** Jinja source from the file. */
  readonly template: string | undefined;
  /** Text of the token, "" if the model has none. */
  readonly bosToken: string;
  readonly eosToken: string;
  /** Path of the model file, for errors. */
  readonly file: string;
}

/** A conversation's text as the model was trained to see it. */
export class ChatTemplate {
  readonly #source: ChatTemplateSource;
  #compiled: Template | undefined;

  constructor(source: ChatTemplateSource) {
    this.#source = source;
  }

  /** Throws ModelError for wrong messages, for a template that does not compile, and for what the template refuses. */
  render(messages: readonly ChatMessage[], { addGenerationPrompt = true }: RenderOptions = {}): string {
    requireMessages(messages);
    const { bosToken, eosToken, file } = this.#source;
    const template = this.#compile();
    try {
      return template.render({
        messages: messages.map(({ role, content }) => ({ role, content })),
        add_generation_prompt: addGenerationPrompt,
        bos_token: bosToken,
        eos_token: eosToken,
      });
    } catch (cause) {
      const roles = messages.map(({ role }) => role).join(", ");
      throw new ModelError(
        "chat-template-invalid",
        `its chat template refuses the roles ${roles}: ${(cause as Error).message}`,
        {
          file,
          cause,
          hint: "Many templates want turns of user and assistant in alternation, after at most one system message.",
        },
      );
    }
  }

  #compile(): Template {
    if (this.#compiled) return this.#compiled;
    const { template, file } = this.#source;
    if (!template) throw new ModelError("chat-template-missing", "the model has no chat template", { file });
    try {
      this.#compiled = new Template(template);
    } catch (cause) {
      throw new ModelError(
        "chat-template-invalid",
        `its chat template is not valid Jinja: ${(cause as Error).message}`,
        {
          file,
          cause,
        },
      );
    }
    return this.#compiled;
  }
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
  });
}
