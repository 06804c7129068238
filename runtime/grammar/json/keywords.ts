/** The keywords of JSON Schema: how each is read, and how two that hold at once become one. */

import { leastCommonMultiple } from "../../tiling.js";
import { formatError } from "../errors.js";
import type { Bound } from "./numbers.js";

/** A schema and where it is. */
export interface Part {
  readonly schema: unknown;
  readonly place: string;
}

/** What schemas that hold at once say together, keyword by keyword. Schemas below it are lists of those that hold at once. */
export interface Said {
  readonly types?: readonly string[];
  readonly values?: readonly unknown[];
  readonly patterns?: readonly Part[];
  readonly formats?: readonly string[];
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly least?: Bound;
  readonly most?: Bound;
  readonly multipleOf?: number;
  readonly properties?: ReadonlyMap<string, readonly Part[]>;
  readonly required?: readonly string[];
  readonly additional?: readonly Part[];
  readonly names?: readonly Part[];
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly prefix?: readonly (readonly Part[])[];
  readonly items?: readonly Part[];
  readonly minItems?: number;
  readonly maxItems?: number;
  /** One of these holds too. */
  readonly options?: readonly Part[];
}

export const TYPES = ["object", "array", "string", "number", "integer", "boolean", "null"] as const;

const said = ({ place }: Part, problem: string) => formatError(`the schema at ${place}`, problem);

const reader =
  <Value>(check: (value: unknown) => value is Value, expected: string) =>
  (part: Part): Value => {
    if (check(part.schema)) return part.schema;
    throw said(part, `is ${JSON.stringify(part.schema).slice(0, 60)}, and is to be ${expected}`);
  };

const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);
const isCount = (value: unknown): value is number => isNumber(value) && Number.isInteger(value) && value >= 0;
const isText = (value: unknown): value is string => typeof value === "string";
const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const number = reader(isNumber, "a number");
const count = reader(isCount, "a whole number from 0 on");
const string = reader(isText, "a text");
const list = reader(isList, "a list");
const record = reader(isRecord, "an object");
const texts = reader((value): value is readonly string[] => isList(value) && value.every(isText), "a list of texts");

/** The schemas of a list. */
export const partsOf = (part: Part): Part[] => list(part).map((schema, i) => ({ schema, place: `${part.place}/${i}` }));

const typesOf = (part: Part): readonly string[] => {
  const types = texts(isText(part.schema) ? { ...part, schema: [part.schema] } : part);
  const unknown = types.find((type) => !(TYPES as readonly string[]).includes(type));
  if (unknown !== undefined) throw said(part, `${unknown} is no type: there are ${TYPES.join(", ")}`);
  return types;
};

/** How each keyword that says something is read. */
export const READ: Readonly<Record<string, (part: Part) => Said>> = {
  type: (part) => ({ types: typesOf(part) }),
  enum: (part) => ({ values: list(part) }),
  const: ({ schema }) => ({ values: [schema] }),
  pattern: (part) => ({ patterns: [{ schema: string(part), place: part.place }] }),
  format: (part) => ({ formats: [string(part)] }),
  minLength: (part) => ({ minLength: count(part) }),
  maxLength: (part) => ({ maxLength: count(part) }),
  minimum: (part) => ({ least: { value: number(part), exclusive: false } }),
  maximum: (part) => ({ most: { value: number(part), exclusive: false } }),
  exclusiveMinimum: (part) => ({ least: { value: number(part), exclusive: true } }),
  exclusiveMaximum: (part) => ({ most: { value: number(part), exclusive: true } }),
  multipleOf: (part) => ({ multipleOf: divisor(part) }),
  properties: (part) => ({
    properties: new Map(
      Object.entries(record(part)).map(([name, schema]) => [name, [{ schema, place: `${part.place}/${name}` }]]),
    ),
  }),
  required: (part) => ({ required: texts(part) }),
  additionalProperties: (part) => ({ additional: [part] }),
  propertyNames: (part) => ({ names: [part] }),
  minProperties: (part) => ({ minProperties: count(part) }),
  maxProperties: (part) => ({ maxProperties: count(part) }),
  prefixItems: (part) => ({ prefix: partsOf(part).map((one) => [one]) }),
  // A list was what drafts before 2020-12 had for prefixItems.
  items: (part) => (isList(part.schema) ? { prefix: partsOf(part).map((one) => [one]) } : { items: [part] }),
  additionalItems: (part) => ({ items: [part] }),
  minItems: (part) => ({ minItems: count(part) }),
  maxItems: (part) => ({ maxItems: count(part) }),
  anyOf: (part) => ({ options: partsOf(part) }),
  oneOf: (part) => ({ options: partsOf(part) }),
};

/** What says nothing of which values are valid. */
export const ANNOTATIONS = new Set([
  ...["$schema", "$id", "$comment", "$defs", "definitions", "title", "description", "default", "examples"],
  ...["deprecated", "readOnly", "writeOnly", "contentEncoding", "contentMediaType"],
]);

/** What JSON Schema has and we do not, and what may do instead. */
export const UNSUPPORTED: Readonly<Record<string, string>> = {
  not: "say what values are, not what they are not",
  if: "write anyOf with an alternative for each case",
  then: "write anyOf with an alternative for each case",
  else: "write anyOf with an alternative for each case",
  dependentRequired: "write anyOf with an alternative for each case",
  dependentSchemas: "write anyOf with an alternative for each case",
  dependencies: "write anyOf with an alternative for each case",
  patternProperties: "use propertyNames with additionalProperties",
  unevaluatedProperties: "use additionalProperties",
  unevaluatedItems: "use items",
  contains: "say what all items are",
  minContains: "say what all items are",
  maxContains: "say what all items are",
  uniqueItems: "check it when the answer is there",
  contentSchema: "ask for the value itself",
  $anchor: "refer by path, as #/$defs/name",
  $dynamicRef: "use $ref",
  $dynamicAnchor: "use $ref",
  $recursiveRef: "use $ref",
  nullable: 'write type: ["string", "null"]',
};

function divisor(part: Part): number {
  const value = number(part);
  const isWhole = Number.isInteger(value) && value >= 1 && value <= 1000;
  // Of 0.1, 0.01, … multiples are the numbers with so many decimals.
  const isTenth =
    value > 0 &&
    value < 1 &&
    value >= 1e-9 &&
    String(1 / value).startsWith("1") &&
    Number.isInteger(Math.log10(1 / value));
  if (!isWhole && !isTenth)
    throw said(part, `is ${value}: whole numbers up to 1000 are supported, and 0.1, 0.01, 0.001 …`);
  return value;
}

const larger = (a: number, b: number) => Math.max(a, b);
const less = (a: number, b: number) => Math.min(a, b);
const together = <One>(a: readonly One[], b: readonly One[]): readonly One[] => [...a, ...b];
export const equal = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
const tighter =
  (isTighter: (a: number, b: number) => boolean) =>
  (a: Bound, b: Bound): Bound =>
    isTighter(a.value, b.value) || (a.value === b.value && a.exclusive) ? a : b;

type Joins = {
  readonly [Key in keyof Said]-?: (a: NonNullable<Said[Key]>, b: NonNullable<Said[Key]>, place: string) => Said[Key];
};

/** What two that hold at once say together. */
const JOIN: Joins = {
  types: (a, b) => [
    ...a.filter((type) => b.includes(type) || (type === "integer" && b.includes("number"))),
    ...b.filter((type) => type === "integer" && a.includes("number") && !a.includes("integer")),
  ],
  values: (a, b) => a.filter((value) => b.some((other) => equal(value, other))),
  patterns: together,
  formats: together,
  minLength: larger,
  maxLength: less,
  least: tighter((a, b) => a > b),
  most: tighter((a, b) => a < b),
  multipleOf: (a, b, place) => {
    if (a < 1 || b < 1)
      throw formatError(`the schema at ${place}`, `multipleOf is said twice, as ${a} and ${b}: say it once`);
    const both = leastCommonMultiple(a, b);
    if (both > 1000)
      throw formatError(
        `the schema at ${place}`,
        `multiples of ${a} and ${b} are multiples of ${both}, more than 1000`,
      );
    return both;
  },
  properties: (a, b) =>
    new Map([...a, ...[...b].map(([name, parts]) => [name, [...(a.get(name) ?? []), ...parts]] as const)]),
  required: together,
  additional: together,
  names: together,
  minProperties: larger,
  maxProperties: less,
  prefix: (a, b, place) => {
    if (a.length !== b.length)
      throw formatError(`the schema at ${place}`, "prefixItems of two lengths hold at once: say them in one");
    return a.map((parts, i) => [...parts, ...b[i]!]);
  },
  items: together,
  minItems: larger,
  maxItems: less,
  options: (_, __, place) => {
    throw formatError(
      `the schema at ${place}`,
      "anyOf or oneOf of two schemas hold at once: write the alternatives in one",
    );
  },
};

/** What schemas that hold at once say together. @throws GenerateError where we cannot tell */
export function join(a: Said, b: Said, place: string): Said {
  requireOwnNames(a, b, place);
  requireOwnNames(b, a, place);
  return joinKeywords(a, b, place);
}

/** What two keywords of one schema say together. */
export function joinKeywords(a: Said, b: Said, place: string): Said {
  const joined: Record<string, unknown> = { ...a };
  for (const [key, value] of Object.entries(b)) {
    const before = joined[key];
    const one = JOIN[key as keyof Said] as (a: unknown, b: unknown, place: string) => unknown;
    joined[key] = before === undefined ? value : one(before, value, place);
  }
  return joined;
}

/** additionalProperties is about the names of its own schema's properties, and not of those beside it. */
function requireOwnNames(a: Said, b: Said, place: string): void {
  if (!a.additional) return;
  const foreign = [...(b.properties?.keys() ?? [])].find((name) => !a.properties?.has(name));
  if (foreign !== undefined)
    throw formatError(
      `the schema at ${place}`,
      `${foreign} is a property of one schema, and additional in another that holds at once: say additionalProperties in the one that has all properties`,
    );
}
