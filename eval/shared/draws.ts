import { createHash } from "node:crypto";

/** Numbers by chance, the same ones each time for the same seed (sfc32 of PractRand, from a hash of the seed). */
export class Draws {
  readonly #state: Uint32Array;

  /** @param seed all that the draws depend on */
  constructor(...seed: readonly (string | number)[]) {
    const hash = createHash("sha256").update(JSON.stringify(seed)).digest();
    this.#state = Uint32Array.from([0, 4, 8, 12], (place) => hash.readUInt32LE(place));
  }

  #next(): number {
    const state = this.#state;
    const [a, b, c, counter] = state as unknown as [number, number, number, number];
    const sum = (a + b + counter) >>> 0;
    state[3] = counter + 1;
    state[0] = b ^ (b >>> 9);
    state[1] = c + (c << 3);
    state[2] = ((c << 21) | (c >>> 11)) + sum;
    return sum;
  }

  /** A whole number from 0, below `count`. */
  below(count: number): number {
    return Math.floor((this.#next() / 2 ** 32) * count);
  }

  /** A whole number from `first` to `last`, both included. */
  between(first: number, last: number): number {
    return first + this.below(last - first + 1);
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)]!;
  }

  /** `count` of the items, none twice, in any order. */
  sample<Item>(items: readonly Item[], count: number): Item[] {
    const left = [...items];
    return Array.from({ length: Math.min(count, left.length) }, () => {
      const place = this.below(left.length);
      const item = left[place]!;
      left[place] = left.at(-1)!;
      left.pop();
      return item;
    });
  }

  shuffled<Item>(items: readonly Item[]): Item[] {
    return this.sample(items, items.length);
  }

  /** `count` characters of an alphabet. */
  text(alphabet: string, count: number): string {
    return Array.from({ length: count }, () => alphabet[this.below(alphabet.length)]!).join("");
  }

  /** As random UUIDs are written (RFC 9562, version 4). */
  uuid(): string {
    const hex = this.text("0123456789abcdef", 30);
    const [variant] = this.text("89ab", 1);
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(12, 15)}-${variant}${hex.slice(15, 18)}-${hex.slice(18)}`;
  }

  /** What `draw` gives, `count` times and each time something else. */
  distinct(count: number, draw: () => string): string[] {
    const drawn = new Set<string>();
    while (drawn.size < count) drawn.add(draw());
    return [...drawn];
  }
}
