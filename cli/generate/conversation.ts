import type { ChatMessage, Model, Session } from "../../runtime/index.js";
import { answerOptions, type GenerationOptions } from "../options/generation.js";
import { colours } from "../report/colours.js";
import { printable } from "../report/printable.js";
import { summary } from "./generate.js";
import { noteSilence } from "./silence.js";

const pc = colours(process.stdout);

/** A conversation on a terminal, and the answer under way. */
export class Conversation {
  readonly #model: Model;
  readonly #request: GenerationOptions;
  #session: Session;
  #answering: AbortController | undefined;

  constructor(model: Model, request: GenerationOptions) {
    this.#model = model;
    this.#request = request;
    this.#session = this.#begun();
  }

  get history(): readonly ChatMessage[] {
    return this.#session.history;
  }

  clear(): void {
    this.#session = this.#begun();
  }

  #begun(): Session {
    const { system } = this.#request;
    return this.#model.session(system === undefined ? {} : { system });
  }

  save(path: string): Promise<void> {
    return this.#session.save(path);
  }

  /** Goes on with a conversation that was saved. The one so far stays where that fails. */
  async load(path: string): Promise<void> {
    this.#session = await this.#model.restore(path);
  }

  /** How much of the context the conversation takes, in tokens. */
  async taken(): Promise<{ readonly tokens: number; readonly context: number }> {
    const { history } = this;
    const tokens = history.length === 0 ? 0 : (await this.#model.tokenizer.encodeChat(history)).length;
    return { tokens, context: this.#model.context };
  }

  /** Stops the answer under way; false where there is none. */
  interrupt(): boolean {
    this.#answering?.abort();
    return this.#answering !== undefined;
  }

  async say(text: string): Promise<void> {
    const answering = new AbortController();
    const { signal } = answering;
    this.#answering = answering;
    try {
      const generation = this.#session.prompt(text, { ...answerOptions(this.#request), signal });
      for await (const piece of generation) process.stdout.write(printable(piece.text, process.stdout));
      const result = await generation.result;
      noteSilence(result);
      process.stdout.write(`\n${pc.dim(summary(this.#model, result))}\n`);
    } catch (error) {
      if (!signal.aborted) throw error;
      process.stdout.write(pc.dim(" … stopped\n"));
    } finally {
      this.#answering = undefined;
    }
  }
}
