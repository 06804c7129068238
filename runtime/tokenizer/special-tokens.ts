/** Finds special tokens in text, and keeps texts of users from forging them. */

export type Piece = { readonly text: string } | { readonly id: number };

/** Cuts text at the tokens of a table; at each place the longest wins. */
export type Splitter = (text: string) => Piece[];

export function splitter(tokens: ReadonlyMap<string, number>): Splitter {
  if (tokens.size === 0) return (text) => [{ text }];
  const pattern = new RegExp(`(${alternatives(tokens)})`, "u");
  return (text) =>
    text
      .split(pattern)
      .filter((part) => part !== "")
      .map((part) => {
        const id = tokens.get(part);
        return id === undefined ? { text: part } : { id };
      });
}

/**
 * Marks text so that no special token is found in it, nor made when trusted text comes before or after it. The mark, a
 * character that does not occur in the text, goes after the first character of each token, and to an end of the text
 * that could be completed to a token by a neighbour; take it out again after cutting. Trusted text around the shielded
 * one keeps its own tokens.
 */
export type Shield = (text: string, mark: string) => string;

export function shieldAgainst(tokens: ReadonlyMap<string, number>): Shield {
  if (tokens.size === 0) return (text) => text;
  const token = new RegExp(`(?=${alternatives(tokens)})([\\s\\S])`, "gu");
  const heads = new Set<string>();
  const tails = new Set<string>();
  for (const whole of tokens.keys()) {
    for (let cut = 1; cut < whole.length; cut++) {
      heads.add(whole.slice(0, cut));
      tails.add(whole.slice(cut));
    }
  }
  return (text, mark) => {
    const before = some(tails, (tail) => text.startsWith(tail)) ? mark : "";
    const after = some(heads, (head) => text.endsWith(head)) ? mark : "";
    return before + text.replace(token, `$1${mark}`) + after;
  };
}

/** Noncharacters, which Unicode promises never to assign. */
const marks = Array.from({ length: 32 }, (_, i) => String.fromCharCode(0xfdd0 + i));

/** A character that is in none of `texts`, or undefined if someone used them all. */
export const unusedMark = (texts: readonly string[]): string | undefined =>
  marks.find((mark) => !texts.some((text) => text.includes(mark)));

function alternatives(tokens: ReadonlyMap<string, number>): string {
  const longestFirst = [...tokens.keys()].sort((a, b) => b.length - a.length);
  return longestFirst.map((token) => token.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&")).join("|");
}

function some<T>(values: Iterable<T>, holds: (value: T) => boolean): boolean {
  for (const value of values) if (holds(value)) return true;
  return false;
}
