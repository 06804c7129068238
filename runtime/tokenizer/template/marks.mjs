/**
 * Tells a user's characters from a template's, whatever the template does with them: every character of a message that a control token could
 * be made of is replaced by one of its own from the private use area. A template can cut, join and reverse these, but it has no way to make
 * the character that they stand for.
 */

const areaStart = 0xe000;
const areaEnd = 0xf8ff;

/** Texts shorter than this are translated unit by unit. */
const short = 64;

export class Marks {
  #mark;
  #show;
  #any;

  /**
   * @param alphabet characters to mark
   * @param taken characters that occur in messages or template, and therefore mark nothing
   */
  constructor(alphabet, taken) {
    const free = [];
    for (let code = areaStart; code <= areaEnd && free.length < alphabet.length; code++)
      if (!taken.has(code)) free.push(code);
    if (free.length < alphabet.length) throw new TooFewMarks();
    this.#mark = table(
      alphabet,
      free.map((code) => String.fromCharCode(code)),
    );
    this.#show = table(
      free.map((code) => String.fromCharCode(code)),
      alphabet,
    );
    this.from = String.fromCharCode(...free);
    this.to = alphabet.join("");
    this.#any = free.length === 0 ? /(?!)/ : new RegExp(`[${this.from}]`);
  }

  mark(text) {
    return this.to === "" ? text : translate(text, this.#mark);
  }

  isMarked(text) {
    return this.#any.test(text);
  }

  /** What a marked text says. */
  show(text) {
    return this.isMarked(text) ? translate(text, this.#show) : text;
  }

  /**
   * A text changed by `change`, marked where it was marked before. Where that changes the length nothing is known of the places, and all of it
   * counts as the user's.
   */
  changed(text, change) {
    if (!this.isMarked(text)) return change(text);
    const result = change(this.show(text));
    const marked = this.mark(result);
    if (result.length !== text.length) return marked;
    let merged = "";
    for (let i = 0; i < text.length; i++)
      merged += this.#show[text.charCodeAt(i)] === text.charCodeAt(i) ? result[i] : marked[i];
    return merged;
  }
}

export class TooFewMarks extends Error {}

/** Private use characters of some texts. */
export function marksIn(texts) {
  const taken = new Set();
  for (const text of texts)
    for (const [run] of text.matchAll(/[\ue000-\uf8ff]+/g)) for (const unit of run) taken.add(unit.charCodeAt(0));
  return taken;
}

const identity = Uint16Array.from({ length: 0x10000 }, (_, unit) => unit);

function table(from, to) {
  const units = identity.slice();
  from.forEach((character, i) => {
    units[character.charCodeAt(0)] = to[i].charCodeAt(0);
  });
  return units;
}

function translate(text, units) {
  if (text.length < short) {
    let result = "";
    for (let i = 0; i < text.length; i++) result += String.fromCharCode(units[text.charCodeAt(i)]);
    return result;
  }
  const codes = new Uint16Array(text.length);
  const bytes = Buffer.from(codes.buffer);
  bytes.write(text, "utf16le");
  for (let i = 0; i < codes.length; i++) codes[i] = units[codes[i]];
  return bytes.toString("utf16le");
}
