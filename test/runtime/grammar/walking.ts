/** Answers without a model: a vocabulary, and walks along the tokens that are allowed. */
import type { Constraint } from "../../../runtime/generate/constraint.js";
import { Guide } from "../../../runtime/grammar/constraint.js";
import type { Grammar } from "../../../runtime/grammar/expression.js";
import { grammarOf, type ResponseFormat } from "../../../runtime/grammar/format.js";
import { lower } from "../../../runtime/grammar/lower.js";
import { TokenTree } from "../../../runtime/grammar/trie.js";

const utf8 = new TextEncoder();

/** Every byte, what JSON has often, parts of characters, and one that ends. */
const TOKENS: readonly Uint8Array[] = [
  ...Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte)),
  ...[
    '{"',
    '":',
    '": ',
    '",',
    '", "',
    '"}',
    "}}",
    "]}",
    "[[",
    "],",
    "true",
    "false",
    "null",
    "\n  ",
    "  ",
    "\\u00",
    '\\"',
    "-1",
    "10",
    "0.5",
    "e+",
  ],
  ...["ab", "abc", "the", "é", "日本", "\u{1f600}", 'a"', "name", "id", "2024-", "@b", ".com", " ,"],
].map((one) => (typeof one === "string" ? utf8.encode(one) : one));
/** A whole character and a half of the next. */
const HALF = Uint8Array.of(0x61, 0xe6, 0x97);
export const END = TOKENS.length + 1;
export const VOCABULARY = END + 1;
const bytes = (token: number): Uint8Array => TOKENS[token] ?? HALF;
export const tree = new TokenTree(VOCABULARY, (token) => (token === END ? undefined : bytes(token)));
export const WORDS = Math.ceil(VOCABULARY / 32);

export const guideOf = (grammar: Grammar): Guide => new Guide(lower(grammar), tree, VOCABULARY);
export const answerOf = (guide: Guide): Constraint => guide.answer(new Set([END]), bytes);
export const guideFor = (format: ResponseFormat): Guide => guideOf(grammarOf(format));

export function allowed(constraint: Constraint): number[] {
  const mask = new Uint32Array(WORDS).fill(0xffffffff);
  constraint.mask(mask);
  return Array.from({ length: VOCABULARY }, (_, token) => token).filter(
    (token) => (mask[token >> 5]! >>> (token & 31)) & 1,
  );
}

const CLOSING = ['"', "}", "]"].map((one) => one.charCodeAt(0));

/** A text of allowed tokens, at random; from some length on what closes comes first. undefined where it does not come to its end. */
export function walk(guide: Guide, random: () => number, longest = 60): string | undefined {
  const answer = answerOf(guide);
  const all: number[] = [];
  for (let step = 0; step < longest + 300; step++) {
    if (answer.ended) return decoded(all);
    const may = allowed(answer);
    const closing = step < longest ? undefined : [END, ...CLOSING].find((token) => may.includes(token));
    const token = closing ?? may[Math.floor(random() * may.length)]!;
    if (token === undefined) throw new Error(`nothing is allowed behind ${decoded(all)}`);
    answer.accept(token);
    if (token === END) return decoded(all);
    all.push(...bytes(token));
  }
  return undefined;
}

const decoded = (all: readonly number[]) =>
  new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(all));

/** Whether a text, in tokens at random, is allowed token by token and may end there. */
export function takes(guide: Guide, text: string, random: () => number = () => 0): boolean {
  const answer = answerOf(guide);
  const all = utf8.encode(text);
  for (let at = 0; at < all.length; ) {
    const fitting = TOKENS.flatMap((token, id) => (token.every((byte, i) => all[at + i] === byte) ? [id] : []));
    const token = fitting[Math.floor(random() * fitting.length)]!;
    const mask = new Uint32Array(WORDS);
    answer.mask(mask);
    if (!((mask[token >> 5]! >>> (token & 31)) & 1)) return false;
    answer.accept(token);
    at += bytes(token).length;
  }
  return answer.ended || allowed(answer).includes(END);
}

/** Numbers from 0 to 1, the same for the same seed. */
export function randomOf(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
