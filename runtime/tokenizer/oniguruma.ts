/**
 * Regular expressions of tokenizer.json in JavaScript's words. They are written for Oniguruma (Ruby's syntax, Unicode):
 * \s is every white space, $ ends a line, (?i:…) may stand anywhere, ++ does not give back, classes nest.
 * What is not understood is an error, never another meaning.
 */

import { endlessness } from "./exponential.js";
import { characterClass } from "./oniguruma-class.js";
import { type Cursor, character, escapes, notUnderstood, PatternError, within } from "./oniguruma-escapes.js";
import { oneOf, type PatternPart, place } from "./pattern-shape.js";

export { PatternError } from "./oniguruma-escapes.js";

const hint =
  "A part that repeats can match one text in several ways, as (a+)+ does: write it so that there is one, a+, or use a model without such a pattern.";

/** @throws PatternError that names what is not understood, or says that matching could take for ever */
export function oniguruma(pattern: string): RegExp {
  const cursor: Cursor = { pattern, at: 0, ignoreCase: false, groups: 0, depth: 0 };
  const { source, shape } = alternatives(cursor);
  if (cursor.at < pattern.length) throw notUnderstood(pattern, ")");
  const endless = endlessness(shape);
  if (endless) throw new PatternError(pattern, endless, { hint });
  try {
    return new RegExp(source, "gv");
  } catch (cause) {
    throw notUnderstood(pattern, (cause as Error).message);
  }
}

function alternatives(cursor: Cursor): PatternPart {
  const all = [sequence(cursor)];
  while (cursor.pattern[cursor.at] === "|") {
    cursor.at++;
    all.push(sequence(cursor));
  }
  return {
    source: all.map(({ source }) => source).join("|"),
    shape: { kind: "choice", parts: all.map(({ shape }) => shape) },
  };
}

function sequence(cursor: Cursor): PatternPart {
  const all: PatternPart[] = [];
  while (cursor.at < cursor.pattern.length && !"|)".includes(cursor.pattern[cursor.at]!)) {
    all.push(quantified(cursor, atom(cursor)));
  }
  return {
    source: all.map(({ source }) => source).join(""),
    shape: { kind: "sequence", parts: all.map(({ shape }) => shape) },
  };
}

/** What JavaScript writes differently, by Oniguruma's character. */
const anchors: Readonly<Record<string, PatternPart>> = {
  ".": oneOf("[^\\n]"),
  "^": place("(?<![^\\n])"),
  $: place("(?![^\\n])"),
};

function atom(cursor: Cursor): PatternPart {
  const { pattern } = cursor;
  const itself = String.fromCodePoint(pattern.codePointAt(cursor.at)!);
  if (itself === "(") return within(cursor, group);
  if (itself === "[") return oneOf(characterClass(cursor));
  if (itself === "\\") return escapes(cursor);
  if ("*+?".includes(itself)) throw notUnderstood(pattern, `${itself} after nothing`);
  cursor.at += itself.length;
  return anchors[itself] ?? character(cursor, itself);
}

/** Kinds of group that JavaScript has too; what is captured is never asked for. */
const groupStarts: Readonly<Record<string, string>> = {
  "(?:": "(?:",
  "(?=": "(?=",
  "(?!": "(?!",
  "(?<=": "(?<=",
  "(?<!": "(?<!",
};

function group(cursor: Cursor): PatternPart {
  const { pattern } = cursor;
  const [start] = /^\((?:\?(?:<?[=!]|[:>]|i:|i\)|.?.?))?/.exec(pattern.slice(cursor.at, cursor.at + 8))!;
  cursor.at += start.length;
  const { ignoreCase } = cursor;
  if (start === "(?i)") {
    // It holds to the end of its group, alternatives included: a(?i)b|c is a(?i:b|c).
    cursor.ignoreCase = true;
    const rest = alternatives(cursor);
    cursor.ignoreCase = ignoreCase;
    return { source: `(?:${rest.source})`, shape: rest.shape };
  }
  cursor.ignoreCase ||= start === "(?i:";
  const known = start === "(" || start === "(?i:" || start === "(?>" ? "(?:" : groupStarts[start];
  if (!known) throw notUnderstood(pattern, start);
  const inside = alternatives(cursor);
  cursor.ignoreCase = ignoreCase;
  if (pattern[cursor.at] !== ")") throw notUnderstood(pattern, "( without )");
  cursor.at++;
  if (start === "(?>") return atomic(cursor, inside);
  const shape = known === "(?:" ? inside.shape : ({ kind: "look", part: inside.shape } as const);
  return { source: `${known}${inside.source})`, shape };
}

/** Does not give back what it matched: a lookahead never does. */
function atomic(cursor: Cursor, { source, shape }: PatternPart): PatternPart {
  const name = `a${cursor.groups++}`;
  return { source: `(?:(?=(?<${name}>${source}))\\k<${name}>)`, shape };
}

function quantified(cursor: Cursor, part: PatternPart): PatternPart {
  const rest = cursor.pattern.slice(cursor.at, cursor.at + 64);
  const [quantifier, count, more] = /^([*+?]|\{\d*,?\d*\})?([+?]?)/.exec(rest)!;
  if (!count || /^\{,?\}$/.test(count)) return part;
  cursor.at += quantifier.length;
  const range = count.replace("{,", "{0,");
  // Ruby reads {2}+ as (?:…{2})+ and {2}? as an option.
  if (more && range.startsWith("{")) throw notUnderstood(cursor.pattern, quantifier);
  const repeated = {
    source: part.source + range,
    shape: { kind: "repeat", part: part.shape, ...times(range) },
  } as const;
  return more === "+" ? atomic(cursor, repeated) : { ...repeated, source: repeated.source + more };
}

/** The numbers of a quantifier. */
function times(range: string): { readonly least: number; readonly most: number } {
  if (range === "?") return { least: 0, most: 1 };
  if (range === "*" || range === "+") return { least: range === "+" ? 1 : 0, most: Number.POSITIVE_INFINITY };
  const [least = "", most = least] = range.slice(1, -1).split(",");
  return { least: Number(least), most: most === "" ? Number.POSITIVE_INFINITY : Number(most) };
}
