/** Keeps texts of users from forging control tokens. */

/**
 * Marks text so that no control token is found in it, nor made when trusted text comes before or after it. The mark, a
 * character that does not occur in the text, goes after the first character of each token, and to an end of the text
 * that could be completed to a token by a neighbour; take it out again after cutting. Trusted text around the shielded
 * one keeps its own tokens.
 */
export type Shield = (text: string, mark: string) => string;

export function shieldAgainst(tokens: Iterable<string>): Shield {
  const all = [...tokens];
  if (all.length === 0) return (text) => text;
  const token = new RegExp(`(?=${alternatives(all)})([\\s\\S])`, "gu");
  const heads = new Set<string>();
  const tails = new Set<string>();
  let longest = 0;
  for (const whole of all) {
    longest = Math.max(longest, whole.length);
    for (let cut = 1; cut < whole.length; cut++) {
      heads.add(whole.slice(0, cut));
      tails.add(whole.slice(cut));
    }
  }
  return (text, mark) => {
    const lengths = Array.from({ length: Math.min(longest, text.length) }, (_, i) => i + 1);
    const before = lengths.some((length) => tails.has(text.slice(0, length))) ? mark : "";
    const after = lengths.some((length) => heads.has(text.slice(-length))) ? mark : "";
    return before + text.replace(token, `$1${mark}`) + after;
  };
}

/** Noncharacters, which Unicode promises never to assign. */
const marks = Array.from({ length: 32 }, (_, i) => String.fromCharCode(0xfdd0 + i));

/** A character that is in none of `texts`, or undefined if someone used them all. */
export const unusedMark = (texts: readonly string[]): string | undefined =>
  marks.find((mark) => !texts.some((text) => text.includes(mark)));

const alternatives = (tokens: readonly string[]): string =>
  tokens.map((token) => token.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&")).join("|");
