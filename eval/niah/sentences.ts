/** Where sentences start in a row of tokens. */

import type { Tokenizer } from "../../runtime/tokenizer/index.js";

/** What the text of a token says of the places before and after it. */
interface Edges {
  readonly endsSentence: boolean;
  /** Only what may follow the end of a sentence and still be of it: quotation marks and brackets. */
  readonly closes: boolean;
  readonly endsLine: boolean;
  readonly startsBlank: boolean;
  readonly endsBlank: boolean;
}

const edgesOf = (text: string): Edges => ({
  endsSentence: /[.!?…。！？]["'”’»)\]]*\s*$/.test(text) || /\n\s*\n\s*$/.test(text),
  closes: /^["'”’»)\]]+\s*$/.test(text),
  endsLine: /\n\s*$/.test(text),
  startsBlank: /^\s/.test(text),
  endsBlank: /\s$/.test(text),
});

/** @param ended whether `before` is, or closes, the end of a sentence */
type Rule = (before: Edges, after: Edges, ended: boolean) => boolean;

/** From what is best to what is always there: a text without sentences has lines, or at least words. */
const RULES: readonly Rule[] = [
  (before, after, ended) => ended && (before.endsBlank || after.startsBlank),
  (before) => before.endsLine,
  (before, after) => before.endsBlank || after.startsBlank,
  () => true,
];

/** A text has sentences, or lines, if there is one in so many tokens. */
const SPARSE = 1000;

/** Looking at more of a long text would make the rule depend on how much of it was encoded. */
const SAMPLE = 1 << 16;

/** Ascending positions before which a sentence ends, 0 first. */
export function sentenceStarts(tokens: Int32Array, tokenizer: Tokenizer): Int32Array {
  const known = new Map<number, Edges>();
  const edges = (id: number): Edges => {
    let found = known.get(id);
    if (!found) {
      found = edgesOf(Buffer.from(tokenizer.tokenBytes(id)).toString("utf8"));
      known.set(id, found);
    }
    return found;
  };
  const starts = (rule: Rule, length: number): number[] => {
    const found = [0];
    let ended = false;
    for (let at = 1; at < length; at++) {
      const before = edges(tokens[at - 1]!);
      ended = before.endsSentence || (ended && before.closes);
      if (rule(before, edges(tokens[at]!), ended)) found.push(at);
    }
    return found;
  };
  const sample = Math.min(tokens.length, SAMPLE);
  const rule = RULES.find((one) => starts(one, sample).length * SPARSE >= sample)!;
  return Int32Array.from(starts(rule, tokens.length));
}
