import type { Expression } from "../grammar/expression.js";
import type { Markup } from "../grammar/index.js";

/** A call as it was written. */
export interface Written {
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** Where the model gives calls names of its own. */
  readonly id?: string;
}

/** The schemas of the arguments, by the names of the tools. */
export type Schemas = ReadonlyMap<string, Readonly<Record<string, unknown>> | undefined>;

/** A form in which models write calls. */
export interface Form {
  /** What begins calls: the first of these, of those at one place the longest. It is no text of the answer, and may be a token of its own. */
  readonly opens: readonly string[];
  /** What ends them; without it they go on to the end of the answer. */
  readonly closes?: string;
  /** What ends each of several calls before that. */
  readonly ends?: string;
  /** Other tokens within calls. */
  readonly inner?: readonly string[];
  /** An answer that begins as an object is a call too. */
  readonly bare?: boolean;
  /** What the prompt ends with of the first sign: an answer begins behind it. */
  readonly begun?: string;
  /** Texts as they are, in which nothing ends a call. */
  readonly verbatim?: RegExp;
  /** Calls that an answer may have, where templates show no more. */
  readonly most?: number;
  /** Tokens around what is no call, which are no text of it either. */
  readonly unsaid?: readonly string[];
  /** The calls between `opens` and what ends them; undefined where there is none in it. */
  read(text: string, schemas: Schemas): readonly Written[] | undefined;
  /** Around the arguments of a call, where one is forced. */
  around(name: string): readonly [before: string | Expression, behind: string];
  /** How arguments are written one by one; without it they are JSON. */
  readonly markup?: Markup;
}

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A call of a name with arguments; some models write them as a text of JSON. */
export function callOf(name: unknown, given: unknown): Written | undefined {
  const found = typeof given === "string" ? parsed(given) : given;
  return typeof name === "string" && isRecord(found) ? { name, arguments: found } : undefined;
}

/** All of some calls, if each is one. */
export function all(calls: readonly (Written | undefined)[]): readonly Written[] | undefined {
  return calls.length > 0 && !calls.includes(undefined) ? (calls as Written[]) : undefined;
}
