/** Ids to text as they come, for streaming. */

/** Feeds on one id at a time and gives text in whole characters: a character's bytes may come in several tokens. */
export class TokenDecoder {
  readonly #bytesOf: (id: number) => Uint8Array;
  // Without ignoreBOM a text's first U+FEFF would vanish.
  readonly #utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

  /** `bytesOf` gives the bytes of an id, none for one to leave out. */
  constructor(bytesOf: (id: number) => Uint8Array) {
    this.#bytesOf = bytesOf;
  }

  /** Text completed by this id; "" while a character is incomplete. Bytes that are no UTF-8 become U+FFFD. */
  push(id: number): string {
    return this.#utf8.decode(this.#bytesOf(id), { stream: true });
  }

  /** What was still incomplete, as U+FFFD, or "". The decoder can be used again afterwards. */
  flush(): string {
    return this.#utf8.decode();
  }
}
