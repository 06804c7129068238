/** Strings as JSON writes them. */
import { characters, choice, type Expression, mapParts, type Ranges, repeat, sequence, text } from "../expression.js";
import { complement, intersect, of, SURROGATES } from "../ranges.js";

/** What stands behind the backslash. */
const SHORT: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "\b": "b",
  "\f": "f",
  "\n": "n",
  "\r": "r",
  "\t": "t",
};

const CONTROLS: Ranges = [[0, 0x1f]];
const RAW = complement([...CONTROLS, ...of('"\\'), ...SURROGATES]);

const quote = text('"');
const hex = (digits: string): Expression => characters(of(digits));
const HEX = hex("0123456789abcdefABCDEF");

/** Four digits of a character that is no half of a pair. */
const plainUnit = choice(
  sequence(hex("0123456789abcefABCEF"), HEX, HEX, HEX),
  sequence(hex("dD"), hex("01234567"), HEX, HEX),
);
const pair = sequence(
  text("\\u"),
  sequence(hex("dD"), hex("89abAB"), HEX, HEX),
  text("\\u"),
  sequence(hex("dD"), hex("cdefCDEF"), HEX, HEX),
);

/** Any character, in any way of writing it. */
const anyCharacter = choice(
  characters(RAW),
  sequence(text("\\"), characters(of('"\\/bfnrt'))),
  sequence(text("\\u"), plainUnit),
  pair,
);

export const quoted = (content: Expression): Expression => sequence(quote, content, quote);

/** A string of so many characters, in any way of writing it. */
export const anyString = (least = 0, most = Number.POSITIVE_INFINITY): Expression =>
  quoted(repeat(anyCharacter, least, most));

/** One character as JSON.stringify writes it: as itself wherever that may be. */
function characterOf(ranges: Ranges): Expression {
  const escaped = intersect(ranges, [...CONTROLS, ...of('"\\')]).flatMap(([first, last]) =>
    Array.from({ length: last - first + 1 }, (_, i) => String.fromCharCode(first + i)),
  );
  const short = escaped.flatMap((one) => SHORT[one] ?? []).join("");
  const codes = escaped.filter((one) => !SHORT[one]).map((one) => one.charCodeAt(0));
  return choice(
    characters(intersect(ranges, RAW)),
    sequence(text("\\"), characters(of(short))),
    ...[0, 1].map((high) => {
      const low = codes.filter((code) => code >> 4 === high).map((code) => (code & 15).toString(16));
      return sequence(text(`\\u00${high}`), hex([...low, ...low.map((digit) => digit.toUpperCase())].join("")));
    }),
  );
}

/** The inside of a JSON string whose value is in a language. It is written as JSON.stringify does, so one value has one writing. */
export const inString = (value: Expression): Expression =>
  value.kind === "characters" ? characterOf(value.ranges) : mapParts(value, inString);
