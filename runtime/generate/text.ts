import type { Tokenizer } from "../tokenizer/index.js";
import { StopFilter } from "./stop-filter.js";

/** The text of tokens that come one by one, up to where a stop text begins. */
export class Text {
  readonly #decoder: ReturnType<Tokenizer["decoder"]>;
  readonly #filter: StopFilter;
  whole = "";

  /** @param shown control tokens that are text all the same */
  constructor(tokenizer: Tokenizer, stop: readonly string[], shown?: ReadonlySet<number>) {
    this.#decoder = tokenizer.decoder({ skipSpecial: true, continues: true, shown });
    this.#filter = new StopFilter(stop);
  }

  get stopped(): boolean {
    return this.#filter.stopped;
  }

  push(token: number): string {
    return this.#keep(this.#filter.push(this.#decoder.push(token)));
  }

  /** What was held back. */
  end(): string {
    return this.#keep(this.#filter.push(this.#decoder.flush()) + this.#filter.flush());
  }

  #keep(piece: string): string {
    this.whole += piece;
    return piece;
  }
}
