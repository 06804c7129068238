/**
 * Regular expressions of tokenizer.json in JavaScript's words. They are written for Oniguruma (Ruby's syntax, Unicode):
 * \s is every white space, $ ends a line, (?i:…) may stand anywhere, ++ does not give back, classes nest.
 * What is not understood is an error, never another meaning.
 */

import { characterClass } from "./oniguruma-class.js";
import { type Cursor, caseVariants, escapes, literal, PatternError } from "./oniguruma-escapes.js";

export { PatternError } from "./oniguruma-escapes.js";

/** @throws PatternError that names what is not understood */
export function oniguruma(pattern: string): RegExp {
  const cursor: Cursor = { pattern, at: 0, ignoreCase: false, groups: 0 };
  const source = alternatives(cursor);
  if (cursor.at < pattern.length) throw new PatternError(pattern, ")");
  try {
    return new RegExp(source, "gv");
  } catch (cause) {
    throw new PatternError(pattern, (cause as Error).message);
  }
}

function alternatives(cursor: Cursor): string {
  let source = sequence(cursor);
  while (cursor.pattern[cursor.at] === "|") {
    cursor.at++;
    source += `|${sequence(cursor)}`;
  }
  return source;
}

function sequence(cursor: Cursor): string {
  let source = "";
  while (cursor.at < cursor.pattern.length && !"|)".includes(cursor.pattern[cursor.at]!)) {
    source += quantified(cursor, atom(cursor));
  }
  return source;
}

/** What JavaScript writes differently, by Oniguruma's character. */
const anchors: Readonly<Record<string, string>> = { ".": "[^\\n]", "^": "(?<![^\\n])", $: "(?![^\\n])" };

function atom(cursor: Cursor): string {
  const { pattern } = cursor;
  const character = String.fromCodePoint(pattern.codePointAt(cursor.at)!);
  if (character === "(") return group(cursor);
  if (character === "[") return characterClass(cursor);
  if (character === "\\") return escapes(cursor);
  if ("*+?".includes(character)) throw new PatternError(pattern, `${character} after nothing`);
  cursor.at += character.length;
  const anchor = anchors[character];
  if (anchor) return anchor;
  if (!cursor.ignoreCase) return literal(character);
  const variants = caseVariants(character);
  return variants.length === 1 ? literal(character) : `[${variants.map(literal).join("")}]`;
}

/** Kinds of group that JavaScript has too; what is captured is never asked for. */
const groupStarts: Readonly<Record<string, string>> = {
  "(?:": "(?:",
  "(?=": "(?=",
  "(?!": "(?!",
  "(?<=": "(?<=",
  "(?<!": "(?<!",
};

function group(cursor: Cursor): string {
  const { pattern } = cursor;
  const [start] = /^\((?:\?(?:<?[=!]|[:>]|i:|i\)|.?.?))?/.exec(pattern.slice(cursor.at))!;
  cursor.at += start.length;
  const { ignoreCase } = cursor;
  if (start === "(?i)") {
    // It holds to the end of its group, alternatives included: a(?i)b|c is a(?i:b|c).
    cursor.ignoreCase = true;
    const rest = alternatives(cursor);
    cursor.ignoreCase = ignoreCase;
    return `(?:${rest})`;
  }
  cursor.ignoreCase ||= start === "(?i:";
  const known = start === "(" || start === "(?i:" || start === "(?>" ? "(?:" : groupStarts[start];
  if (!known) throw new PatternError(pattern, start);
  const inside = alternatives(cursor);
  cursor.ignoreCase = ignoreCase;
  if (pattern[cursor.at] !== ")") throw new PatternError(pattern, "( without )");
  cursor.at++;
  return start === "(?>" ? atomic(cursor, inside) : `${known}${inside})`;
}

/** Does not give back what it matched: a lookahead never does. */
function atomic(cursor: Cursor, source: string): string {
  const name = `a${cursor.groups++}`;
  return `(?:(?=(?<${name}>${source}))\\k<${name}>)`;
}

function quantified(cursor: Cursor, source: string): string {
  const [quantifier, count, more] = /^([*+?]|\{\d*,?\d*\})?([+?]?)/.exec(cursor.pattern.slice(cursor.at))!;
  if (!count || /^\{,?\}$/.test(count)) return source;
  cursor.at += quantifier.length;
  const range = count.replace("{,", "{0,");
  // Ruby reads {2}+ as (?:…{2})+ and {2}? as an option.
  if (more && range.startsWith("{")) throw new PatternError(cursor.pattern, quantifier);
  return more === "+" ? atomic(cursor, source + range) : source + range + more;
}
