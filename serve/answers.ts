import { randomUUID } from "node:crypto";
import type { ChosenLogprob, GenerationResult, Model, Piece, ToolCall } from "../runtime/index.js";
import { chatLogprobs, completionLogprobs } from "./logprobs.js";

/** How an endpoint puts answers into words: whole, and in pieces. */
export interface Shape {
  readonly object: { readonly whole: string; readonly piece: string };
  readonly prefix: string;
  whole(text: string, calls: readonly ToolCall[]): object;
  /** What comes before the first piece. */
  readonly opening?: object;
  /** @param first how many calls pieces have told before */
  piece(text: string, calls: readonly ToolCall[], first: number): object;
  /** What comes with the reason for the end. */
  readonly closing: object;
  /** What is said of tokens whose text begins at character `offset` of the answer. */
  logprobs(tokenizer: Model["tokenizer"], told: readonly ChosenLogprob[], offset: number): object;
}

const called = ({ id, name, arguments: given }: ToolCall) => ({
  id,
  type: "function",
  function: { name, arguments: JSON.stringify(given) },
});

export const CHAT: Shape = {
  object: { whole: "chat.completion", piece: "chat.completion.chunk" },
  prefix: "chatcmpl-",
  whole: (text, calls) => ({
    message: {
      role: "assistant",
      content: text === "" && calls.length > 0 ? null : text,
      refusal: null,
      ...(calls.length > 0 ? { tool_calls: calls.map(called) } : {}),
    },
  }),
  opening: { delta: { role: "assistant", content: "" } },
  piece: (content, calls, first) => ({
    delta: {
      ...(content === "" && calls.length > 0 ? {} : { content }),
      ...(calls.length > 0 ? { tool_calls: calls.map((call, i) => ({ index: first + i, ...called(call) })) } : {}),
    },
  }),
  closing: { delta: {} },
  logprobs: chatLogprobs,
};

export const COMPLETION: Shape = {
  object: { whole: "text_completion", piece: "text_completion" },
  prefix: "cmpl-",
  whole: (text) => ({ text }),
  piece: (text) => ({ text }),
  closing: { text: "" },
  logprobs: completionLogprobs,
};

/** OpenAI's words for why an answer ends. */
const FINISH = {
  end: "stop",
  stop: "stop",
  maxTokens: "length",
  context: "length",
  toolCalls: "tool_calls",
} as const;

const usageOf = ({ promptTokens, cachedTokens, tokens }: GenerationResult) => ({
  prompt_tokens: promptTokens,
  completion_tokens: tokens.length,
  total_tokens: promptTokens + tokens.length,
  prompt_tokens_details: { cached_tokens: cachedTokens },
});

/** The objects of one answer. */
export class Answer {
  readonly #shape: Shape;
  readonly #head: object;
  readonly #tokenizer: Model["tokenizer"];
  /** Characters that pieces have said. */
  #said = 0;
  /** Calls that they have told. */
  #calls = 0;

  constructor(shape: Shape, model: string, tokenizer: Model["tokenizer"]) {
    this.#shape = shape;
    this.#tokenizer = tokenizer;
    this.#head = { id: `${shape.prefix}${randomUUID()}`, created: Math.floor(Date.now() / 1000), model };
  }

  whole(result: GenerationResult): object {
    return {
      ...{ ...this.#head, object: this.#shape.object.whole, usage: usageOf(result) },
      choices: [
        {
          ...{ index: 0, ...this.#shape.whole(result.text, result.toolCalls ?? []), logprobs: this.#logprobs(result) },
          finish_reason: FINISH[result.stopReason],
        },
      ],
    };
  }

  opening(): object | undefined {
    return this.#shape.opening && this.#piece(this.#shape.opening, null);
  }

  piece(piece: Piece): object {
    const logprobs = this.#logprobs(piece);
    this.#said += piece.text.length;
    const { text, toolCalls = [] } = piece;
    const delta = this.#shape.piece(text, toolCalls, this.#calls);
    this.#calls += toolCalls.length;
    return this.#piece(delta, null, logprobs);
  }

  closing({ stopReason }: GenerationResult): object {
    return this.#piece(this.#shape.closing, FINISH[stopReason]);
  }

  /** The last piece, where it was asked for: it has no choice. */
  usage(result: GenerationResult): object {
    return { ...this.#head, object: this.#shape.object.piece, choices: [], usage: usageOf(result) };
  }

  #piece(choice: object, finish: string | null, logprobs: object | null = null): object {
    const { piece: object } = this.#shape.object;
    return { ...this.#head, object, choices: [{ index: 0, ...choice, logprobs, finish_reason: finish }] };
  }

  #logprobs({ logprobs }: Pick<Piece, "logprobs">): object | null {
    return logprobs ? this.#shape.logprobs(this.#tokenizer, logprobs, this.#said) : null;
  }
}
