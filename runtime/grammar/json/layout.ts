/** Objects and lists as JSON lays them out. */
import { characters, choice, type Expression, optional, repeat, sequence, text } from "../expression.js";
import { of } from "../ranges.js";

/** White space that may be between any two parts: a line's end and what indents the next one. Without a bound a model may write it for ever. */
export const space = sequence(optional(choice(text("\n"), text("\r\n"))), repeat(characters(of(" \t")), 0, 20));

export const comma = sequence(space, text(","), space);
export const colon = sequence(space, text(":"), space);

/** What is between brackets: `content`, which may be empty. */
export const within = (open: string, content: Expression, close: string): Expression =>
  sequence(text(open), space, content, space, text(close));

/** One to `most` of something, with commas. */
export const listed = (item: Expression, least: number, most: number): Expression =>
  sequence(item, repeat(sequence(comma, item), least - 1, most - 1));
