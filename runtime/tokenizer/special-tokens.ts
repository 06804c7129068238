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
 * Marks text so that no special token is found in it, nor made when trusted text comes before or after it; `unshield`
 * takes the marks out again. The mark goes after the first character of each token, and to an end of the text that could be
 * completed to a token by a neighbour. Trusted text around the shielded one keeps its own tokens.
 */
export class Shield {
  readonly #mark: string;
  readonly #token: RegExp | undefined;
  readonly #heads: ReadonlySet<string>;
  readonly #tails: ReadonlySet<string>;

  /** `mark` is one character that does not occur in the texts to shield. */
  constructor(tokens: ReadonlyMap<string, number>, mark: string) {
    this.#mark = mark;
    this.#token = tokens.size ? new RegExp(`(?=${alternatives(tokens)})([\\s\\S])`, "gu") : undefined;
    const parts = [...tokens.keys()].flatMap((token) =>
      Array.from(token, (_, i) => [token.slice(0, i), token.slice(i)]),
    );
    this.#heads = new Set(parts.map(([head]) => head!).filter(Boolean));
    this.#tails = new Set(parts.map(([, tail]) => tail!).filter((tail) => !tokens.has(tail)));
  }

  shield(text: string): string {
    const inside = this.#token ? text.replace(this.#token, `$1${this.#mark}`) : text;
    const before = some(this.#tails, (tail) => text.startsWith(tail)) ? this.#mark : "";
    const after = some(this.#heads, (head) => text.endsWith(head)) ? this.#mark : "";
    return before + inside + after;
  }

  unshield(text: string): string {
    return text.replaceAll(this.#mark, "");
  }
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
