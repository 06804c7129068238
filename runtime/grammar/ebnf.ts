/** Grammars as llama.cpp and XGrammar write them: `name ::= "text" [a-z] (a | b)* other{1,3}`, with comments behind #. The answer is a `root`. */
import { formatError } from "./errors.js";
import {
  characters,
  choice,
  type Expression,
  type Grammar,
  type Range,
  type Ranges,
  repeat,
  rule,
  sequence,
  text,
} from "./expression.js";
import { ANY, complement, of, union } from "./ranges.js";

const LONGEST = 100_000;
const DEEPEST = 100;

const LEXEMES =
  /(?<space>(?:\s|#[^\n]*)+)|(?<name>[A-Za-z_][\w.-]*)|(?<is>::=)|(?<text>"(?:[^"\\\n]|\\[^\n])*")|(?<set>\[(?:[^\]\\\n]|\\[^\n])*\])|(?<count>\{\s*\d+\s*(?:,\s*\d*\s*)?\})|(?<sign>[()|*+?.])/y;

interface Lexeme {
  readonly kind: string;
  readonly text: string;
  readonly line: number;
}

/** @throws GenerateError with the line of what is no grammar */
export function readGrammar(source: string): Grammar {
  if (source.length > LONGEST)
    throw formatError("the grammar", `it has ${source.length} characters, more than ${LONGEST}`);
  const rules = new Reader(lexemesOf(source)).rules();
  if (!rules.has("root"))
    throw formatError("the grammar", "it has no rule root, which is what an answer is: write root ::= …");
  return { root: rule("root"), rules };
}

function lexemesOf(source: string): Lexeme[] {
  const found: Lexeme[] = [];
  let line = 1;
  LEXEMES.lastIndex = 0;
  for (let at = 0; at < source.length; at = LEXEMES.lastIndex) {
    const match = LEXEMES.exec(source);
    if (!match)
      throw formatError(
        `line ${line} of the grammar`,
        `${JSON.stringify(source.slice(at, at + 12))} is none of names, ::=, "texts", [sets], counts and ( ) | * + ? .`,
      );
    const [kind, text] = Object.entries(match.groups!).find(([, one]) => one !== undefined)!;
    if (kind !== "space") found.push({ kind, text, line });
    line += text.split("\n").length - 1;
  }
  return found;
}

class Reader {
  readonly #lexemes: readonly Lexeme[];
  #at = 0;

  constructor(lexemes: readonly Lexeme[]) {
    this.#lexemes = lexemes;
  }

  rules(): Map<string, Expression> {
    const rules = new Map<string, Expression>();
    while (this.#at < this.#lexemes.length) {
      const { text: name } = this.#lexemes[this.#at]!;
      if (!this.#beginsRule()) throw this.#error("a rule is to begin here: name ::= …");
      if (rules.has(name)) throw this.#error(`the rule ${name} is said twice`);
      this.#at += 2;
      rules.set(name, this.#choice(0));
      if (this.#sign(")")) throw this.#error("nothing was opened that this closes");
    }
    return rules;
  }

  #choice(depth: number): Expression {
    if (depth > DEEPEST) throw this.#error(`it is nested more than ${DEEPEST} deep`);
    const options: Expression[] = [];
    do options.push(this.#sequence(depth));
    while (this.#take("|"));
    return choice(...options);
  }

  #sequence(depth: number): Expression {
    const items: Expression[] = [];
    while (this.#at < this.#lexemes.length && !this.#sign("|") && !this.#sign(")") && !this.#beginsRule())
      items.push(this.#repeated(this.#item(depth)));
    return sequence(...items);
  }

  #item(depth: number): Expression {
    const { kind, text: said } = this.#lexemes[this.#at]!;
    if (this.#take("(")) {
      const inner = this.#choice(depth + 1);
      if (!this.#take(")")) throw this.#error("a ) is missing");
      return inner;
    }
    this.#at++;
    if (kind === "name") return rule(said);
    if (kind === "text") return text(unescaped(said.slice(1, -1)).join(""));
    if (kind === "set") return characters(setOf(said.slice(1, -1)));
    if (said === ".") return characters(ANY);
    this.#at--;
    throw this.#error(`${said} repeats nothing`);
  }

  #repeated(item: Expression): Expression {
    let whole = item;
    for (;;) {
      const one = this.#lexemes[this.#at];
      if (this.#take("*")) whole = repeat(whole);
      else if (this.#take("+")) whole = repeat(whole, 1);
      else if (this.#take("?")) whole = repeat(whole, 0, 1);
      else if (one?.kind === "count") {
        this.#at++;
        const [least, most] = one.text
          .slice(1, -1)
          .split(",")
          .map((part) => part.trim());
        whole = repeat(
          whole,
          Number(least),
          most === undefined ? Number(least) : most === "" ? Number.POSITIVE_INFINITY : Number(most),
        );
      } else return whole;
    }
  }

  #beginsRule(): boolean {
    return this.#lexemes[this.#at]?.kind === "name" && this.#lexemes[this.#at + 1]?.kind === "is";
  }

  #sign(sign: string): boolean {
    const one = this.#lexemes[this.#at];
    return one?.kind === "sign" && one.text === sign;
  }

  #take(sign: string): boolean {
    if (!this.#sign(sign)) return false;
    this.#at++;
    return true;
  }

  #error(problem: string) {
    const { line } = this.#lexemes[Math.min(this.#at, this.#lexemes.length - 1)]!;
    return formatError(`line ${line} of the grammar`, problem);
  }
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

/** Characters with their escapes read. */
const unescaped = (said: string): string[] =>
  [...said.matchAll(/\\x([\da-fA-F]{2})|\\u([\da-fA-F]{4})|\\U([\da-fA-F]{8})|\\(.)|(.)/gsu)].map(
    ([, x, u, long, escaped, plain]) => {
      const hex = x ?? u ?? long;
      if (hex === undefined) return plain ?? ESCAPES[escaped!] ?? escaped!;
      const code = Number.parseInt(hex, 16);
      if (code > 0x10ffff) throw formatError("the grammar", `there is no character U+${hex}`);
      return String.fromCodePoint(code);
    },
  );

function setOf(said: string): Ranges {
  const isNegated = said.startsWith("^");
  const ranges: Range[] = [];
  // A minus that stands for itself is escaped or at an end.
  for (const [whole] of said.slice(isNegated ? 1 : 0).matchAll(MEMBER)) {
    const parts = /^(\\(?:x..|u.{4}|U.{8}|.)|[^\\])-(.+)$/su.exec(whole);
    if (!parts) ranges.push(...of(unescaped(whole).join("")));
    else {
      const [first, last] = [parts[1]!, parts[2]!].map((part) => unescaped(part)[0]!.codePointAt(0)!) as [
        number,
        number,
      ];
      if (first > last)
        throw formatError("the grammar", `the set [${said}] has a range whose end is before its beginning: ${whole}`);
      ranges.push([first, last]);
    }
  }
  return isNegated ? complement(ranges) : union(ranges);
}

const MEMBER =
  /(?:\\(?:x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|.)|[^\\])(?:-(?:\\(?:x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|.)|[^\\]))?/gsu;
