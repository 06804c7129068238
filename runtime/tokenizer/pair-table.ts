/** What joining two pieces gives, remembered by their ids: a look-up by text takes ten times as long. */

import type { PieceModel } from "./source.js";

/** Not a piece: an unknown character, or a spelling that merges make and the vocabulary lacks. */
export const noPiece = -1;

const empty = -2;
const mostKept = 1 << 20;

/** An open hash table of pairs of ids, filled as pairs occur. */
export class PairTable {
  readonly #order: PieceModel["order"];
  readonly #pieces: ReadonlyMap<string, number>;
  #size = 1 << 12;
  #count = 0;
  #left = new Int32Array(this.#size).fill(empty);
  #right = new Int32Array(this.#size);
  #cost = new Float64Array(this.#size);
  #joined = new Int32Array(this.#size);

  constructor({ order, pieces }: PieceModel) {
    this.#order = order;
    this.#pieces = pieces;
  }

  /** Id of a spelling, or `noPiece`. */
  idOf(spelling: string): number {
    return this.#pieces.get(spelling) ?? noPiece;
  }

  /** Cost of joining `word[start, middle)`, which is the piece `left`, and `word[middle, end)`, the piece `right`. */
  cost(left: number, right: number, word: string, start: number, middle: number, end: number): number {
    if (left < 0 || right < 0) return this.#costOf(word.slice(start, middle), word.slice(middle, end));
    const slot = this.#slot(left, right, word, start, middle, end);
    return this.#cost[slot]!;
  }

  /** Id of what they make. */
  joined(left: number, right: number, word: string, start: number, middle: number, end: number): number {
    if (left < 0 || right < 0) return this.idOf(word.slice(start, end));
    const slot = this.#slot(left, right, word, start, middle, end);
    return this.#joined[slot]!;
  }

  /** Where the pair is. The table may be another afterwards. */
  #slot(left: number, right: number, word: string, start: number, middle: number, end: number): number {
    let slot = this.#find(left, right);
    if (this.#left[slot] === empty) {
      if (2 * ++this.#count > this.#size) {
        this.#grow();
        slot = this.#find(left, right);
      }
      this.#left[slot] = left;
      this.#right[slot] = right;
      this.#cost[slot] = this.#costOf(word.slice(start, middle), word.slice(middle, end));
      // Most pairs are never joined.
      this.#joined[slot] = this.#cost[slot] === Number.POSITIVE_INFINITY ? noPiece : this.idOf(word.slice(start, end));
    }
    return slot;
  }

  /** Where the pair is, or where it would go. */
  #find(left: number, right: number): number {
    const mask = this.#size - 1;
    const mixed = Math.imul(Math.imul(left, 0x9e3779b1) ^ right, 0x85ebca6b);
    let slot = (mixed ^ (mixed >>> 15)) & mask;
    while (this.#left[slot] !== empty && (this.#left[slot] !== left || this.#right[slot] !== right)) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  /** Twice as large, or empty again when it has become too large: all can be found anew. */
  #grow(): void {
    const [left, right, cost, joined] = [this.#left, this.#right, this.#cost, this.#joined];
    const startAnew = this.#size >= 2 * mostKept;
    this.#size = startAnew ? 1 << 12 : 2 * this.#size;
    this.#left = new Int32Array(this.#size).fill(empty);
    this.#right = new Int32Array(this.#size);
    this.#cost = new Float64Array(this.#size);
    this.#joined = new Int32Array(this.#size);
    if (startAnew) {
      this.#count = 1;
      return;
    }
    left.forEach((id, old) => {
      if (id === empty) return;
      const slot = this.#find(id, right[old]!);
      this.#left[slot] = id;
      this.#right[slot] = right[old]!;
      this.#cost[slot] = cost[old]!;
      this.#joined[slot] = joined[old]!;
    });
  }

  /** The pair of least cost is joined first, of equal ones the leftmost. Infinity forbids it. */
  #costOf(left: string, right: string): number {
    if ("ranks" in this.#order) return this.#order.ranks.get(`${left} ${right}`) ?? Number.POSITIVE_INFINITY;
    const id = this.#pieces.get(left + right);
    return id === undefined ? Number.POSITIVE_INFINITY : -this.#order.scores[id]!;
  }
}
