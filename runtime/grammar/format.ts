/** The option `responseFormat`: what an answer is to be. */
import type { Constraint } from "../generate/constraint.js";
import { shown } from "../generate/shown.js";
import type { Tokenizer } from "../tokenizer/index.js";
import { Guide } from "./constraint.js";
import { readGrammar } from "./ebnf.js";
import { formatError } from "./errors.js";
import { type Grammar, optional, sequence, text } from "./expression.js";
import { anyObject, readSchema, storedSchema } from "./json/schema.js";
import { KeptMasks } from "./kept-masks.js";
import { lower } from "./lower.js";
import { readPattern } from "./regex.js";
import { TokenTree } from "./trie.js";

/** A schema of a library that gives JSON Schema: zod 4, and others that follow standardschema.dev. */
export interface StandardSchema {
  readonly "~standard": {
    readonly jsonSchema?: {
      readonly input: (options: { readonly target: "draft-2020-12" }) => Record<string, unknown>;
    };
  };
}

/** What an answer is to be: every token is one with which it can still become so, and it ends where it is whole. */
export type ResponseFormat =
  /** JSON that is valid for a schema: a JSON schema as an object, or a zod schema. */
  | { readonly type: "json_schema"; readonly schema: object | boolean | StandardSchema }
  /** Any JSON object. */
  | { readonly type: "json_object" }
  /** A text that all of a regular expression matches, as if it stood between ^ and $. */
  | { readonly type: "regex"; readonly pattern: string | RegExp }
  /** A text of a grammar in EBNF: `root ::= "yes" | "no"`. */
  | { readonly type: "grammar"; readonly ebnf: string };

type Kind = ResponseFormat["type"];

/** Models with SentencePiece's vocabulary begin an answer with a space, as part of its first token. */
const spaced = ({ root, rules }: Grammar): Grammar => ({ root: sequence(optional(text(" ")), root), rules });

const READERS: { readonly [Type in Kind]: (format: ResponseFormat & { type: Type }) => Grammar } = {
  json_schema: ({ schema }) => spaced(readSchema(plainSchema(schema))),
  json_object: () => spaced(anyObject()),
  regex: ({ pattern }) => ({ root: readPattern(sourceOf(pattern), "regex", { whole: true }), rules: new Map() }),
  grammar: ({ ebnf }) => readGrammar(textOf(ebnf, "ebnf")),
};
const FIELDS: Readonly<Record<Kind, string | undefined>> = {
  json_schema: "schema",
  json_object: undefined,
  regex: "pattern",
  grammar: "ebnf",
};

/** Throws GenerateError for what is no format. */
function requireFormat(format: ResponseFormat): void {
  const type = format?.type;
  if (!Object.hasOwn(READERS, typeof type === "string" ? type : ""))
    throw formatError("type", `is ${shown(type)}; give one of ${Object.keys(READERS).join(", ")}`);
  const known = ["type", FIELDS[type]];
  const unknown = Object.keys(format).find((key) => !known.includes(key));
  if (unknown) throw formatError(unknown, `is no field of ${type}, which has ${known.filter(Boolean).join(" and ")}`);
}

/** @throws GenerateError for what is no format, and for one that cannot be followed */
export function grammarOf(format: ResponseFormat): Grammar {
  requireFormat(format);
  return (READERS[format.type] as (format: ResponseFormat) => Grammar)(format);
}

function plainSchema(schema: unknown): unknown {
  const standard = (schema as Partial<StandardSchema> | undefined)?.["~standard"];
  if (!standard) return schema;
  if (typeof standard.jsonSchema?.input !== "function")
    throw formatError(
      "schema",
      "the library of this schema gives no JSON schema (~standard.jsonSchema): pass a JSON schema",
    );
  try {
    // A text is what the library's parsing takes in.
    return standard.jsonSchema.input({ target: "draft-2020-12" });
  } catch (cause) {
    throw formatError("schema", `its library makes no JSON schema of it: ${(cause as Error).message}`, { cause });
  }
}

function textOf(value: unknown, field: string): string {
  if (typeof value === "string") return value;
  throw formatError(field, `is ${shown(value)}; give a text`);
}

function sourceOf(pattern: string | RegExp): string {
  if (!(pattern instanceof RegExp)) return textOf(pattern, "pattern");
  const flags = pattern.flags.replace("u", "");
  if (flags !== "") throw formatError("pattern", `has the flags ${flags}; only u is supported`);
  return pattern.source;
}

const MOST_GUIDES = 16;

/** No control token is text. */
const NO_SIGNS: ReadonlySet<number> = new Set();

/** Texts that answers may be, over the vocabulary of one tokenizer. The last that were asked for are kept as they were compiled. */
export class Formats {
  readonly #tokenizer: Tokenizer;
  readonly #ends: ReadonlySet<number>;
  readonly #guides = new Map<string, Guide>();
  readonly #trees = new Map<string, TokenTree>();
  readonly #kept = new KeptMasks();

  constructor(tokenizer: Tokenizer, ends: ReadonlySet<number>) {
    this.#tokenizer = tokenizer;
    this.#ends = ends;
  }

  /** What one answer may be. @throws GenerateError for what is no format, and for one that cannot be followed */
  constraint(format: ResponseFormat): Constraint {
    return this.follow(keyOf(format), () => grammarOf(format), NO_SIGNS);
  }

  /** What an answer of a grammar may be. @param key says what the grammar is made of @param signs control tokens that are text in it */
  follow(key: string, grammar: () => Grammar, signs: ReadonlySet<number>): Constraint {
    const { vocabularySize } = this.#tokenizer;
    const guide = this.#guides.get(key) ?? new Guide(lower(grammar()), this.#tree(signs), vocabularySize, this.#kept);
    // The last that was asked for is the last to go.
    this.#guides.delete(key);
    this.#guides.set(key, guide);
    if (this.#guides.size > MOST_GUIDES) {
      const [oldest, guide] = this.#guides.entries().next().value!;
      this.#guides.delete(oldest);
      guide.drop();
    }
    return guide.answer(this.#ends, (token) => this.#tokenizer.tokenBytes(token));
  }

  /** The vocabulary: one tree for formats, and one for calls. */
  #tree(signs: ReadonlySet<number>): TokenTree {
    const key = [...signs].join(" ");
    let tree = this.#trees.get(key);
    if (!tree) {
      const { vocabularySize } = this.#tokenizer;
      tree = new TokenTree(vocabularySize, (token) =>
        this.#isText(token, signs) ? this.#tokenizer.tokenBytes(token) : undefined,
      );
      this.#trees.set(key, tree);
    }
    return tree;
  }

  /** What steers the model, and what ends an answer, is no text. */
  #isText(token: number, signs: ReadonlySet<number>): boolean {
    return signs.has(token) || !(this.#tokenizer.isControl(token) || this.#ends.has(token));
  }
}

/** What a format is known by. @throws GenerateError for what is no format */
export function keyOf(format: ResponseFormat): string {
  requireFormat(format);
  if (format.type === "json_schema") return `json_schema ${storedSchema(plainSchema(format.schema))}`;
  if (format.type === "regex") return JSON.stringify(["regex", sourceOf(format.pattern)]);
  return JSON.stringify(format);
}
