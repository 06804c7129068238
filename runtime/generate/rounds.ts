import type { Batch } from "../models/batch.js";
import type { Reading } from "./reading.js";

/** A token for each of some answers, on its way. */
export interface Round {
  readonly members: readonly Reading[];
  readonly arrived: Promise<void>;
  /** The token of a member, once it has arrived. */
  token(member: Reading): number;
  /** The logits behind the last token that was queued for it. */
  logits(member: Reading): Promise<Float32Array>;
}

/** The steps that are queued, oldest first: one of all members together where the model can, else one of each in turn. */
export class Rounds {
  readonly #batch: Batch | undefined;
  readonly #queued: Round[] = [];

  constructor(batch: Batch | undefined) {
    this.#batch = batch;
  }

  /** Forgets what is queued: nobody waits for it any more. */
  forget(): void {
    this.#queued.length = 0;
  }

  shift(): Round | undefined {
    return this.#queued.shift();
  }

  /** The token behind a prompt, which its last chunk picks. */
  first(member: Reading): void {
    this.#put([member]);
  }

  /** Queues a step for all members, and up to `ahead` more. */
  async queue(members: readonly Reading[], ahead: number): Promise<void> {
    const batch = members.length > 1 ? this.#batch : undefined;
    const runners = members.map(({ sequence }) => sequence.runner);
    if (batch && !batch.holds(runners)) {
      // Tokens on their way are read by who is in the batch now.
      if (this.#queued.length > 0) return;
      await batch.arrange(runners);
    }
    while (members.length > 0 && this.#queued.length <= ahead && members.every((one) => one.writes)) {
      if (batch) batch.step();
      else for (const runner of runners) runner.step();
      for (const one of members) one.queued++;
      this.#put(members, batch);
    }
  }

  #put(members: readonly Reading[], batch?: Batch): void {
    // Work is done in order: all of a round has arrived with its last member.
    const arrived = batch ? batch.arrived() : members.at(-1)!.sequence.runner.arrived();
    // Whoever waits for an older round hears of it there.
    arrived.catch(() => {});
    this.#queued.push({
      members,
      arrived,
      token: ({ sequence: { runner }, step }) => (batch ? batch.token(runner, step) : runner.token(step)),
      logits: ({ sequence: { runner } }) => (batch ? batch.logits(runner) : runner.logits()),
    });
  }
}
