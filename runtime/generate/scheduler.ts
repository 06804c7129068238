import { OutOfMemoryError } from "../device/errors.js";
import type { ModelDecoder } from "../models/decoder.js";
import type { Answer } from "./answer.js";
import { GenerateError } from "./errors.js";
import { Reading } from "./reading.js";
import { type Round, Rounds } from "./rounds.js";
import type { SequencePool } from "./sequence-pool.js";

export interface SchedulerOptions {
  /** Answers at once. */
  readonly places: number;
  /** Answers that may wait for a place. */
  readonly waiting: number;
  /** Looks for the reason where what comes out is no number: the error to throw. */
  readonly explain: (signal: AbortSignal | undefined) => Promise<Error>;
}

/** Tokens that prompts must begin with to wait for each other: fewer are read as soon. */
const WORTH = 64;

/**
 * Answers many prompts at once, as far as there are places, and one after another beyond that. It goes round: who was left goes, who waits joins where
 * there is a place, one chunk of a prompt is read, and everybody whose prompt is read gets a token. A piece of other work may come before.
 */
export class Scheduler {
  readonly #decoder: ModelDecoder;
  readonly #pool: SequencePool;
  readonly #options: SchedulerOptions;
  readonly #rounds: Rounds;
  #waiting: Answer[] = [];
  /** In the order in which they joined. */
  #active: Reading[] = [];
  /** Those whose prompt is not read yet, the one whose turn comes first. */
  #readers: Reading[] = [];
  /** Nobody has left since there was no memory for another. */
  #full = false;
  /** Other work of the device's, a piece between steps. */
  readonly #aside: { readonly run: () => Promise<void>; readonly fail: (reason: unknown) => void }[] = [];
  #going: Promise<void> | undefined;
  #closed = false;

  constructor(decoder: ModelDecoder, pool: SequencePool, options: SchedulerOptions) {
    this.#decoder = decoder;
    this.#pool = pool;
    this.#options = options;
    this.#rounds = new Rounds(decoder.batch);
  }

  /** Takes a place in the queue, also before it is known what is asked. @throws GenerateError where the queue is full */
  enter(answer: Answer): void {
    const { waiting } = this.#options;
    if (this.#waiting.length >= waiting + Math.max(0, this.#options.places - this.#active.length))
      throw new GenerateError(
        "waiting",
        `${waiting} generations wait already, as many as may: ask again later, or load the model with a larger waiting or more sequences`,
      );
    answer.onLeft = () => this.#forget(answer);
    this.#waiting.push(answer);
  }

  /** It is known what the answer is asked. */
  ready(): void {
    this.#going ??= this.#go();
  }

  /** Does a piece of other work in its turn: no longer than a chunk of a prompt, since all wait for it. */
  aside<Value>(work: () => Promise<Value>): Promise<Value> {
    return new Promise((resolve, reject) => {
      this.#aside.push({ run: () => work().then(resolve, reject), fail: reject });
      this.ready();
    });
  }

  /** Ends all answers at once, for a reason of those that wait and one of those that have begun; what is queued still runs. */
  close(waiting: Error, active: Error): void {
    this.#closed = true;
    for (const answer of this.#waiting.splice(0)) answer.fail(waiting);
    for (const { answer } of this.#active.splice(0)) answer.fail(active);
    for (const { fail } of this.#aside.splice(0)) fail(waiting);
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await this.#going;
  }

  #forget(answer: Answer): void {
    this.#waiting = this.#waiting.filter((one) => one !== answer);
  }

  async #go(): Promise<void> {
    while (!this.#closed) {
      for (const one of this.#active.filter(({ answer }) => answer.settled)) this.#leave(one);
      await this.#admit();
      const isIdle = this.#active.length === 0 && !this.#waiting.some(({ asked }) => asked);
      if (this.#closed || (isIdle && this.#aside.length === 0)) break;
      await this.#aside.shift()?.run();
      await this.#readChunk();
      await this.#step();
    }
    this.#going = undefined;
    this.#rounds.forget();
  }

  /** Who waits gets a place, and a sequence with what is known of the prompt. */
  async #admit(): Promise<void> {
    while (this.#active.length < this.#options.places && !this.#full) {
      const answer = this.#next();
      if (!answer) return;
      const { prompt, limit } = answer.asked!;
      try {
        const sequence = await this.#pool.acquire(prompt, prompt.length + limit);
        if (this.#waiting.includes(answer)) this.#join(new Reading(answer, sequence, this.#options.places > 1));
        else this.#pool.release(sequence);
      } catch (error) {
        if (error instanceof OutOfMemoryError && this.#active.length > 0) {
          this.#full = true;
          return;
        }
        answer.fail(error instanceof OutOfMemoryError ? this.#tooLong(prompt.length + limit, error) : error);
      }
      this.#forget(answer);
    }
  }

  /** The first that waits for a place alone. Those that wait for what another reads, and then copy it, have places that nobody takes meanwhile. */
  #next(): Answer | undefined {
    let places = this.#options.places - this.#active.length;
    for (const answer of this.#waiting) {
      if (places <= 0) return undefined;
      if (!answer.asked) continue;
      const { prompt } = answer.asked;
      const isRead = (one: Reading) => {
        const shared = this.#pool.shareable(one.beginning(prompt), one.answer.asked!.prompt.length);
        return shared >= WORTH && shared > one.sequence.cached.length;
      };
      if (!this.#readers.some(isRead)) return answer;
      places--;
    }
    return undefined;
  }

  /** A chunk of one prompt; prompts take turns. */
  async #readChunk(): Promise<void> {
    const next = this.#readers.shift();
    if (!next) return;
    try {
      await next.readChunk();
      if (next.reads) this.#readers.push(next);
      else this.#rounds.first(next);
    } catch (error) {
      this.#fail(next, error);
    }
  }

  /** Queues steps and waits for the oldest one. */
  async #step(): Promise<void> {
    const writing = this.#active.filter((one) => one.writes);
    const hasPlace = this.#active.length < this.#options.places && !this.#full;
    const othersWait = this.#readers.length > 0 || (hasPlace && this.#waiting.length > 0);
    try {
      await this.#rounds.queue(writing, othersWait ? 0 : this.#decoder.host.device.traits.stepsAhead);
    } catch (error) {
      for (const one of writing) this.#fail(one, error);
    }
    const round = this.#rounds.shift();
    if (!round) return;
    try {
      await round.arrived;
      for (const one of round.members) await this.#deliver(one, round);
    } catch (error) {
      for (const one of round.members) this.#fail(one, error);
    }
  }

  async #deliver(one: Reading, round: Round): Promise<void> {
    // Steps that were queued ahead of its end say nothing.
    if (this.#closed || !this.#active.includes(one) || one.answer.settled) return;
    try {
      if (one.take(round.token(one), round.told(one))) return;
      if (!(await this.#areNumbers(one, round))) return;
      this.#leave(one);
      one.answer.end();
    } catch (error) {
      this.#fail(one, error);
    }
  }

  /**
   * Where logits are no numbers no token is likelier than another, and the vocabulary's first is picked for ever; once they are, they stay so.
   * One look at the end, because one in between would make steps wait.
   */
  async #areNumbers(one: Reading, round: Round): Promise<boolean> {
    const logits = await round.logits(one);
    if (logits.subarray(0, this.#decoder.host.config.tokens).every(Number.isFinite)) return true;
    one.sequence.cut(0);
    this.#leave(one);
    // Others do not wait for that: it reads all weights.
    void this.#options.explain(one.answer.signal).then(
      (error) => one.answer.fail(error),
      (error) => one.answer.fail(error),
    );
    return false;
  }

  #fail(one: Reading, error: unknown): void {
    if (!this.#active.includes(one)) return;
    one.answer.fail(error);
    this.#leave(one);
  }

  #join(one: Reading): void {
    this.#active.push(one);
    this.#readers.push(one);
  }

  #leave(one: Reading): void {
    this.#active = this.#active.filter((other) => other !== one);
    this.#readers = this.#readers.filter((other) => other !== one);
    this.#pool.release(one.sequence);
    this.#full = false;
  }

  #tooLong(tokens: number, cause: OutOfMemoryError): GenerateError {
    const { name } = this.#decoder.host.device;
    return new GenerateError(
      "context",
      `prompt and answer have up to ${tokens} tokens, and about ${this.#pool.fits} fit into the memory of ${name}: shorten the prompt or lower maxTokens`,
      { cause },
    );
  }
}
