/** GPT-2's alphabet: a printable character for each byte, in which byte-level BPE vocabularies spell their tokens. */

const isKept = (byte: number) => (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);

/** Character of each byte. Bytes that are no printable Latin-1 stand at U+0100 and up, in order. */
const characterOf: readonly string[] = (() => {
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(isKept(byte) ? byte : next++));
})();

const byteOf: ReadonlyMap<string, number> = new Map(characterOf.map((character, byte) => [character, byte]));

const utf8 = new TextEncoder();
const needsSpelling = /[^!-~]/;

/** A text's bytes in UTF-8, each as its character. */
export function spell(text: string): string {
  if (!needsSpelling.test(text)) return text;
  let spelling = "";
  for (const byte of utf8.encode(text)) spelling += characterOf[byte]!;
  return spelling;
}

/** The bytes that a token's spelling stands for, or undefined if it is not spelt in this alphabet. */
export function spelledBytes(token: string): Uint8Array | undefined {
  const bytes = new Uint8Array(token.length);
  for (let i = 0; i < token.length; i++) {
    const byte = byteOf.get(token[i]!);
    if (byte === undefined) return undefined;
    bytes[i] = byte;
  }
  return bytes;
}
