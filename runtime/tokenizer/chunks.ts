/** Cuts long text where encoding the parts gives the same ids as encoding the whole. */

/**
 * Between a letter and white space or punctuation every pre-tokenizer here ends a word and looks no further, and no
 * character composes across it.
 */
const seam = /\p{L}(?=[\s\p{P}])/gu;

/** Parts of `text` of about `size` UTF-16 units: enough to be fast, few enough that a book needs little memory at a time. */
export function* chunks(text: string, size = 1 << 16): Generator<string> {
  let start = 0;
  while (text.length - start > size) {
    seam.lastIndex = start + size;
    const found = seam.exec(text);
    if (!found) break;
    const end = found.index + found[0].length;
    yield text.slice(start, end);
    start = end;
  }
  yield text.slice(start);
}
