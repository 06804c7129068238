/** Candidates for the next merge, the best first: a binary heap over growing arrays of numbers. */

/** Neighbouring symbols `left` to `middle` and `middle` to `right`, as offsets in the word. */
export class MergeQueue {
  length = 0;
  left = new Int32Array(64);
  middle = new Int32Array(64);
  right = new Int32Array(64);
  #cost = new Float64Array(64);

  push(cost: number, left: number, middle: number, right: number): void {
    if (this.length === this.left.length) this.#grow();
    let at = this.length++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#before(cost, left, parent)) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#set(at, cost, left, middle, right);
  }

  /** Takes out the candidate at index 0: of least cost, of those the leftmost. */
  pop(): void {
    const last = --this.length;
    const cost = this.#cost[last]!;
    const left = this.left[last]!;
    let at = 0;
    for (let child = 1; child < last; child = 2 * at + 1) {
      if (child + 1 < last && this.#before(this.#cost[child + 1]!, this.left[child + 1]!, child)) child++;
      if (!this.#before(this.#cost[child]!, this.left[child]!, last)) break;
      this.#move(child, at);
      at = child;
    }
    this.#set(at, cost, left, this.middle[last]!, this.right[last]!);
  }

  #before(cost: number, left: number, other: number): boolean {
    const difference = cost - this.#cost[other]!;
    return difference < 0 || (difference === 0 && left < this.left[other]!);
  }

  #move(from: number, to: number): void {
    this.#set(to, this.#cost[from]!, this.left[from]!, this.middle[from]!, this.right[from]!);
  }

  #set(at: number, cost: number, left: number, middle: number, right: number): void {
    this.#cost[at] = cost;
    this.left[at] = left;
    this.middle[at] = middle;
    this.right[at] = right;
  }

  #grow(): void {
    const size = this.left.length * 2;
    this.left = grown(this.left, new Int32Array(size));
    this.middle = grown(this.middle, new Int32Array(size));
    this.right = grown(this.right, new Int32Array(size));
    this.#cost = grown(this.#cost, new Float64Array(size));
  }
}

function grown<T extends Int32Array | Float64Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
