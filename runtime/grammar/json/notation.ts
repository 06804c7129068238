/** How texts are written within values: as JSON has them, or as they are between other quotes. */

import { both, characters, type Expression, repeat, sequence, text } from "../expression.js";
import { ANY } from "../ranges.js";
import { anyString, inString, quoted } from "./strings.js";

export interface Notation {
  /** A text of so many characters. */
  anyString(least?: number, most?: number): Expression;
  /** A text of a language. */
  stringOf(language: Expression): Expression;
  /** The name of a property that is known. */
  key(name: string): Expression;
}

export const JSON_NOTATION: Notation = {
  anyString,
  stringOf: (language) => quoted(inString(language)),
  key: (name) => text(JSON.stringify(name)),
};

/** Texts as they are between quotes that they do not have, and names as they are. */
export function plainNotation(quote: string): Notation {
  const anything = repeat(characters(ANY));
  const stringOf = (language: Expression) =>
    sequence(text(quote), both([language], [sequence(anything, text(quote), anything)]), text(quote));
  return {
    anyString: (least, most) => stringOf(repeat(characters(ANY), least, most)),
    stringOf,
    key: (name) => (/^\w+$/.test(name) ? text(name) : text(quote + name + quote)),
  };
}
