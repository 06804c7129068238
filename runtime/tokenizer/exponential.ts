/**
 * Whether a pattern's matching can take time that doubles with each letter. It can where one loop can go through the same text on two ways:
 * then n rounds have 2^n of them, and a backtracking matcher tries them all before it gives up. (Weideman et al., "Analyzing Matching
 * Time Behavior of Backtracking Regular Expression Matchers by Using Ambiguity of NFA", CIAA 2016.)
 */

import { PatternPaths, TooManyPaths } from "./pattern-paths.js";
import type { Shape } from "./pattern-shape.js";

/** Work that no released pattern comes near; what takes more is not understood. */
const mostPairs = 1_000_000;
const mostScans = 100;

/**
 * What a pattern does that must not be, or undefined. A group that does not give back counts as one that does: nothing is taken that can take
 * such time, and little is refused that cannot.
 */
export function endlessness(shape: Shape): string | undefined {
  try {
    const paths = new PatternPaths(shape);
    const overlap = overlaps();
    const ambiguous = loops(paths.next).some((loop) => isAmbiguous(paths, loop, overlap));
    return ambiguous ? "can take time that doubles with each letter of a text" : undefined;
  } catch (error) {
    if (error instanceof TooManyPaths) return "has too many parts to tell how long it can take";
    throw error;
  }
}

/** Whether two ways through a loop begin and end at one place and go over the same text. */
function isAmbiguous({ sets, next }: PatternPaths, loop: ReadonlySet<number>, overlap: Overlap): boolean {
  const inside = (place: number) => [...next[place]!].filter(([follower]) => loop.has(follower));
  const followers = new Map([...loop].map((place) => [place, inside(place)]));
  const seen = new Set<number>();
  let looked = 0;
  const pairs = [...loop].map((place): [number, number] => [place, place]);
  for (let pair = pairs.pop(); pair; pair = pairs.pop()) {
    const [a, b] = pair;
    for (const [left, ways] of followers.get(a)!) {
      if (a === b && ways > 1) return true;
      for (const [right] of followers.get(b)!) {
        if (++looked > mostPairs) throw new TooManyPaths();
        if (left === right) {
          // Apart before and together again: every place of a loop leads to every other.
          if (a !== b) return true;
          continue;
        }
        const key = Math.min(left, right) * sets.length + Math.max(left, right);
        if (seen.has(key) || !overlap(sets[left]!, sets[right]!)) continue;
        seen.add(key);
        pairs.push([left, right]);
      }
    }
  }
  return false;
}

/** Places that lead to each other (Tarjan's strongly connected components), without those that lead nowhere back. */
function loops(next: readonly ReadonlyMap<number, number>[]): Set<number>[] {
  const found: Set<number>[] = [];
  const order = new Map<number, number>();
  const lowest = new Map<number, number>();
  const open: number[] = [];
  const visit = (place: number): number => {
    let low = order.size;
    order.set(place, low);
    lowest.set(place, low);
    open.push(place);
    for (const follower of next[place]!.keys()) {
      if (!order.has(follower)) low = Math.min(low, visit(follower));
      else if (lowest.has(follower)) low = Math.min(low, order.get(follower)!);
    }
    if (low === order.get(place)) {
      const loop = new Set(open.splice(open.indexOf(place)));
      for (const one of loop) lowest.delete(one);
      if (loop.size > 1 || next[place]!.has(place)) found.push(loop);
    }
    return low;
  };
  for (const place of next.keys()) if (!order.has(place)) visit(place);
  return found;
}

type Overlap = (left: string, right: string) => boolean;

const isClass = (source: string): boolean => /^(?:\[|\\[pP])/.test(source);

/** Tells whether two classes have a character in common, by looking at all that there are. */
function overlaps(): Overlap {
  const known = new Map<string, boolean>();
  let characters: string | undefined;
  let scans = 0;
  return (left, right) => {
    if (left === right) return true;
    if (!isClass(left) && !isClass(right)) return false;
    const key = [left, right].sort().join("&&");
    const before = known.get(key);
    if (before !== undefined) return before;
    if (++scans > mostScans) throw new TooManyPaths();
    characters ??= everyCharacter();
    const both = new RegExp(`[[${left}]&&[${right}]]`, "v").test(characters);
    known.set(key, both);
    return both;
  };
}

function everyCharacter(): string {
  const [below, surrogates] = [0x10000, 0x800];
  const units = new Uint16Array(below - surrogates + 2 * 0x100000);
  let at = 0;
  for (let unit = 0; unit < below; unit++) if (unit < 0xd800 || unit >= 0xe000) units[at++] = unit;
  for (let high = 0xd800; high < 0xdc00; high++)
    for (let low = 0xdc00; low < 0xe000; low++) {
      units[at++] = high;
      units[at++] = low;
    }
  // Those without a partner, in an order that gives them none.
  const alone = Array.from({ length: surrogates }, (_, index) => String.fromCharCode(0xdfff - index));
  return new TextDecoder("utf-16le").decode(units) + alone.join("");
}
