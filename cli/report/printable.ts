import { pictureOf } from "../../compiler/diagnostics/printable.js";

/**
 * Text of a model or of a file as it goes to a stream. On a terminal control characters, with which it could move the cursor, change the title
 * or forge what a program says, are shown as signs (␛ for escape); line ends and tabs stay. Files and pipes get every byte.
 */
export const printable = (text: string, { isTTY }: { readonly isTTY?: boolean }): string =>
  isTTY ? text.replace(/(?![\n\t]|\r\n)\p{Cc}/gu, signOf) : text;

const signOf = (character: string): string => {
  const code = character.charCodeAt(0);
  return pictureOf(code) ?? `\\x${code.toString(16)}`;
};
