/**
 * The ways on which a backtracking matcher can go through a pattern: which character may follow which, and on how many ways. They are
 * those of Glushkov's automaton, with their number, since two ways to the same character are tried one after the other.
 */

import type { Shape } from "./pattern-shape.js";

/** Released patterns have some thirty characters and classes. */
const mostPlaces = 2000;
const mostSteps = 200_000;

/** More than this pattern may have, so that nothing is known about it. */
export class TooManyPaths extends Error {}

/** Places in the pattern, with the ways there: 1, or 2 for more than one. */
type Ways = ReadonlyMap<number, number>;

interface Ends {
  readonly first: Ways;
  readonly last: Ways;
  /** Ways through that take no character. */
  readonly empty: number;
}

const NOTHING: Ends = { first: new Map(), last: new Map(), empty: 1 };

const many = (ways: number): number => Math.min(ways, 2);

function sum(a: Ways, b: Ways, times = 1): Ways {
  if (times === 0) return a;
  const all = new Map(a);
  for (const [place, ways] of b) all.set(place, many((all.get(place) ?? 0) + ways * times));
  return all;
}

export class PatternPaths {
  /** The class of each place. */
  readonly sets: string[] = [];
  /** The places that may come next, with the ways there. */
  readonly next: Map<number, number>[] = [];
  #steps = 0;

  constructor(shape: Shape) {
    this.#ends(shape);
  }

  #ends(shape: Shape): Ends {
    if (shape.kind === "set") return this.#place(shape.source);
    if (shape.kind === "sequence")
      return shape.parts.reduce((ends, part) => this.#then(ends, () => this.#ends(part)), NOTHING);
    if (shape.kind === "choice") return shape.parts.map((part) => this.#ends(part)).reduce(either);
    if (shape.kind === "repeat") return this.#repeated(shape.part, shape.least, shape.most);
    this.#ends(shape.part);
    return NOTHING;
  }

  #place(source: string): Ends {
    if (this.sets.length === mostPlaces) throw new TooManyPaths();
    const place = new Map([[this.sets.length, 1]]);
    this.sets.push(source);
    this.next.push(new Map());
    return { first: place, last: place, empty: 0 };
  }

  #then(before: Ends, rest: () => Ends): Ends {
    const after = rest();
    this.#join(before.last, after.first);
    return {
      first: sum(before.first, after.first, before.empty),
      last: sum(after.last, before.last, after.empty),
      empty: many(before.empty * after.empty),
    };
  }

  #join(from: Ways, to: Ways): void {
    this.#steps += 1 + from.size * to.size;
    if (this.#steps > mostSteps) throw new TooManyPaths();
    for (const [place, ways] of from) {
      const next = this.next[place]!;
      for (const [follower, more] of to) next.set(follower, many((next.get(follower) ?? 0) + ways * more));
    }
  }

  /** Written out, but for what has no end. */
  #repeated(part: Shape, least: number, most: number): Ends {
    let ends = NOTHING;
    const endless = most === Number.POSITIVE_INFINITY;
    for (let times = endless ? Math.max(least - 1, 0) : least; times > 0; times--)
      ends = this.#then(ends, () => this.#ends(part));
    if (!endless) return this.#then(ends, () => this.#upTo(part, most - least));
    return this.#then(ends, () => {
      const loop = this.#ends(part);
      this.#join(loop.last, loop.first);
      // JavaScript tries no empty round of a loop that need not go on.
      return least > 0 ? loop : { ...loop, empty: 1 };
    });
  }

  /** (part(part(part)?)?)? */
  #upTo(part: Shape, most: number): Ends {
    if (most <= 0) return NOTHING;
    const ends = this.#then(this.#ends(part), () => this.#upTo(part, most - 1));
    return { ...ends, empty: many(ends.empty + 1) };
  }
}

const either = (a: Ends, b: Ends): Ends => ({
  first: sum(a.first, b.first),
  last: sum(a.last, b.last),
  empty: many(a.empty + b.empty),
});
