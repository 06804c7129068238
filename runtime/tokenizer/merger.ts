/** Joins the characters of a word to pieces, best pair first: the part that all kinds of BPE have in common. */

import { MergeQueue } from "./merge-queue.js";
import { PairTable } from "./pair-table.js";
import type { PieceModel } from "./source.js";

/** Takes the pieces of a word in order: `word[start, end)` with its id, or `noPiece`. */
export type TakePiece = (id: number, start: number, end: number) => void;

/** O(n log n) for a word of n characters. Buffers are kept from word to word. */
export class Merger {
  readonly #pairs: PairTable;
  readonly #queue = new MergeQueue();
  /** Of the symbol that starts at an offset: its end, the start of the one before it (−1 for none), its id. */
  #end = new Int32Array(64);
  #before = new Int32Array(64);
  #id = new Int32Array(64);

  constructor(model: PieceModel) {
    this.#pairs = new PairTable(model);
  }

  merge(word: string, take: TakePiece): void {
    this.#start(word);
    const queue = this.#queue;
    const [end, before, ids] = [this.#end, this.#before, this.#id];
    while (queue.length > 0) {
      const left = queue.left[0]!;
      const middle = queue.middle[0]!;
      const right = queue.right[0]!;
      queue.pop();
      // One of the two was joined with another in the meantime.
      if (end[left] !== middle || end[middle] !== right) continue;
      ids[left] = this.#pairs.joined(ids[left]!, ids[middle]!, word, left, middle, right);
      end[left] = right;
      end[middle] = -1;
      if (right < word.length) before[right] = left;
      this.#offer(word, before[left]!, left);
      this.#offer(word, left, right);
    }
    for (let at = 0; at < word.length; at = end[at]!) take(ids[at]!, at, end[at]!);
  }

  /** Every character is a symbol, every pair of neighbours a candidate. */
  #start(word: string): void {
    if (word.length > this.#end.length) {
      this.#end = new Int32Array(2 * word.length);
      this.#before = new Int32Array(2 * word.length);
      this.#id = new Int32Array(2 * word.length);
    }
    for (let at = 0, last = -1; at < word.length; ) {
      const next = at + (word.codePointAt(at)! > 0xffff ? 2 : 1);
      this.#end[at] = next;
      this.#before[at] = last;
      this.#id[at] = this.#pairs.idOf(next - at === 1 ? word[at]! : word.slice(at, next));
      if (next - at === 2) this.#end[at + 1] = -1;
      this.#offer(word, last, at);
      last = at;
      at = next;
    }
  }

  #offer(word: string, left: number, middle: number): void {
    if (left < 0 || middle >= word.length) return;
    const right = this.#end[middle]!;
    const cost = this.#pairs.cost(this.#id[left]!, this.#id[middle]!, word, left, middle, right);
    if (cost < Number.POSITIVE_INFINITY) this.#queue.push(cost, left, middle, right);
  }
}
