/** Joins the characters of a word to pieces, best pair first: the part that all kinds of BPE have in common. */

import { MergeQueue } from "./merge-queue.js";

/**
 * What it costs to join `word[left, middle)` and `word[middle, right)`: the pair of least cost is joined first, of equal
 * ones the leftmost. Infinity forbids it.
 */
export type MergeCost = (word: string, left: number, middle: number, right: number) => number;

/** O(n log n) for a word of n characters. Buffers are kept from word to word. */
export class Merger {
  readonly #cost: MergeCost;
  readonly #queue = new MergeQueue();
  /** End of the symbol that starts at an offset, and start of the one before it (−1 for none). */
  #end = new Int32Array(64);
  #before = new Int32Array(64);

  constructor(cost: MergeCost) {
    this.#cost = cost;
  }

  /** Ends of the pieces of `word`, in order. */
  pieceEnds(word: string): number[] {
    this.#start(word);
    const queue = this.#queue;
    const [end, before] = [this.#end, this.#before];
    while (queue.length > 0) {
      const left = queue.left[0]!;
      const middle = queue.middle[0]!;
      const right = queue.right[0]!;
      queue.pop();
      // One of the two was joined with another in the meantime.
      if (end[left] !== middle || end[middle] !== right) continue;
      end[left] = right;
      end[middle] = -1;
      if (right < word.length) before[right] = left;
      this.#offer(word, before[left]!, left);
      this.#offer(word, left, right);
    }
    const ends: number[] = [];
    for (let at = 0; at < word.length; at = end[at]!) ends.push(end[at]!);
    return ends;
  }

  /** Every character is a symbol, every pair of neighbours a candidate. */
  #start(word: string): void {
    if (word.length > this.#end.length) {
      this.#end = new Int32Array(2 * word.length);
      this.#before = new Int32Array(2 * word.length);
    }
    for (let at = 0, last = -1; at < word.length; ) {
      const next = at + (word.codePointAt(at)! > 0xffff ? 2 : 1);
      this.#end[at] = next;
      this.#before[at] = last;
      if (next - at === 2) this.#end[at + 1] = -1;
      this.#offer(word, last, at);
      last = at;
      at = next;
    }
  }

  #offer(word: string, left: number, middle: number): void {
    if (left < 0 || middle >= word.length) return;
    const right = this.#end[middle]!;
    const cost = this.#cost(word, left, middle, right);
    if (cost < Number.POSITIVE_INFINITY) this.#queue.push(cost, left, middle, right);
  }
}
