/** Text in drawings: what may stand there, and how much room a line of it takes in Lato, which PNGs are drawn with. */

/** A browser without Lato takes one of similar width. */
export const FAMILY = "Lato, 'Helvetica Neue', Helvetica, Arial, sans-serif";

/** Advances of Lato's characters from space to tilde, in thousandths of an em. Others are as wide as an average letter, or as an ideograph. */
const ADVANCES = [
  193, 343, 397, 580, 580, 786, 703, 230, 300, 300, 400, 580, 212, 347, 212, 373, 580, 580, 580, 580, 580, 580, 580,
  580, 580, 580, 252, 252, 580, 580, 580, 398, 822, 680, 647, 685, 753, 581, 566, 734, 756, 307, 444, 681, 514, 920,
  756, 798, 611, 798, 644, 530, 590, 730, 680, 1019, 643, 629, 624, 300, 375, 300, 580, 394, 307, 507, 559, 467, 559,
  524, 337, 511, 556, 256, 254, 524, 256, 821, 556, 556, 552, 559, 403, 434, 373, 556, 512, 766, 504, 512, 462, 300,
  300, 300, 580,
];

const advance = (character: string): number => {
  const code = character.codePointAt(0)!;
  return ADVANCES[code - 32] ?? (code < 0x1100 ? 600 : 1000);
};

/** The room that a line of text takes, in pixels. */
export const textWidth = (text: string, size: number): number =>
  (Array.from(text).reduce((sum, one) => sum + advance(one), 0) * size) / 1000;

/** ECharts keeps widths in an object, by text, where a name that every object has would write to Object.prototype: a space of no width makes it another. */
const apart = (line: string): string => (line in {} ? `${line}\u200b` : line);

/** Text without what XML cannot have, which becomes U+FFFD, and in one line. */
export const printable = (text: string): string => apart(cleaned(text));

const cleaned = (text: string): string =>
  text
    .replace(/\s+/g, " ")
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML 1.0 forbids or advises against, beside lone surrogates
    .replace(/[\p{Cs}\u0000-\u001f\u007f-\u009f\ufffe\uffff]/gu, "\ufffd");

/** Lines of at most `width`, broken after spaces and commas, and within a word where it alone is wider. Of no text there are none. */
export function wrapped(text: string, width: number, size: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of cleaned(text).split(/(?<=\s)|(?<=,)(?=\S)/))
    for (const part of textWidth(word, size) > width ? Array.from(word) : [word]) {
      if (line !== "" && textWidth((line + part).trimEnd(), size) > width) {
        lines.push(line.trimEnd());
        line = "";
      }
      line += part;
    }
  return [...lines, line.trimEnd()].filter((one) => one !== "").map(apart);
}
