import { InvalidArgumentError } from "commander";

/** A path: an unset variable in a script gives an empty one. */
export function path(text: string): string {
  if (text === "") throw new InvalidArgumentError("Expected the path of a file, got an empty text.");
  return text;
}

/** A folder to write into. */
export function folder(text: string): string {
  if (text === "") throw new InvalidArgumentError("Expected a folder, got an empty text.");
  return text;
}

/** One more text for an option that takes several. */
export function texts(text: string, previous: unknown): string[] {
  if (text === "") throw new InvalidArgumentError("Expected a text of at least one character.");
  return [...((previous as string[] | undefined) ?? []), text];
}
