import { ts } from "../typescript.mjs";
import type { Static } from "./value.js";

/** What an element of `[a, b]` or `{ a, b: c }` takes of a value; undefined where the value has no such part, or the element says more. */
export function partOf(value: Static, element: ts.BindingElement): Static | undefined {
  if (element.dotDotDotToken || element.initializer) return undefined;
  if (value.kind === "list" && ts.isArrayBindingPattern(element.parent))
    return value.items[element.parent.elements.indexOf(element)];
  const key = element.propertyName ?? element.name;
  return value.kind === "record" && (ts.isIdentifier(key) || ts.isStringLiteral(key))
    ? value.fields.get(key.text)
    : undefined;
}

/** Gives each name of a pattern its part of a value; false where they do not fit. */
export function takeApart(
  name: ts.BindingName,
  value: Static,
  take: (name: ts.Identifier, part: Static) => boolean,
): boolean {
  if (ts.isIdentifier(name)) return take(name, value);
  return name.elements.every((element) => {
    if (ts.isOmittedExpression(element)) return true;
    const part = partOf(value, element);
    return part !== undefined && takeApart(element.name, part, take);
  });
}
