/** Character classes of Oniguruma's regular expressions: they nest, and && intersects. */

import { type Cursor, caseVariants, literal, notUnderstood, readEscape, within } from "./oniguruma-escapes.js";

/** From its [ to its ]. */
export function characterClass(cursor: Cursor): string {
  const { pattern } = cursor;
  cursor.at++;
  const negated = pattern[cursor.at] === "^";
  if (negated) cursor.at++;
  const operands: string[] = [];
  let items = "";
  while (pattern[cursor.at] !== "]") {
    if (cursor.at >= pattern.length) throw notUnderstood(pattern, "[ without ]");
    if (pattern.startsWith("&&", cursor.at)) {
      cursor.at += 2;
      operands.push(items);
      items = "";
    } else items += item(cursor);
  }
  cursor.at++;
  operands.push(items);
  if (operands.includes("")) throw notUnderstood(pattern, "an empty class");
  const inside = operands.length === 1 ? items : operands.map((operand) => `[${operand}]`).join("&&");
  return `[${negated ? "^" : ""}${inside}]`;
}

/** A nested class, an escape, a character or a range. */
function item(cursor: Cursor): string {
  const { pattern } = cursor;
  if (pattern.startsWith("[:", cursor.at)) throw notUnderstood(pattern, pattern.slice(cursor.at, cursor.at + 8));
  if (pattern[cursor.at] === "[") return within(cursor, characterClass);
  const first = one(cursor);
  if ("class" in first) return first.class;
  const isRange = pattern[cursor.at] === "-" && !["]", undefined].includes(pattern[cursor.at + 1]);
  if (!isRange) return withVariants(cursor, first.character, first.character);
  cursor.at++;
  const last = one(cursor);
  if ("class" in last || last.character.codePointAt(0)! < first.character.codePointAt(0)!) {
    throw notUnderstood(pattern, `${first.character}-`);
  }
  return withVariants(cursor, first.character, last.character);
}

function one(cursor: Cursor): ReturnType<typeof readEscape> {
  if (cursor.pattern[cursor.at] === "\\") return readEscape(cursor);
  const character = String.fromCodePoint(cursor.pattern.codePointAt(cursor.at)!);
  cursor.at += character.length;
  return { character };
}

function withVariants(cursor: Cursor, first: string, last: string): string {
  const source = first === last ? literal(first) : `${literal(first)}-${literal(last)}`;
  if (!cursor.ignoreCase) return source;
  const [start, end] = [first.codePointAt(0)!, last.codePointAt(0)!];
  // A range is written out letter by letter; the patterns of tokenizers have none but of the alphabet.
  if (end - start > 255) throw notUnderstood(cursor.pattern, `(?i) and ${first}-${last}`);
  const all = Array.from({ length: end - start + 1 }, (_, i) => caseVariants(String.fromCodePoint(start + i))).flat();
  return [...new Set(all)].map(literal).join("");
}
