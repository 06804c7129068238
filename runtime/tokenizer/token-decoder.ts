/** Ids to text as they come, for streaming. */

import type { TokenizerSource } from "./source.js";

/** What an id is to a decoder: part of a text, a token between stretches of text, or one that is not shown. */
export type Special = "text" | "special" | "left out";

interface DecoderOptions {
  /** Bytes of an id. */
  readonly bytesOf: (id: number) => Uint8Array;
  readonly special: (id: number) => Special;
  /** Where a space is encoding's and not the text's. */
  readonly spaceBefore: TokenizerSource["spaceBefore"];
  /** The first id is not the start of a text. */
  readonly continues: boolean;
}

const nothing = new Uint8Array();
const space = 0x20;

/** Feeds on one id at a time and gives text in whole characters: a character's bytes may come in several tokens. */
export class TokenDecoder {
  readonly #options: DecoderOptions;
  // Without ignoreBOM a text's first U+FEFF would vanish.
  readonly #utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
  /** A space that comes next was put there by encoding. */
  #spaceIsOurs: boolean;

  /** Made by a tokenizer. @internal */
  constructor(options: DecoderOptions) {
    this.#options = options;
    this.#spaceIsOurs = this.#startsWithSpace;
  }

  /** Text completed by this id; "" while a character is incomplete. Bytes that are no UTF-8 become U+FFFD. */
  push(id: number): string {
    return this.#utf8.decode(this.#shown(id), { stream: true });
  }

  /** What was still incomplete, as U+FFFD, or "". The decoder can be used again afterwards. */
  flush(): string {
    this.#spaceIsOurs = this.#startsWithSpace;
    return this.#utf8.decode();
  }

  get #startsWithSpace(): boolean {
    return this.#options.spaceBefore !== "nothing" && !this.#options.continues;
  }

  #shown(id: number): Uint8Array {
    const { bytesOf, special, spaceBefore } = this.#options;
    const kind = special(id);
    const bytes = bytesOf(id);
    if (kind !== "text") {
      this.#spaceIsOurs ||= spaceBefore === "every stretch";
      return kind === "special" ? bytes : nothing;
    }
    const takeOut = this.#spaceIsOurs && bytes[0] === space;
    this.#spaceIsOurs = false;
    return takeOut ? bytes.subarray(1) : bytes;
  }
}
