import { randomUUID } from "node:crypto";
import type { ChosenLogprob, GenerationResult, Model, Piece } from "../runtime/index.js";
import { chatLogprobs, completionLogprobs } from "./logprobs.js";

/** How an endpoint puts answers into words: whole, and in pieces. */
export interface Shape {
  readonly object: { readonly whole: string; readonly piece: string };
  readonly prefix: string;
  whole(text: string): object;
  /** What comes before the first piece. */
  readonly opening?: object;
  piece(text: string): object;
  /** What comes with the reason for the end. */
  readonly closing: object;
  /** What is said of tokens whose text begins at character `offset` of the answer. */
  logprobs(tokenizer: Model["tokenizer"], told: readonly ChosenLogprob[], offset: number): object;
}

export const CHAT: Shape = {
  object: { whole: "chat.completion", piece: "chat.completion.chunk" },
  prefix: "chatcmpl-",
  whole: (content) => ({ message: { role: "assistant", content, refusal: null } }),
  opening: { delta: { role: "assistant", content: "" } },
  piece: (content) => ({ delta: { content } }),
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
const FINISH = { end: "stop", stop: "stop", maxTokens: "length", context: "length" } as const;

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
          ...{ index: 0, ...this.#shape.whole(result.text), logprobs: this.#logprobs(result) },
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
    return this.#piece(this.#shape.piece(piece.text), null, logprobs);
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
