import type { ChatMessage } from "../tokenizer/index.js";
import type { Answering } from "./answering.js";
import { requireNoTools } from "./bounds.js";
import { GenerateError } from "./errors.js";
import { Generation, type GenerationResult, type Receiver } from "./generation.js";
import { type GenerateOptions, requireOptions } from "./options.js";
import type { Turn } from "./saved-session.js";
import { shown } from "./shown.js";

/** How a conversation begins. */
export interface SessionOptions {
  /** What the model is told before the conversation. */
  readonly system?: string;
  /** What was said before: a conversation that goes on. */
  readonly history?: readonly ChatMessage[];
}

const KNOWN: Readonly<Record<keyof SessionOptions, true>> = { system: true, history: true };

/**
 * A conversation with a model. Each turn reads only what is new: what was read and written before is in a cache of the model's, as long as there is memory.
 *
 * ```ts
 * using session = model.session({ system: "Answer in one sentence." });
 * console.log((await session.prompt("Why is the sky blue?").result).text);
 * const { text, cachedTokens } = await session.prompt("And at sunset?").result;
 * ```
 */
export class Session implements Disposable {
  readonly #answering: Answering;
  #history: readonly ChatMessage[];
  #last: Turn | undefined;
  #leave: ((reason: unknown) => void) | undefined;
  #closed = false;

  /** Made by `model.session`. @internal */
  constructor(answering: Answering, options: SessionOptions, last?: Turn) {
    requireOptions(options, KNOWN);
    const { system, history = [] } = options;
    if (system !== undefined && typeof system !== "string")
      throw new GenerateError("system", `system is ${shown(system)}; give a text`);
    if (!Array.isArray(history))
      throw new GenerateError("history", `history is ${shown(history)}; give a list of messages`);
    this.#answering = answering;
    this.#history = system === undefined ? [...history] : [{ role: "system", content: system }, ...history];
    this.#last = last;
  }

  /** What was said so far, the system's message included. */
  get history(): readonly ChatMessage[] {
    return this.#history;
  }

  /**
   * Answers a message, as `model.generate` does. It and the answer become part of the history when the answer ends; of an answer that is left before,
   * by its signal or its iteration, what it had said; of one that failed, nothing. @throws GenerateError, from the iteration, where the session answers
   * already or is closed, and what `model.generate` throws
   */
  prompt(text: string, options: GenerateOptions = {}): Generation {
    return new Generation((to) => {
      try {
        this.#requireFree();
        requireNoTools(options, "model.generate, which takes calls and what they gave as messages");
      } catch (error) {
        to.fail(error);
        return () => {};
      }
      const asked = [...this.#history, { role: "user" as const, content: text }];
      const turn = new TurnUnderWay(to, options, (said, answer) => {
        this.#leave = undefined;
        if (said === undefined) return;
        this.#history = [...asked, { role: "assistant", content: said }];
        this.#last = answer && { encoded: turn.encoded, prompt: turn.prompt, answer: answer.tokens };
      });
      const encode = async () => {
        turn.encoded = await this.#answering.speech.tokenizer.encodeChat(asked, { signal: options.signal });
        turn.prompt = this.#continued(turn.encoded);
        return turn.prompt;
      };
      this.#leave = () => {};
      const leave = this.#answering.start(encode, options, turn);
      const left = (reason: unknown) => {
        turn.isLeft = true;
        leave(reason);
      };
      if (!turn.isOver) this.#leave = left;
      return left;
    });
  }

  /** A session that goes on from here by itself; what both have in common is read once. */
  fork(): Session {
    if (this.#closed) throw closed();
    return new Session(this.#answering, { history: this.#history }, this.#last);
  }

  /**
   * Writes the conversation to a file, whole or not at all, with keys and values of what was read: `model.restore` goes on from there. Memory does not
   * grow with its length. @throws GenerateError while it answers, SessionFileError where the file cannot be written
   *
   * @example
   * await session.save("sky.session");
   * using again = await model.restore("sky.session");
   */
  async save(path: string, { signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    this.#requireFree();
    const { history } = this;
    await this.#answering.save(path, { history, last: this.#last }, signal);
  }

  /** Ends the answer under way, if there is one. What the session read may still serve others. */
  [Symbol.dispose](): void {
    this.#closed = true;
    this.#leave?.(new DOMException("The session was closed before the answer's end", "AbortError"));
  }

  #requireFree(): void {
    if (this.#closed) throw closed();
    if (this.#leave)
      throw new GenerateError("session", "the session is answering already: wait for that answer, or fork the session");
  }

  /**
   * A conversation's tokens with those of its answers as they were generated: the same text may be written in other tokens, which would have to be read
   * again. Only where the template repeats the last answer as it was.
   */
  #continued(tokens: readonly number[]): readonly number[] {
    if (!this.#last) return tokens;
    const { tokenizer, ends } = this.#answering.speech;
    const { encoded, prompt, answer } = this.#last;
    if (!encoded.every((id, index) => id === tokens[index])) return tokens;
    const textOf = (ids: readonly number[]) => tokenizer.decode(ids, { continues: true });
    const said = textOf(answer);
    const isEnd = (id: number, index: number) =>
      index >= encoded.length && ends.has(id) && textOf(tokens.slice(encoded.length, index)) === said;
    const end = tokens.findIndex(isEnd);
    if (end < 0) return tokens;
    return [...prompt, ...answer, ...tokens.slice(end)];
  }
}

const closed = () =>
  new GenerateError("session", "the session was used after it was closed: begin another with model.session");

/** Hears what an answer says, for the history. */
class TurnUnderWay implements Receiver {
  encoded: readonly number[] = [];
  prompt: readonly number[] = [];
  isLeft = false;
  isOver = false;
  readonly #to: Receiver;
  readonly #options: GenerateOptions;
  readonly #ended: (said: string | undefined, result?: GenerationResult) => void;
  #said = "";

  constructor(
    to: Receiver,
    options: GenerateOptions,
    ended: (said: string | undefined, result?: GenerationResult) => void,
  ) {
    this.#to = to;
    this.#options = options;
    this.#ended = ended;
  }

  piece(piece: Parameters<Receiver["piece"]>[0]): void {
    this.#said += piece.text;
    this.#to.piece(piece);
  }

  end(result: GenerationResult): void {
    this.isOver = true;
    this.#ended(result.text, result);
    this.#to.end(result);
  }

  fail(reason: unknown): void {
    this.isOver = true;
    const isLeft = this.isLeft || this.#options.signal?.aborted;
    this.#ended(isLeft && this.#said !== "" ? this.#said : undefined);
    this.#to.fail(reason);
  }
}
