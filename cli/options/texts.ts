import { InvalidArgumentError } from "commander";

/** A path to what `expected` says: an unset variable in a script gives an empty one. */
export const pathTo =
  (expected: string) =>
  (text: string): string => {
    if (text === "") throw new InvalidArgumentError(`Expected ${expected}, got an empty text.`);
    return text;
  };

export const path = pathTo("the path of a file");

/** A folder to write into. */
export const folder = pathTo("a folder");

/** One more text for an option that takes several. */
export function texts(text: string, previous: unknown): string[] {
  if (text === "") throw new InvalidArgumentError("Expected a text of at least one character.");
  return [...((previous as string[] | undefined) ?? []), text];
}
