import type { ChatMessage } from "../tokenizer/index.js";
import { formOf, saysSame, type Tool, type ToolCall, toolUse } from "../tools/index.js";
import type { Answering } from "./answering.js";
import { requireNoTools } from "./bounds.js";
import { GenerateError } from "./errors.js";
import { Generation, type GenerationResult, type Receiver } from "./generation.js";
import { type GenerateOptions, requireOptions } from "./options.js";
import type { SessionState, Turn } from "./saved-session.js";
import { shown } from "./shown.js";
import { turnOf } from "./turn.js";

/** How a conversation begins. */
export interface SessionOptions {
  /** What the model is told before the conversation. */
  readonly system?: string;
  /** What was said before: a conversation that goes on. */
  readonly history?: readonly ChatMessage[];
  /** What the model may call in any turn; the chat template is told of it. */
  readonly tools?: readonly Tool[];
}

const KNOWN: Readonly<Record<keyof SessionOptions, true>> = { system: true, history: true, tools: true };

/**
 * A conversation with a model. Each turn reads only what is new: what was read and written before is in a cache of the model's, as long as there is memory.
 *
 * ```ts
 * using session = model.session({ system: "Answer in one sentence." });
 * console.log((await session.prompt("Why is the sky blue?").result).text);
 * const { text, cachedTokens } = await session.prompt("And at sunset?").result;
 * ```
 *
 * With tools a turn's answer may call some, and what they gave is the next turn:
 *
 * ```ts
 * using session = model.session({ tools });
 * let { text, toolCalls = [] } = await session.prompt("Do I need an umbrella in Oslo?").result;
 * while (toolCalls.length > 0) {
 *   const given = toolCalls.map(async (call) => ({ role: "tool" as const, toolCallId: call.id, content: await run(call) }));
 *   ({ text, toolCalls = [] } = await session.prompt(await Promise.all(given)).result);
 * }
 * ```
 */
export class Session implements Disposable {
  readonly #answering: Answering;
  readonly #tools: readonly Tool[];
  #history: readonly ChatMessage[];
  #last: Turn | undefined;
  #leave: ((reason: unknown) => void) | undefined;
  #closed = false;

  /** Made by `model.session`. @internal */
  constructor(answering: Answering, options: SessionOptions, last?: Turn) {
    requireOptions(options, KNOWN);
    const { system, history = [], tools } = options;
    if (system !== undefined && typeof system !== "string")
      throw new GenerateError("system", `system is ${shown(system)}; give a text`);
    if (!Array.isArray(history))
      throw new GenerateError("history", `history is ${shown(history)}; give a list of messages`);
    this.#answering = answering;
    this.#tools = toolUse(tools).tools;
    if (this.#tools.length > 0) formOf(answering.speech.tokenizer.toolTemplate);
    this.#history = system === undefined ? [...history] : [{ role: "system", content: system }, ...history];
    this.#last = last;
  }

  /** What was said so far, the system's message included. */
  get history(): readonly ChatMessage[] {
    return this.#history;
  }

  /**
   * Answers a message, as `model.generate` does. It and the answer become part of the history when the answer ends; of an answer that is left before,
   * by its signal or its iteration, what it had said and called; of one that failed, nothing. @param said the user's words, or messages: of the role tool
   * what each call of the answer before gave (its name need not be said), and the user's behind them. @throws GenerateError, from the iteration, where the
   * session answers already or is closed, where a call lacks what it gave, and what `model.generate` throws
   */
  prompt(said: string | readonly ChatMessage[], options: GenerateOptions = {}): Generation {
    return new Generation((to) => {
      let given: GenerateOptions;
      let asked: readonly ChatMessage[];
      try {
        this.#requireFree();
        requireNoTools(options, "model.session, which keeps them for all its turns");
        given = { ...options, tools: this.#tools };
        asked = [...this.#history, ...turnOf(said, this.#history)];
      } catch (error) {
        to.fail(error);
        return () => {};
      }
      const turn = new TurnUnderWay(to, options, (said, answer) => {
        this.#leave = undefined;
        if (said === undefined) return;
        this.#history = [...asked, said];
        this.#last = answer && { encoded: turn.encoded, prompt: turn.prompt, answer: answer.tokens };
      });
      const encode = async () => {
        turn.encoded = await this.#answering.encode(asked, given);
        turn.prompt = this.#continued(turn.encoded);
        return turn.prompt;
      };
      this.#leave = () => {};
      const leave = this.#answering.start(encode, given, turn);
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
    return new Session(this.#answering, this.#state(), this.#last);
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
    await this.#answering.save(path, { ...this.#state(), last: this.#last }, signal);
  }

  #state(): Omit<SessionState, "last"> {
    return { history: this.#history, ...(this.#tools.length > 0 ? { tools: this.#tools } : {}) };
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
   * A conversation's tokens with those of its answers as they were generated: the same text may be written in other tokens, and the same call with other
   * white space, which would have to be read again. Only where the template repeats what the last answer said and called.
   */
  #continued(tokens: readonly number[]): readonly number[] {
    if (!this.#last) return tokens;
    const { tokenizer, ends } = this.#answering.speech;
    const isSame = saysSame(this.#tools, tokenizer.toolTemplate);
    const { encoded, prompt, answer } = this.#last;
    if (!encoded.every((id, index) => id === tokens[index])) return tokens;
    const textOf = (ids: readonly number[]) => tokenizer.decode(ids, { continues: true });
    const said = textOf(answer);
    const isEnd = (id: number, index: number) =>
      index >= encoded.length && ends.has(id) && isSame(textOf(tokens.slice(encoded.length, index)), said);
    const end = tokens.findIndex(isEnd);
    if (end < 0) return tokens;
    return [...prompt, ...answer, ...tokens.slice(end)];
  }
}

const closed = () =>
  new GenerateError("session", "the session was used after it was closed: begin another with model.session");

/** Hears what an answer says and calls, for the history. */
class TurnUnderWay implements Receiver {
  encoded: readonly number[] = [];
  prompt: readonly number[] = [];
  isLeft = false;
  isOver = false;
  readonly #to: Receiver;
  readonly #options: GenerateOptions;
  readonly #ended: (said: ChatMessage | undefined, result?: GenerationResult) => void;
  #said = "";
  readonly #calls: ToolCall[] = [];

  constructor(
    to: Receiver,
    options: GenerateOptions,
    ended: (said: ChatMessage | undefined, result?: GenerationResult) => void,
  ) {
    this.#to = to;
    this.#options = options;
    this.#ended = ended;
  }

  piece(piece: Parameters<Receiver["piece"]>[0]): void {
    this.#said += piece.text;
    this.#calls.push(...(piece.toolCalls ?? []));
    this.#to.piece(piece);
  }

  end(result: GenerationResult): void {
    this.isOver = true;
    this.#ended(this.#message(), result);
    this.#to.end(result);
  }

  fail(reason: unknown): void {
    this.isOver = true;
    const isLeft = this.isLeft || this.#options.signal?.aborted;
    this.#ended(isLeft && (this.#said !== "" || this.#calls.length > 0) ? this.#message() : undefined);
    this.#to.fail(reason);
  }

  #message(): ChatMessage {
    const [content, toolCalls] = [this.#said, this.#calls];
    return { role: "assistant", content, ...(toolCalls.length > 0 ? { toolCalls } : {}) };
  }
}
