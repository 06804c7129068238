/** Controls but for the tab and the end of a line, what turns the direction of text around, and a byte order mark. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it looks for
const UNPRINTABLE = /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** Unicode has pictures of the ASCII controls (␛ for ESC); undefined for other characters. */
export function pictureOf(code: number): string | undefined {
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? "␡" : undefined;
}

/** Text of a source as a terminal may get it: what would move the cursor or hide something is one visible character instead. */
export const printable = (text: string): string =>
  text.replace(UNPRINTABLE, (character) => pictureOf(character.charCodeAt(0)) ?? "�");
