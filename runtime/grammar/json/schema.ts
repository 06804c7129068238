/** JSON Schema (2020-12, and what earlier drafts share with it) as a grammar of the texts whose values are valid. */
import { formatError } from "../errors.js";
import {
  both,
  characters,
  choice,
  type Expression,
  empty,
  type Grammar,
  nothing,
  oneOf,
  optional,
  repeat,
  rule,
  sequence,
  text,
} from "../expression.js";
import { ANY } from "../ranges.js";
import { readPattern } from "../regex.js";
import { takes } from "../takes.js";
import { areApart, meeting } from "./apart.js";
import { FORMATS } from "./formats.js";
import {
  ANNOTATIONS,
  isRecord,
  join,
  joinKeywords,
  type Part,
  partsOf,
  READ,
  type Said,
  UNSUPPORTED,
} from "./keywords.js";
import { colon, comma, listed, within } from "./layout.js";
import { JSON_NOTATION, type Notation } from "./notation.js";
import { numberBetween } from "./numbers.js";
import { referenceOf, referred } from "./references.js";
import { isOfType, typesOf } from "./types.js";
import { anyOfType, someOf } from "./values.js";

const LONGEST = 500_000;
/** Schemas that are read, those again that are read for what they say beside others. */
const MOST_READ = 20_000;
/** Alternatives of oneOf that are compared one with another. */
const MOST_COMPARED = 500;
const DEEPEST = 60;
const MANY = Number.POSITIVE_INFINITY;

/**
 * The texts whose value is valid. Some of them are left out: properties are in the order of the schema, and there are no others where properties are
 * said and additionalProperties is not; tuples are whole. @param beside a schema that holds too @throws GenerateError that names the keyword and its place
 */
export function readSchema(schema: unknown, beside?: { readonly type: string }): Grammar {
  return new Reader(schemaOf(schema)).grammar(beside);
}

/** A schema as others than its author can change it no more. @throws GenerateError for what JSON cannot hold, and for more than we read */
export function schemaOf(schema: unknown): unknown {
  const stored = storedSchema(schema);
  if (stored.length > LONGEST) throw formatError("the schema", `has ${stored.length} characters, more than ${LONGEST}`);
  return JSON.parse(stored);
}

/** A schema as JSON. @throws GenerateError for what JSON cannot hold */
export function storedSchema(schema: unknown): string {
  let stored: string | undefined;
  try {
    stored = JSON.stringify(schema);
  } catch (cause) {
    throw formatError("the schema", `is no JSON: ${(cause as Error).message.split("\n", 1)[0]}`, { cause });
  }
  if (stored === undefined) throw formatError("the schema", `is ${typeof schema}, and is to be a JSON schema`);
  return stored;
}

/** Any object. */
export function anyObject(): Grammar {
  const rules = new Map<string, Expression>();
  return { root: anyOfType("object", rules), rules };
}

/** Schemas that hold beside a schema's own keywords. */
const BESIDE = new Set(["$ref", "allOf"]);

type Tags = ReadonlyMap<string, readonly unknown[]>;

function areKnownApart(a: Said, b: Said, ours: Tags, theirs: Tags): boolean {
  if (a.values && b.values) return areApart(a.values, b.values);
  const wide = (said: Said) => typesOf(said).map((type) => (type === "integer" ? "number" : type));
  const types = wide(b);
  if (!wide(a).some((type) => types.includes(type))) return true;
  return [...ours].some(([name, values]) => theirs.has(name) && areApart(values, theirs.get(name)!));
}

/** Reads one schema. */
export class Reader {
  readonly #root: unknown;
  readonly #notation: Notation;
  readonly rules = new Map<string, Expression>();
  #read = 0;
  #depth = 0;

  constructor(root: unknown, notation = JSON_NOTATION) {
    this.#root = root;
    this.#notation = notation;
  }

  grammar(beside?: unknown): Grammar {
    const parts = [this.#root, beside].filter((schema) => schema !== undefined);
    return { root: this.value(parts.map((schema) => ({ schema, place: "#" }))), rules: this.rules };
  }

  /** A value for which all of some schemas hold. */
  value(parts: readonly Part[]): Expression {
    const [only] = parts;
    const ref = parts.length === 1 ? referenceOf(only!) : undefined;
    if (ref !== undefined) return this.#referred(ref, only!.place);
    if (++this.#depth > DEEPEST)
      throw formatError(`the schema at ${only!.place}`, `it is nested more than ${DEEPEST} deep`);
    const value = this.expression(this.together(parts), only!.place);
    this.#depth--;
    return value;
  }

  #referred(ref: string, place: string): Expression {
    const name = `the schema ${ref}`;
    if (!this.rules.has(name)) {
      this.rules.set(name, nothing);
      const [depth, part] = [this.#depth, referred(this.#root, ref, place)];
      this.#depth = 0;
      this.rules.set(name, this.value([part]));
      this.#depth = depth;
    }
    return rule(name);
  }

  together(parts: readonly Part[]): Said {
    return parts.map((part) => this.said(part)).reduce((a, b) => join(a, b, parts[0]!.place));
  }

  /** What one schema says, with those that it refers to and those that hold at once. */
  said({ schema, place }: Part, depth = 0): Said {
    if (schema === true) return {};
    if (schema === false) return { types: [] };
    if (!isRecord(schema))
      throw formatError(
        `the schema at ${place}`,
        `is ${JSON.stringify(schema)}, and is to be an object, true or false`,
      );
    if (++this.#read > MOST_READ || depth > DEEPEST)
      throw formatError(`the schema at ${place}`, "schemas refer to each other without end, or too often");
    let own: Said = {};
    for (const [keyword, value] of Object.entries(schema))
      if (!ANNOTATIONS.has(keyword) && !BESIDE.has(keyword))
        own = joinKeywords(own, this.#keyword(keyword, { schema: value, place: `${place}/${keyword}` }), place);
    if (schema.oneOf) this.#requireApart(own.options!, `${place}/oneOf`);
    const beside = "$ref" in schema ? [referred(this.#root, String(schema.$ref), `${place}/$ref`)] : [];
    const all = "allOf" in schema ? partsOf({ schema: schema.allOf, place: `${place}/allOf` }) : [];
    return [...beside, ...all].map((part) => this.said(part, depth + 1)).reduce((a, b) => join(a, b, place), own);
  }

  #keyword(keyword: string, part: Part): Said {
    const { place } = part;
    const read = Object.hasOwn(READ, keyword) ? READ[keyword] : undefined;
    if (read) return read(part);
    const instead = Object.hasOwn(UNSUPPORTED, keyword) ? UNSUPPORTED[keyword] : undefined;
    throw formatError(
      `the schema at ${place}`,
      instead ? `the keyword ${keyword} is not supported: ${instead}` : `${keyword} is no keyword that is known`,
    );
  }

  /** Of oneOf exactly one is to hold: alternatives must be such that no value is valid for two. */
  #requireApart(options: readonly Part[], place: string): void {
    const all = options.map((option) => this.said(option, 1));
    const refuse = (one: number, other: number) =>
      formatError(
        `the schema at ${place}`,
        `a value may be valid for both ${one} and ${other}, and oneOf wants one: use anyOf, or a property that is required in all with a const of its own in each`,
      );
    // Alternatives that are values alone, or have a tag in common, need no look at each pair.
    if (all.every(({ values }) => values)) {
      const both = meeting(all.map(({ values }) => values!));
      if (both) throw refuse(...both);
      return;
    }
    const tagged = all.map((said) => this.#tagged(said));
    for (const name of tagged[0]?.keys() ?? [])
      if (tagged.every((tags) => tags.has(name)) && areApart(...tagged.map((tags) => tags.get(name)!))) return;
    if (all.length > MOST_COMPARED)
      throw formatError(
        `the schema at ${place}`,
        `has ${all.length} alternatives, more than ${MOST_COMPARED}, and no property that is required in all with a const of its own in each: give them one, or use anyOf`,
      );
    all.forEach((a, i) => {
      const other = all.slice(0, i).findIndex((b, j) => !areKnownApart(a, b, tagged[i]!, tagged[j]!));
      if (other >= 0) throw refuse(other, i);
    });
  }

  /** Required properties of certain values, of what is an object for sure. */
  #tagged(said: Said): Tags {
    const tags = new Map<string, readonly unknown[]>();
    if (typesOf(said).some((type) => type !== "object")) return tags;
    for (const name of said.required ?? []) {
      const part = said.properties?.get(name)?.[0];
      const values = part && this.said(part, 1).values;
      if (values) tags.set(name, values);
    }
    return tags;
  }

  expression(said: Said, place: string): Expression {
    const { options, ...rest } = said;
    if (options) {
      const isAlone = Object.keys(rest).length === 0;
      return choice(
        ...options.map((option) =>
          isAlone ? this.value([option]) : this.expression(join(rest, this.said(option, 1), place), place),
        ),
      );
    }
    const types = typesOf(said);
    if (said.values) return this.#values(said, place);
    return choice(...types.map((type) => this.#typed(type, said, place)));
  }

  #values(said: Said, place: string): Expression {
    const { types, values, ...rest } = said;
    const [more] = Object.keys(rest);
    if (more)
      throw formatError(
        `the schema at ${place}`,
        "enum and const are supported beside type alone: leave out the values that nothing else lets through",
      );
    return someOf(
      values!.filter((value) => !types || types.some((type) => isOfType(value, type))),
      this.#notation,
    );
  }

  #typed(type: string, said: Said, place: string): Expression {
    switch (type) {
      case "object":
        return this.#object(said, place);
      case "array":
        return this.#list(said);
      case "string":
        return this.#string(said, place);
      case "number":
      case "integer":
        return numberBetween({ ...said, integer: type === "integer" }, this.rules);
      case "boolean":
        return choice(text("true"), text("false"));
      default:
        return text("null");
    }
  }

  #string(said: Said, place: string): Expression {
    const { minLength, maxLength, patterns, formats } = said;
    if (!patterns && !formats) return this.#notation.anyString(minLength, maxLength);
    return this.#notation.stringOf(this.textOf(said, place));
  }

  /** The texts that a string may be. */
  textOf({ minLength = 0, maxLength = MANY, patterns = [], formats = [], values }: Said, place: string): Expression {
    if (values) return oneOf(values.filter((value) => typeof value === "string"));
    const known = formats.filter((format) => Object.hasOwn(FORMATS, format));
    const unknown = formats.find((format) => !known.includes(format));
    // Beside a pattern the format of a library is a name for it.
    if (unknown !== undefined && patterns.length === 0)
      throw formatError(
        `the schema at ${place}/format`,
        `the format ${unknown} is not known: there are ${Object.keys(FORMATS).join(", ")}; or say a pattern`,
      );
    return both([
      ...patterns.map(({ schema, place }) => readPattern(schema as string, `the schema at ${place}`, { whole: false })),
      ...known.map((format) => readPattern(FORMATS[format]!, format, { whole: true })),
      ...(minLength > 0 || maxLength < MANY || patterns.length + known.length === 0
        ? [repeat(characters(ANY), minLength, maxLength)]
        : []),
    ]);
  }

  #object(said: Said, place: string): Expression {
    const { properties, required = [], additional, names } = said;
    const isAny = !properties?.size && required.length === 0 && !names && !additional;
    const { minProperties = 0, maxProperties = MANY } = said;
    if (isAny && minProperties === 0 && maxProperties === MANY) return anyOfType("object", this.rules, this.#notation);
    const { all, isOpen, others } = this.named(said, place);
    const extra =
      isOpen && !others.some(({ schema }) => schema === false) ? this.#extra(said, [...all.keys()], others) : undefined;
    this.#requireCounts(said, all.size, extra !== undefined, place);
    const members = [...all].map(([name, parts]) => ({
      member: sequence(this.#notation.key(name), colon, this.value(parts)),
      isRequired: required.includes(name),
    }));
    if (members.length > 0) return within("{", this.members(members, extra), "}");
    if (!extra || maxProperties === 0) return minProperties > 0 ? nothing : within("{", empty, "}");
    const some = listed(extra, 1, maxProperties);
    return within("{", minProperties > 0 ? some : optional(some), "}");
  }

  /** What holds for each property that is named, and for all others. */
  named({ properties = new Map(), required = [], additional, names }: Said, place: string) {
    const isOpen = additional !== undefined || properties.size === 0;
    const others: readonly Part[] = additional ?? [{ schema: isOpen, place }];
    const named: (readonly [string, readonly Part[]])[] = [
      ...properties,
      ...required.filter((name) => !properties.has(name)).map((name) => [name, others] as const),
    ];
    const all = new Map(names ? named.map(([name, parts]) => [name, this.#named(name, parts, names)]) : named);
    return { all, isOpen, others };
  }

  /** What holds for a property; nothing can be one whose name may not be. */
  #named(name: string, parts: readonly Part[], names: readonly Part[]): readonly Part[] {
    const allowed = this.textOf(this.together(names), names[0]!.place);
    return takes({ root: allowed, rules: this.rules }, name) ? parts : [{ schema: false, place: names[0]!.place }];
  }

  /** A member of a name that no property has. */
  #extra({ names }: Said, taken: readonly string[], others: readonly Part[]): Expression {
    const allowed = names ? this.textOf(this.together(names), names[0]!.place) : repeat(characters(ANY));
    const name =
      names || taken.length > 0
        ? this.#notation.stringOf(both([allowed], taken.length > 0 ? [oneOf(taken)] : []))
        : this.#notation.anyString();
    return sequence(name, colon, this.value(others));
  }

  #requireCounts(
    { minProperties = 0, maxProperties = MANY }: Said,
    named: number,
    hasExtra: boolean,
    place: string,
  ): void {
    const fewest = named === 0 ? 1 : 0;
    if (minProperties > fewest && named + (hasExtra ? 1 : 0) > 0)
      throw formatError(
        `the schema at ${place}`,
        `minProperties is ${minProperties}: ${fewest === 1 ? "at most 1 is supported" : "it is supported without properties alone"}; use required`,
      );
    if (named > 0 && maxProperties < named + (hasExtra ? MANY : 0))
      throw formatError(
        `the schema at ${place}`,
        `maxProperties is ${maxProperties}: it is supported without properties alone`,
      );
  }

  /** Members in their order, those that may be left out left out or not, then others. A rule for what is behind each: a chain of them is no nesting. */
  members(
    members: readonly { readonly member: Expression; readonly isRequired: boolean }[],
    extra?: Expression,
    between = comma,
  ): Expression {
    let behind = extra ? repeat(sequence(between, extra)) : empty;
    let alone = extra ? optional(sequence(extra, behind)) : empty;
    for (const { member, isRequired } of members.toReversed()) {
      const [next, nextAlone] = [this.#ruleOf(behind), this.#ruleOf(alone)];
      behind = isRequired ? sequence(between, member, next) : choice(next, sequence(between, member, next));
      alone = isRequired ? sequence(member, next) : choice(nextAlone, sequence(member, next));
    }
    return alone;
  }

  #ruleOf(expression: Expression): Expression {
    const name = `part ${this.rules.size}`;
    this.rules.set(name, expression);
    return rule(name);
  }

  #list({ prefix = [], items, minItems, maxItems = MANY }: Said): Expression {
    const others = items ?? [{ schema: prefix.length === 0, place: "#" }];
    const isClosed = others.some(({ schema }) => schema === false);
    const first = prefix.slice(0, maxItems).map((parts) => this.value(parts));
    const least = minItems ?? prefix.length;
    const most = isClosed ? first.length : maxItems;
    if (least > most && minItems !== undefined) return nothing;
    if (!isClosed && !items && prefix.length === 0 && least === 0 && most === MANY)
      return anyOfType("array", this.rules, this.#notation);
    const item = isClosed ? nothing : this.value(others);
    if (first.length === 0)
      return within(
        "[",
        most === 0 ? empty : least > 0 ? listed(item, least, most) : optional(listed(item, 1, most)),
        "]",
      );
    let rest = repeat(sequence(comma, item), Math.max(0, least - first.length), most - first.length);
    for (let i = first.length - 1; i >= 0; i--) {
      rest = sequence(...(i === 0 ? [] : [comma]), first[i]!, rest);
      if (i >= least) rest = optional(rest);
    }
    return within("[", rest, "]");
  }
}
