/** Arguments of a call that are written one by one, each between texts of its own: strings as they are, all else as JSON. */
import { formatError } from "../errors.js";
import {
  both,
  characters,
  choice,
  type Expression,
  empty,
  type Grammar,
  mapGrammar,
  nothing,
  oneOf,
  repeat,
  rule,
  sequence,
  text,
} from "../expression.js";
import { ANY, complement, intersect, of } from "../ranges.js";
import { join, type Part, type Said } from "./keywords.js";
import type { Notation } from "./notation.js";
import { Reader, schemaOf } from "./schema.js";
import { isOfType, typesOf, typesOfProperty } from "./types.js";
import { someOf } from "./values.js";

/** How a form writes arguments one by one, and nothing around them all. */
export interface Markup {
  /** Around an argument's value. */
  around(name: string): readonly [before: string, behind: string];
  /** What would end a value within it: each begins with <. */
  readonly never: readonly string[];
  /** What stands between two. */
  readonly between?: string;
  /** How values are written where texts have quotes. */
  readonly notation?: Notation;
  /** Before a text, and before a value of any other type. */
  readonly kinds?: readonly [text: string, other: string];
  /** Around a text that has any of the characters needed for it; within, texts are as they are. */
  readonly verbatim?: readonly [opens: string, closes: string, needed: string];
}

/** Of texts whose length is said: each character beside each beginning of what ends a value is a state. */
const LONGEST = 200;

/** Texts of a markup, by what is said of them: an automaton is made of each. */
type Texts = Map<string, Expression>;

const anything = repeat(characters(ANY));

/** What is read as JSON where other types than strings may be. */
const likeJson = sequence(
  repeat(characters(of(" \t\r\n"))),
  choice(
    sequence(oneOf(["true", "false", "null", "True", "False", "None"]), repeat(characters(of(" \t\r\n")))),
    sequence(characters(of('"[{-0123456789')), anything),
  ),
);

/**
 * The texts of arguments that are valid for a schema. Arguments are in the order of its properties, and there are no others. @throws GenerateError that names
 * the keyword and its place
 * @param texts that were made for other tools of the same markup
 */
export function readArguments(schema: unknown, markup: Markup, texts: Texts = new Map()): Grammar {
  return new Arguments(schemaOf(schema), markup, texts).grammar();
}

class Arguments {
  readonly #root: unknown;
  readonly #markup: Markup;
  readonly #reader: Reader;
  readonly #texts: Texts;

  constructor(root: unknown, markup: Markup, texts: Texts) {
    this.#root = root;
    this.#markup = markup;
    this.#reader = new Reader(root, markup.notation);
    this.#texts = texts;
  }

  grammar(): Grammar {
    const place = "#";
    const said = this.#reader.together([
      { schema: this.#root, place },
      { schema: { type: "object" }, place },
    ]);
    if (said.options || said.values)
      throw formatError(
        `the schema at ${place}`,
        "this model writes arguments one by one: anyOf, oneOf, enum and const are supported within each of them alone",
      );
    const members = [...this.#reader.named(said, place).all].map(([name, parts]) => ({
      member: this.#member(name, parts),
      isRequired: said.required?.includes(name) ?? false,
    }));
    return {
      root: this.#reader.members(members, undefined, text(this.#markup.between ?? "")),
      rules: this.#reader.rules,
    };
  }

  #member(name: string, parts: readonly Part[]): Expression {
    const { place } = parts[0]!;
    if (!(this.#markup.notation ? /^\w(?:[\w .-]*\w)?$/ : /^[^<>"\n]+$/).test(name))
      throw formatError(
        `the schema at ${place}`,
        this.#markup.notation
          ? "this model writes arguments with bare names, of letters, digits, _, and within them spaces, . and -"
          : "this model writes arguments between tags: their names have no <, >, \" and no line's end",
      );
    const [before, behind] = this.#markup.around(name);
    if (this.#markup.notation) return sequence(text(before), this.#reader.value(parts), text(behind));
    // As what is written is read.
    const isMixed = !this.#markup.kinds && !typesOfProperty(this.#root, name)?.every((type) => type === "string");
    return sequence(text(before), this.#value(this.#reader.together(parts), isMixed, name, place), text(behind));
  }

  #value(said: Said, isMixed: boolean, name: string, place: string): Expression {
    const { options, ...rest } = said;
    for (const limit of ["minLength", "maxLength"] as const)
      if ((said[limit] ?? 0) > LONGEST)
        throw formatError(
          `the schema at ${place}/${limit}`,
          `is ${said[limit]}: this model writes texts as they are, whose length is held up to ${LONGEST}; leave it out, and check it when the call is there`,
        );
    if (options)
      return choice(
        ...options.map((option) => this.#value(join(rest, this.#reader.said(option, 1), place), isMixed, name, place)),
      );
    const types = typesOf(said);
    const others = types.filter((type) => type !== "string");
    const { values } = said;
    const [asText, asOther] = this.#markup.kinds?.map((kind) => text(kind)) ?? [empty, empty];
    const isText = (value: unknown) => typeof value === "string";
    const other = values
      ? someOf(values.filter((value) => !isText(value) && others.some((type) => isOfType(value, type))))
      : others.length > 0
        ? this.#asJson({ ...said, types: others }, name, place)
        : nothing;
    const hasTexts = types.includes("string") && (!values || values.some(isText));
    return choice(
      sequence(asOther!, other),
      ...(hasTexts ? [sequence(asText!, this.#text(said, isMixed, place))] : []),
    );
  }

  /** A text that does not end itself. */
  #text(said: Said, isMixed: boolean, place: string): Expression {
    const { minLength, maxLength, patterns = [], formats, values } = said;
    const key = JSON.stringify([minLength, maxLength, patterns.map(({ schema }) => schema), formats, values, isMixed]);
    const never = sequence(anything, oneOf(this.#markup.never), anything);
    const made =
      this.#texts.get(key) ?? this.#textOf(this.#reader.textOf(said, place), [never, ...(isMixed ? [likeJson] : [])]);
    this.#texts.set(key, made);
    return made;
  }

  /** Texts of a language but for some, and those too where a markup can write them as they are. */
  #textOf(language: Expression, not: readonly Expression[]): Expression {
    const { verbatim } = this.#markup;
    if (!verbatim) return both([language], not);
    const [opens, closes, needed] = verbatim;
    const without = (language: readonly Expression[]) => sequence(anything, ...language, anything);
    return choice(
      both([language], [...not, without([characters(of(needed))])]),
      sequence(text(opens), both([language], [without([text(closes)])]), text(closes)),
    );
  }

  /** Strings within lists and objects are without <, which could be the beginning of what ends them. */
  #asJson(said: Said, name: string, place: string): Expression {
    const inner = new Reader(this.#root);
    const root = inner.expression(said, place);
    const prefix = `${name} ${this.#reader.rules.size}: `;
    const own = mapGrammar(
      { root, rules: inner.rules },
      (leaf) =>
        leaf.kind === "rule"
          ? rule(prefix + leaf.name)
          : leaf.kind === "characters"
            ? characters(intersect(leaf.ranges, complement(of("<"))))
            : leaf,
      (one) => prefix + one,
    );
    for (const [one, body] of own.rules) this.#reader.rules.set(one, body);
    return own.root;
  }
}
