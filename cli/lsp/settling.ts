import { deferred } from "../../runtime/deferred.js";

/** Work that is done once nothing has changed for a while. */
export class Settling {
  readonly #ms: number;
  readonly #work: () => void;
  #timer: NodeJS.Timeout | undefined;
  #waiting: ReturnType<typeof deferred<void>> | undefined;

  constructor(ms: number, work: () => void) {
    this.#ms = ms;
    this.#work = work;
  }

  /** Something has changed: what was about to be done waits again. */
  changed(): void {
    clearTimeout(this.#timer);
    this.#waiting ??= deferred<void>();
    this.#timer = setTimeout(() => {
      const { resolve } = this.#waiting!;
      this.#waiting = undefined;
      this.#work();
      resolve();
    }, this.#ms);
  }

  /** Resolves when all that has changed is done. */
  async settled(): Promise<void> {
    while (this.#waiting !== undefined) await this.#waiting.promise;
  }
}
