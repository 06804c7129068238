import { setMaxListeners } from "node:events";
import type { ChosenLogprob } from "../models/shaping.js";
import type { Tokenizer } from "../tokenizer/index.js";
import type { CallReader, Heard, ToolCall } from "../tools/index.js";
import type { Calls } from "./bounds.js";
import type { Piece, Receiver, StopReason } from "./generation.js";
import type { Choices, GenerateOptions } from "./options.js";
import { Text } from "./text.js";

/** How tokens become text, and which of them end an answer: the tokenizer's, and those that the model's configuration names. */
export interface Speech {
  readonly tokenizer: Tokenizer;
  readonly ends: ReadonlySet<number>;
}

/** One answer from its call to its end: what is asked, the tokens so far, and who hears of them. */
export class Answer {
  readonly choices: Choices;
  readonly #options: GenerateOptions;
  readonly #to: Receiver;
  readonly #ends: ReadonlySet<number>;
  readonly #text: Text;
  readonly #reader: CallReader | undefined;
  readonly #calls: ToolCall[] = [];
  #said = "";
  readonly #tokens: number[] = [];
  readonly #logprobs: ChosenLogprob[] = [];
  /** Of these, how many pieces have told. */
  #told = 0;
  readonly #called = performance.now();
  #clock = { readAt: 0, firstAt: 0, lastAt: 0 };
  #asked: { readonly prompt: readonly number[]; readonly limit: number } | undefined;
  #past = 0;
  #stopReason: StopReason = "maxTokens";
  #settled = false;

  constructor({ tokenizer, ends }: Speech, choices: Choices, options: GenerateOptions, to: Receiver, calls?: Calls) {
    this.choices = choices;
    this.#options = options;
    this.#to = to;
    this.#ends = choices.ignoreEos ? new Set() : ends;
    this.#text = new Text(tokenizer, choices.stop, calls?.signs);
    this.#reader = calls?.reader;
  }

  /** Ends with its signal from now on. */
  listen(): void {
    const { signal } = this.#options;
    if (!signal) return;
    // One listener for each answer that one signal ends: not a leak.
    setMaxListeners(0, signal);
    signal.addEventListener("abort", this.#aborted);
  }

  /** Called where a signal ends it. */
  onLeft: () => void = () => {};

  get signal(): AbortSignal | undefined {
    return this.#options.signal;
  }

  /** The prompt's tokens, once they are known, and how many may follow. */
  get asked() {
    return this.#asked;
  }

  /** Whether its end, or the reason why there is none, has been told. */
  get settled(): boolean {
    return this.#settled;
  }

  ask(prompt: readonly number[], limit: number): void {
    this.#asked = { prompt, limit };
    if (limit < this.choices.maxTokens) this.#stopReason = "context";
  }

  /** Reading begins behind the `past` tokens that need not be read. */
  begin(past: number): void {
    this.#past = past;
    this.#clock.readAt = performance.now();
  }

  progress(done: number): void {
    this.#options.onPrefill?.(done, this.#asked!.prompt.length);
  }

  /** The next token, with what is told of it; whether there may be others behind it. */
  take(token: number, told?: ChosenLogprob): boolean {
    this.#clock.lastAt = performance.now();
    this.#clock.firstAt ||= this.#clock.lastAt;
    const { constraint, stopIds } = this.choices;
    constraint?.accept(token);
    if (this.#ends.has(token) || stopIds.has(token)) {
      this.#stopReason = this.#ends.has(token) ? "end" : "stop";
      return false;
    }
    this.#tokens.push(token);
    if (told) this.#logprobs.push(told);
    this.#hear(this.#text.push(token));
    if (this.#text.stopped) return false;
    if (this.#reader?.isFull || constraint?.ended) {
      this.#stopReason = "end";
      return false;
    }
    return this.#tokens.length < this.#asked!.limit;
  }

  /** Tells what new text says: with tools, what of it is text and what are calls. */
  #hear(text: string): void {
    this.#tell(this.#reader && text ? this.#reader.push(text) : { text, calls: [] });
  }

  #tell({ text, calls }: Heard): void {
    this.#said += text;
    this.#calls.push(...calls);
    if (text || calls.length > 0) this.#piece(text, calls);
  }

  /** A piece that ends with the latest token. */
  #piece(text: string, calls: readonly ToolCall[] = []): void {
    const piece: Piece = { text, token: this.#tokens.at(-1)!, ...(calls.length > 0 ? { toolCalls: calls } : {}) };
    const isTold = this.choices.logprobs !== undefined;
    this.#to.piece(isTold ? { ...piece, logprobs: this.#logprobs.slice(this.#told) } : piece);
    this.#told = this.#logprobs.length;
  }

  end(): void {
    if (!this.#settle()) return;
    const [text, tokens] = [this.#text, this.#tokens];
    this.#hear(text.end());
    const isCut = !text.stopped && this.#stopReason !== "end";
    const told = this.#calls.length;
    const isCalling = this.#reader?.isCalling ?? false;
    if (this.#reader) this.#tell(this.#reader.end(isCut, text.stopped));
    const isStopped = text.stopped || this.#stopReason === "stop";
    const isHalf = isStopped ? isCalling && this.#calls.length === told : isCut;
    // What is told of tokens without text is told all the same.
    if (this.#told < this.#logprobs.length) this.#piece("");
    const { readAt, firstAt, lastAt } = this.#clock;
    const { prompt } = this.#asked!;
    const decodeMs = lastAt - firstAt;
    this.#to.end({
      text: this.#said,
      ...(this.#reader ? { toolCalls: this.#calls } : {}),
      tokens,
      ...(this.choices.logprobs === undefined ? {} : { logprobs: this.#logprobs }),
      promptTokens: prompt.length,
      cachedTokens: this.#past,
      // Whole calls are the reason, unless more was cut off.
      stopReason: this.#calls.length > 0 && !isHalf ? "toolCalls" : text.stopped ? "stop" : this.#stopReason,
      timings: {
        firstTokenMs: firstAt - this.#called,
        decodeMs,
        promptTokensPerSecond: ((prompt.length - this.#past) / (firstAt - readAt)) * 1000,
        tokensPerSecond: decodeMs > 0 ? ((tokens.length - 1) / decodeMs) * 1000 : 0,
      },
    });
  }

  fail(reason: unknown): void {
    if (this.#settle()) this.#to.fail(reason);
  }

  readonly #aborted = (): void => {
    this.fail(this.#options.signal!.reason);
    this.onLeft();
  };

  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    this.#options.signal?.removeEventListener("abort", this.#aborted);
    return true;
  }
}
