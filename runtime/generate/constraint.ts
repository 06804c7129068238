/**
 * What an answer may be, told token by token: before each token `mask` says which may come, and `accept` hears which one came. It is an answer's own, and
 * the host asks it while the device computes the token's logits.
 */
export interface Constraint {
  /**
   * Writes which tokens may come next: bit `token & 31` of word `token >> 5` is set for those that may. `into` has a word for 32 tokens of the model's
   * vocabulary and holds what it held: every word is to be written. Bits beyond the vocabulary are not heeded.
   * @returns false where every token may come; what was written is not looked at then
   */
  mask(into: Uint32Array): boolean;
  /** The token that came, one that `mask` allowed. Of an answer's tokens each once, in their order; those that end an answer too. */
  accept(token: number): void;
  /** Whether what was accepted is whole and nothing may follow: the answer ends here, without a token that says so. */
  readonly ended: boolean;
}
