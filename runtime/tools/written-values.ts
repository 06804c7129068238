/** Values as Python writes them, and as others write them that are near to it. */
import type { Written } from "./form.js";

const DEEPEST = 100;
const WORDS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ...(["True", "true"].map((word) => [word, true]) as [string, unknown][]),
  ...(["False", "false"].map((word) => [word, false]) as [string, unknown][]),
  ...(["None", "null"].map((word) => [word, null]) as [string, unknown][]),
]);
const SHORT: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", b: "\b", f: "\f" };

/** What is no value. */
class Wrong extends Error {}

/** Reads texts from the beginning to the end. */
class Scanner {
  readonly #text: string;
  readonly #quote: string | undefined;
  #at = 0;
  #depth = 0;

  /** @param quote what is around texts, which stand in it as they are; without it they are Python's, and escaped */
  constructor(text: string, quote?: string) {
    this.#text = text;
    this.#quote = quote;
  }

  /** What a sticky pattern finds here. */
  #take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text) ?? undefined;
    if (match) this.#at = pattern.lastIndex;
    return match;
  }

  has(sign: string): boolean {
    this.#take(/\s*/y);
    const is = this.#text.startsWith(sign, this.#at);
    if (is) this.#at += sign.length;
    return is;
  }

  must(sign: string): void {
    if (!this.has(sign)) throw new Wrong();
  }

  end(): void {
    if (this.#text.slice(this.#at).trim() !== "") throw new Wrong();
  }

  name(): string {
    const name = this.#take(/\s*([\w.-]+)/y)?.[1];
    if (name === undefined) throw new Wrong();
    return name;
  }

  /** What is between signs, with commas, one of which may be behind the last. */
  listed<Item>(closes: string, item: () => Item): readonly Item[] {
    if (++this.#depth > DEEPEST) throw new Wrong();
    const items: Item[] = [];
    while (!this.has(closes)) {
      if (items.length > 0) this.must(",");
      if (items.length > 0 && this.has(closes)) break;
      items.push(item());
    }
    this.#depth--;
    return items;
  }

  /** A name, what is behind it, and its value. */
  member(colon: string): readonly [name: string, value: unknown] {
    const bare = this.#take(
      colon === ":"
        ? /\s*([^\s:,'"<>{}[\]](?:[^:,'"<>{}[\]]*[^\s:,'"<>{}[\]])?)\s*/y
        : /\s*([^\s=()'",[\]{}](?:[^=()'",[\]{}]*[^\s=()'",[\]{}])?)\s*(?==)/y,
    );
    const name = bare ? bare[1]! : this.#string();
    if (name === undefined) throw new Wrong();
    this.must(colon);
    return [name, this.value()];
  }

  value(): unknown {
    if (this.has("[")) return this.listed("]", () => this.value());
    if (this.has("{")) return Object.fromEntries(this.listed("}", () => this.member(":")));
    if (this.#quote === undefined && this.has("(")) return this.listed(")", () => this.value());
    const text = this.#string();
    if (text !== undefined) return text;
    const number = this.#take(/-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])/y);
    if (number) return Number(number[0]);
    const word = this.#take(/[A-Za-z]+(?!\w)/y)?.[0] ?? "";
    if (!WORDS.has(word)) throw new Wrong();
    return WORDS.get(word);
  }

  #string(): string | undefined {
    this.#take(/\s*/y);
    return this.#quote === undefined ? this.#escaped() : this.#between(this.#quote);
  }

  #between(quote: string): string | undefined {
    if (!this.has(quote)) return undefined;
    const end = this.#text.indexOf(quote, this.#at);
    if (end < 0) throw new Wrong();
    const found = this.#text.slice(this.#at, end);
    this.#at = end + quote.length;
    return found;
  }

  /** A quote within a text may be without its backslash: what ends a text has a sign behind it, or nothing. */
  #escaped(): string | undefined {
    const quote = this.#take(/['"]/y)?.[0];
    if (!quote) return undefined;
    const ends = quote === "'" ? /'(?=\s*(?:[,)\]}:]|$))/y : /"(?=\s*(?:[,)\]}:]|$))/y;
    let text = "";
    while (!this.#take(ends)) {
      const [all, code, other] = this.#take(/\\(?:u([\da-fA-F]{4})|([\s\S]))|[^\\]/y) ?? [];
      if (all === undefined) throw new Wrong();
      if (code !== undefined) text += String.fromCharCode(Number.parseInt(code, 16));
      else if (other === undefined) text += all;
      else text += SHORT[other] ?? (/[\\'"/\n]/.test(other) ? other.replace("\n", "") : all);
    }
    return text;
  }
}

function reading<Found>(read: () => Found): Found | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Wrong) return undefined;
    throw error;
  }
}

/** A value that is nothing else; undefined where it is none. */
export const pythonValue = (text: string): unknown =>
  reading(() => {
    const scanner = new Scanner(text);
    const value = scanner.value();
    scanner.end();
    return value;
  });

/** `[name(a=1, b='x'), …]` */
export const pythonCalls = (text: string): readonly Written[] | undefined =>
  reading(() => {
    const scanner = new Scanner(text);
    scanner.must("[");
    const calls = scanner.listed("]", () => {
      const name = scanner.name();
      scanner.must("(");
      return { name, arguments: Object.fromEntries(scanner.listed(")", () => scanner.member("="))) };
    });
    scanner.end();
    return calls.length > 0 ? calls : undefined;
  });

/** `call:name{a:1,b:"x"}` with other quotes. */
export const bareCall = (text: string, quote: string): readonly Written[] | undefined =>
  reading(() => {
    const scanner = new Scanner(text, quote);
    scanner.must("call:");
    const name = scanner.name();
    scanner.must("{");
    const given = scanner.listed("}", () => scanner.member(":"));
    scanner.end();
    return [{ name, arguments: Object.fromEntries(given) }];
  });
