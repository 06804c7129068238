/** GPT-2's alphabet: a printable character for each byte, in which byte-level BPE vocabularies spell their tokens. */

const isKept = (byte: number) => (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);

/** Byte of each of the 256 characters. Bytes that are no printable Latin-1 stand at U+0100 and up, in order. */
const byteOf: ReadonlyMap<string, number> = (() => {
  const bytes = new Map<string, number>();
  let next = 256;
  for (let byte = 0; byte < 256; byte++) bytes.set(String.fromCharCode(isKept(byte) ? byte : next++), byte);
  return bytes;
})();

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
