/** Patterns in JavaScript's syntax of regular expressions, as far as they are regular: no references back, no looking around but at the beginning. */
import { formatError } from "./errors.js";
import {
  both,
  characters,
  choice,
  type Expression,
  empty,
  type Range,
  type Ranges,
  repeat,
  sequence,
} from "./expression.js";
import { ANY, complement, LAST, of, union } from "./ranges.js";

const LONGEST = 20_000;
const DEEPEST = 100;
/** Repetitions of repetitions are as many numbers to count with. */
const MOST_REPETITIONS = 100_000;

const DIGITS: Ranges = [[0x30, 0x39]];
const WORD = union([
  [0x30, 0x39],
  [0x41, 0x5a],
  [0x5f, 0x5f],
  [0x61, 0x7a],
]);
const SPACE = union([...of("\t\n\v\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff"), [0x2000, 0x200a]]);
const LINE_ENDS = of("\n\r\u2028\u2029");

const CLASSES: Readonly<Record<string, Ranges>> = {
  d: DIGITS,
  D: complement(DIGITS),
  w: WORD,
  W: complement(WORD),
  s: SPACE,
  S: complement(SPACE),
};

const CONTROLS: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", v: "\v", f: "\f", "0": "\0" };

const anything = repeat(characters(ANY));

/**
 * The texts that a pattern matches. @param whole the pattern is to match all of a text, and not some part of it
 * @throws GenerateError for what is no pattern, and for what is not regular
 */
export function readPattern(pattern: string, place: string, { whole }: { readonly whole: boolean }): Expression {
  if (pattern.length > LONGEST)
    throw formatError(place, `the pattern has ${pattern.length} characters, more than ${LONGEST}`);
  try {
    new RegExp(pattern, "u");
  } catch (cause) {
    throw formatError(place, `the pattern is none of JavaScript's with the flag u: ${(cause as Error).message}`, {
      cause,
    });
  }
  return new Reader(pattern, place).whole(whole);
}

class Reader {
  readonly #characters: readonly string[];
  readonly #place: string;
  #at = 0;
  #depth = 0;

  constructor(pattern: string, place: string) {
    this.#characters = [...pattern];
    this.#place = place;
  }

  whole(matchesAll: boolean): Expression {
    const options: Expression[] = [];
    do options.push(this.#top(matchesAll));
    while (this.#take("|"));
    return choice(...options);
  }

  /** An alternative of the whole pattern: only here what begins and ends a text has a place. */
  #top(matchesAll: boolean): Expression {
    const begins = this.#take("^") || matchesAll;
    const of: Expression[] = [];
    const not: Expression[] = [];
    while (begins && this.#peek("(?=", "(?!")) {
      const wanted = this.#peek("(?=");
      this.#at += 3;
      (wanted ? of : not).push(this.#ahead());
    }
    const body = this.#sequence();
    const ends = this.#take("$") || matchesAll;
    const whole = sequence(begins ? empty : anything, body, ends ? empty : anything);
    return both([whole, ...of], not);
  }

  /** What a text is to begin with, up to the parenthesis. */
  #ahead(): Expression {
    const options: Expression[] = [];
    do {
      const body = this.#sequence();
      options.push(sequence(body, this.#take("$") ? empty : anything));
    } while (this.#take("|"));
    this.#at++;
    return choice(...options);
  }

  #choice(): Expression {
    const options: Expression[] = [];
    do options.push(this.#sequence());
    while (this.#take("|"));
    return choice(...options);
  }

  #sequence(): Expression {
    if (++this.#depth > DEEPEST) throw this.#error(`it is nested more than ${DEEPEST} deep`);
    const items: Expression[] = [];
    while (this.#at < this.#characters.length && !this.#peek("|", ")")) {
      if (this.#peek("$") && this.#isEnd()) break;
      items.push(this.#repeated(this.#atom()));
    }
    this.#depth--;
    return sequence(...items);
  }

  /** Whether `$` is the last of an alternative that nothing is behind. */
  #isEnd(): boolean {
    const next = this.#characters[this.#at + 1];
    return this.#depth === 1 && (next === undefined || next === "|" || next === ")");
  }

  #atom(): Expression {
    const at = this.#at;
    const one = this.#characters[this.#at++]!;
    if (one === ".") return characters(complement(LINE_ENDS));
    if (one === "[") return characters(this.#class());
    if (one === "(") return this.#group();
    if (one === "\\") return characters(this.#escape());
    if (one === "^" || one === "$")
      throw this.#error(
        `${one} can only be at the ${one === "^" ? "beginning" : "end"} of the pattern or one of its alternatives`,
        at,
      );
    return characters(of(one));
  }

  #group(): Expression {
    const at = this.#at - 1;
    if (this.#take("?")) {
      if (this.#take("<")) {
        if (this.#peek("=", "!")) throw this.#error("looking behind is not supported", at);
        while (this.#characters[this.#at++] !== ">");
      } else if (!this.#take(":"))
        throw this.#error(
          "looking ahead is supported at the beginning alone, right behind ^; so are no flags of a group",
          at,
        );
    }
    // Within a group an end is of the group alone.
    this.#depth++;
    const inner = this.#choice();
    this.#depth--;
    this.#at++;
    return inner;
  }

  #repeated(item: Expression): Expression {
    const bounds = this.#bounds();
    if (!bounds) return item;
    this.#take("?");
    const [least, most] = bounds;
    const counted = most === Number.POSITIVE_INFINITY ? least : most;
    if (counted > MOST_REPETITIONS)
      throw this.#error(`it repeats something ${counted} times, more than ${MOST_REPETITIONS}`);
    return repeat(item, least, most);
  }

  #bounds(): readonly [number, number] | undefined {
    if (this.#take("*")) return [0, Number.POSITIVE_INFINITY];
    if (this.#take("+")) return [1, Number.POSITIVE_INFINITY];
    if (this.#take("?")) return [0, 1];
    if (!this.#take("{")) return undefined;
    let inner = "";
    while (!this.#take("}")) inner += this.#characters[this.#at++]!;
    const [least, most] = inner.split(",");
    return [Number(least), most === undefined ? Number(least) : most === "" ? Number.POSITIVE_INFINITY : Number(most)];
  }

  /** A class behind its bracket. */
  #class(): Ranges {
    const isNegated = this.#take("^");
    const ranges: Range[] = [];
    while (!this.#take("]")) {
      const first = this.#member();
      if (this.#peek("-") && this.#characters[this.#at + 1] !== "]") {
        this.#at++;
        const last = this.#member();
        ranges.push([first[0]![0], last[0]![0]]);
      } else ranges.push(...first);
    }
    return isNegated ? complement(ranges) : union(ranges);
  }

  #member(): Ranges {
    const one = this.#characters[this.#at++]!;
    if (one !== "\\") return of(one);
    if (this.#take("b")) return of("\b");
    return this.#escape();
  }

  /** What is behind a backslash. */
  #escape(): Ranges {
    const at = this.#at - 1;
    const one = this.#characters[this.#at++]!;
    const known = CLASSES[one];
    if (known) return known;
    if (CONTROLS[one] !== undefined) return of(CONTROLS[one]);
    if (one === "x") return this.#hex(2);
    if (one === "u") return this.#unicode();
    if (one === "c")
      return [[this.#characters[this.#at]!.charCodeAt(0) % 32, this.#characters[this.#at++]!.charCodeAt(0) % 32]];
    if (one === "p" || one === "P") return this.#property(one);
    if (/[1-9k]/.test(one)) throw this.#error("references to a group are not supported", at);
    if (/[bB]/.test(one)) throw this.#error("edges of words are not supported", at);
    return of(one);
  }

  #hex(digits: number): Ranges {
    const code = Number.parseInt(this.#characters.slice(this.#at, this.#at + digits).join(""), 16);
    this.#at += digits;
    return [[code, code]];
  }

  #unicode(): Ranges {
    if (this.#take("{")) {
      const end = this.#characters.indexOf("}", this.#at);
      const [[code]] = this.#hex(end - this.#at) as [Range];
      this.#at++;
      return [[code, code]];
    }
    const [[high]] = this.#hex(4) as [Range];
    if (high < 0xd800 || high > 0xdbff || !this.#peek("\\u")) return [[high, high]];
    this.#at += 2;
    const [[low]] = this.#hex(4) as [Range];
    const code = String.fromCharCode(high, low).codePointAt(0)!;
    return [[code, code]];
  }

  #property(letter: string): Ranges {
    const end = this.#characters.indexOf("}", this.#at);
    const name = this.#characters.slice(this.#at, end + 1).join("");
    this.#at = end + 1;
    return charactersOf(`\\${letter}${name}`);
  }

  #peek(...texts: readonly string[]): boolean {
    return texts.some((text) => [...text].every((one, i) => this.#characters[this.#at + i] === one));
  }

  #take(one: string): boolean {
    if (this.#characters[this.#at] !== one) return false;
    this.#at++;
    return true;
  }

  #error(problem: string, at = this.#at) {
    return formatError(`${this.#place}, character ${at + 1} of the pattern ${this.#characters.join("")}`, problem);
  }
}

const properties = new Map<string, Ranges>();

/** What JavaScript itself says of a property of Unicode, character by character. */
function charactersOf(property: string): Ranges {
  let found = properties.get(property);
  if (!found) {
    const test = new RegExp(`^${property}$`, "u");
    const ranges: [number, number][] = [];
    for (let code = 0; code <= LAST; code++) {
      if (!test.test(String.fromCodePoint(code))) continue;
      const before = ranges.at(-1);
      if (before && before[1] === code - 1) before[1] = code;
      else ranges.push([code, code]);
    }
    found = ranges;
    properties.set(property, found);
  }
  return found;
}
