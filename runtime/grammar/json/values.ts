/** Any value, and one certain value. */
import { choice, type Expression, oneOf, optional, rule, sequence, text } from "../expression.js";
import { colon, comma, listed, within } from "./layout.js";
import { anyNumber } from "./numbers.js";
import { anyString } from "./strings.js";

const VALUE = "any value";
const OBJECT = "any object";
const LIST = "any list";

/** Values of each type, through rules that are put into `rules`. */
export function anyOfType(type: string, rules: Map<string, Expression>): Expression {
  if (!rules.has(VALUE)) {
    const many = Number.POSITIVE_INFINITY;
    const member = sequence(anyString(), colon, rule(VALUE));
    rules.set(OBJECT, within("{", optional(listed(member, 1, many)), "}"));
    rules.set(LIST, within("[", optional(listed(rule(VALUE), 1, many)), "]"));
    rules.set(
      VALUE,
      choice(rule(OBJECT), rule(LIST), anyString(), anyNumber, text("true"), text("false"), text("null")),
    );
  }
  return type === "object" ? rule(OBJECT) : type === "array" ? rule(LIST) : rule(VALUE);
}

/** One of some values. */
export function someOf(values: readonly unknown[]): Expression {
  const isPlain = (value: unknown) => value === null || typeof value !== "object";
  return choice(
    oneOf(values.filter(isPlain).map((value) => JSON.stringify(value))),
    ...values.filter((value) => !isPlain(value)).map(exactly),
  );
}

/** One value, with white space where it may be. */
export function exactly(value: unknown): Expression {
  if (Array.isArray(value)) return within("[", joined(value.map(exactly)), "]");
  if (value !== null && typeof value === "object")
    return within(
      "{",
      joined(Object.entries(value).map(([key, one]) => sequence(text(JSON.stringify(key)), colon, exactly(one)))),
      "}",
    );
  return text(JSON.stringify(value));
}

const joined = (items: readonly Expression[]): Expression =>
  sequence(...items.flatMap((item, i) => (i === 0 ? [item] : [comma, item])));
