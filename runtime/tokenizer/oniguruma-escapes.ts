/** Characters and escapes of Oniguruma's regular expressions. */

import { oneOf, type PatternPart, place } from "./pattern-shape.js";

/** Where a translation is. */
export interface Cursor {
  readonly pattern: string;
  at: number;
  ignoreCase: boolean;
  /** Groups made so far. */
  groups: number;
  /** Groups around. */
  depth: number;
}

const shortened = (text: string): string => JSON.stringify(text.length > 300 ? `${text.slice(0, 300)}…` : text);

/** A regular expression that cannot be said in JavaScript, or cannot be matched in sensible time. */
export class PatternError extends Error {
  /** What it would need to be taken; else whoever reads it knows. */
  readonly hint: string | undefined;

  constructor(pattern: string, what: string, { hint }: { readonly hint?: string } = {}) {
    super(`the regular expression ${shortened(pattern)} ${what}`);
    this.hint = hint;
  }
}

export const notUnderstood = (pattern: string, what: string): PatternError =>
  new PatternError(pattern, `has ${JSON.stringify(what)}, which is not understood`);

/** Groups and classes in each other; those of released patterns are four deep. */
const deepest = 100;

/** What stands in a group or class. */
export function within<T>(cursor: Cursor, read: (cursor: Cursor) => T): T {
  if (++cursor.depth > deepest) throw new PatternError(cursor.pattern, `has more than ${deepest} groups in each other`);
  const found = read(cursor);
  cursor.depth--;
  return found;
}

/** A character as JavaScript takes it anywhere, in classes too. */
export const literal = (character: string): string =>
  character < "\x80" && !/[\dA-Za-z]/.test(character) ? `\\u{${character.codePointAt(0)!.toString(16)}}` : character;

/** The characters that are the same letter, itself included. Oniguruma's folding: ſ is an s, K (the unit) a k. */
export function caseVariants(character: string): string[] {
  const all = new Set([character, character.toLowerCase(), character.toUpperCase()]);
  for (const odd of ["\u017f", "\u212a"]) {
    if (all.has(odd.normalize("NFKC").toLowerCase())) all.add(odd);
  }
  return [...all].filter((one) => Array.from(one).length === 1);
}

/** Of the other numbers only those of Latin-1. */
const word = "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}²³¹¼-¾";

/** Escapes that mean a class, as what stands inside of [ ]. */
const classes: Readonly<Record<string, string>> = {
  s: "\\p{White_Space}",
  S: "\\P{White_Space}",
  d: "\\p{Nd}",
  D: "\\P{Nd}",
  w: `[${word}]`,
  W: `[^${word}]`,
};

const controls: Readonly<Record<string, string>> = {
  n: "\n",
  r: "\r",
  t: "\t",
  f: "\f",
  v: "\v",
  a: "\x07",
  e: "\x1b",
};

/** Escapes that match a place; these are none inside of a class. */
const places: Readonly<Record<string, string>> = {
  A: "(?<![\\s\\S])",
  z: "(?![\\s\\S])",
  b: `(?:(?<=[${word}])(?![${word}])|(?<![${word}])(?=[${word}]))`,
  B: `(?:(?<=[${word}])(?=[${word}])|(?<![${word}])(?![${word}]))`,
};

export function escapes(cursor: Cursor): PatternPart {
  const source = places[cursor.pattern[cursor.at + 1] ?? ""];
  if (source) {
    cursor.at += 2;
    return place(source);
  }
  const found = readEscape(cursor);
  return "class" in found ? oneOf(found.class) : character(cursor, found.character);
}

/** A character that stands for itself and, where case does not count, for its variants. */
export function character({ ignoreCase }: Cursor, itself: string): PatternPart {
  const variants = ignoreCase ? caseVariants(itself) : [itself];
  return oneOf(variants.length === 1 ? literal(itself) : `[${variants.map(literal).join("")}]`);
}

/** An escape that stands for one character, or for a class of them. */
export function readEscape(cursor: Cursor): { readonly character: string } | { readonly class: string } {
  const { pattern } = cursor;
  const rest = pattern.slice(cursor.at + 1, cursor.at + 65);
  const hex = /^(?:u([\dA-Fa-f]{4})|x\{([\dA-Fa-f]{1,6})\}|x([\dA-Fa-f]{1,2}))/.exec(rest);
  if (hex) {
    cursor.at += 1 + hex[0].length;
    return { character: String.fromCodePoint(Number.parseInt((hex[1] ?? hex[2] ?? hex[3])!, 16)) };
  }
  const property = /^([pP])\{(\^?)(\w+)\}/.exec(rest);
  if (property) {
    cursor.at += 1 + property[0].length;
    const negated = (property[1] === "P") !== (property[2] === "^");
    return { class: propertyClass(pattern, property[3]!, negated) };
  }
  const character = String.fromCodePoint(rest.codePointAt(0) ?? 0);
  cursor.at += 1 + character.length;
  const known = classes[character];
  if (known) return { class: known };
  const control = controls[character];
  if (control) return { character: control };
  // Letters and digits that are escaped mean something; the rest means itself.
  if (rest === "" || /[\dA-Za-z]/.test(character)) throw notUnderstood(pattern, `\\${character}`);
  return { character };
}

function propertyClass(pattern: string, name: string, negated: boolean): string {
  for (const property of [name, `Script=${name}`]) {
    const source = `\\${negated ? "P" : "p"}{${property}}`;
    try {
      new RegExp(source, "v");
      return source;
    } catch {
      // Not a property by that name: perhaps a script.
    }
  }
  throw notUnderstood(pattern, `\\p{${name}}`);
}
