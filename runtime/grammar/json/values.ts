/** Any value, and one certain value. */
import { choice, type Expression, oneOf, optional, rule, sequence, text } from "../expression.js";
import { colon, comma, listed, within } from "./layout.js";
import { JSON_NOTATION, type Notation } from "./notation.js";
import { anyNumber } from "./numbers.js";

const VALUE = "any value";
const OBJECT = "any object";
const LIST = "any list";

/** Values of each type, through rules that are put into `rules`. */
export function anyOfType(type: string, rules: Map<string, Expression>, notation = JSON_NOTATION): Expression {
  if (!rules.has(VALUE)) {
    const many = Number.POSITIVE_INFINITY;
    const member = sequence(notation.anyString(), colon, rule(VALUE));
    rules.set(OBJECT, within("{", optional(listed(member, 1, many)), "}"));
    rules.set(LIST, within("[", optional(listed(rule(VALUE), 1, many)), "]"));
    rules.set(
      VALUE,
      choice(rule(OBJECT), rule(LIST), notation.anyString(), anyNumber, text("true"), text("false"), text("null")),
    );
  }
  return type === "object" ? rule(OBJECT) : type === "array" ? rule(LIST) : rule(VALUE);
}

/** One of some values. */
export function someOf(values: readonly unknown[], notation = JSON_NOTATION): Expression {
  const texts = values.filter((value) => typeof value === "string");
  const isPlain = (value: unknown) => value === null || typeof value !== "object";
  return choice(
    ...(texts.length > 0 ? [notation.stringOf(oneOf(texts))] : []),
    oneOf(values.filter((value) => isPlain(value) && typeof value !== "string").map((value) => JSON.stringify(value))),
    ...values.filter((value) => !isPlain(value)).map((value) => exactly(value, notation)),
  );
}

/** One value, with white space where it may be. */
export function exactly(value: unknown, notation: Notation = JSON_NOTATION): Expression {
  if (Array.isArray(value)) return within("[", joined(value.map((one) => exactly(one, notation))), "]");
  if (value !== null && typeof value === "object")
    return within(
      "{",
      joined(Object.entries(value).map(([key, one]) => sequence(notation.key(key), colon, exactly(one, notation)))),
      "}",
    );
  return typeof value === "string" ? notation.stringOf(text(value)) : text(JSON.stringify(value));
}

const joined = (items: readonly Expression[]): Expression =>
  sequence(...items.flatMap((item, i) => (i === 0 ? [item] : [comma, item])));
