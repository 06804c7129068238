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

/** The steps that are queued, oldest first. */
export class Rounds {
  readonly #queued: Round[] = [];

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
    while (members.length > 0 && this.#queued.length <= ahead && members.every((one) => one.writes)) {
      for (const one of members) {
        one.sequence.runner.step();
        one.queued++;
      }
      this.#put(members);
    }
  }

  /** Work is done in order: all of a round has arrived with its last member. */
  #put(members: readonly Reading[]): void {
    const arrived = members.at(-1)!.sequence.runner.arrived();
    // Whoever waits for an older round hears of it there.
    arrived.catch(() => {});
    this.#queued.push({
      members,
      arrived,
      token: ({ sequence, step }) => sequence.runner.token(step),
      logits: ({ sequence }) => sequence.runner.logits(),
    });
  }
}
