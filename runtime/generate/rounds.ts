import type { Batch } from "../models/batch.js";
import type { ChosenLogprob } from "../models/shaping.js";
import type { Reading } from "./reading.js";

/** A token for each of some answers, on its way. */
export interface Round {
  readonly members: readonly Reading[];
  readonly arrived: Promise<void>;
  /** The token of a member, once it has arrived. */
  token(member: Reading): number;
  /** What is told of it, where its answer asks for that. */
  told(member: Reading): ChosenLogprob | undefined;
  /** The logits behind the last token that was queued for it. */
  logits(member: Reading): Promise<Float32Array>;
}

/** The steps that are queued, oldest first: one of all members together where the model can and it is faster, else one of each in turn. */
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

  /** Queues a step for all members, and up to `ahead` more: none where which tokens may come hangs on those that came. */
  async queue(members: readonly Reading[], ahead: number): Promise<void> {
    const batch = this.#batch && members.length >= this.#batch.least ? this.#batch : undefined;
    const runners = members.map(({ sequence }) => sequence.runner);
    if (batch && !batch.holds(runners)) {
      // Tokens on their way are read by who is in the batch now.
      if (this.#queued.length > 0) return;
      await batch.arrange(runners);
    }
    const isConstrained = members.some((one) => one.isConstrained);
    const most = isConstrained ? 0 : ahead;
    while (members.length > 0 && this.#queued.length <= most && members.every((one) => one.writes)) {
      if (isConstrained) await this.#constrained(members, batch);
      else if (batch) batch.step();
      else for (const runner of runners) runner.step();
      for (const one of members) one.queued++;
      this.#put(members, batch);
    }
  }

  /** A step of which not all members may take any token: which ones is asked while the device makes the logits. */
  async #constrained(members: readonly Reading[], batch: Batch | undefined): Promise<void> {
    const shaped = members.filter(({ sequence }) => sequence.runner.isShaped);
    if (batch) batch.forward();
    else for (const { sequence } of shaped) sequence.runner.forward();
    for (const one of members) await one.allow();
    if (batch) {
      batch.choose();
      return;
    }
    for (const { sequence } of members)
      if (sequence.runner.isShaped) sequence.runner.choose();
      else sequence.runner.step();
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
      told: ({ sequence: { runner }, step, answer }) => {
        const { logprobs: top } = answer.choices;
        if (top === undefined) return undefined;
        return batch ? batch.told(runner, step, top) : runner.told(step, top);
      },
      logits: ({ sequence: { runner } }) => (batch ? batch.logits(runner) : runner.logits()),
    });
  }
}
