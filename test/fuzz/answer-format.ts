/** Formats of answers: schemas, patterns and grammars that are wrong, contradict themselves, or ask for ever more. */

import fc from "fast-check";
import type { ResponseFormat } from "../../runtime/index.js";
import { guideFor, randomOf, walk } from "../runtime/grammar/walking.js";
import { hostileNumber, hostileString, type Json } from "./harness/hostile.js";
import { attempts } from "./harness/target.js";

export const name = "answer-format";

const KEYWORDS =
  "type enum const pattern format minLength maxLength minimum maximum exclusiveMinimum exclusiveMaximum multipleOf properties required additionalProperties propertyNames minProperties maxProperties prefixItems items minItems maxItems anyOf oneOf allOf $ref $defs not title unknown".split(
    " ",
  );
const TEXTS =
  "object|array|string|number|integer|boolean|null|a|b|^a+$|b{3,9}|(a|b)*c|^(?!a)[a-z]*$|[^\\s\\S]|(a{1,90}){1,90}|\\p{L}+|date|email|uuid|#|#/$defs/a|#/properties/a|#/nope".split(
    "|",
  );

const { schema } = fc.letrec<{ schema: Json; value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom(...TEXTS),
    hostileNumber,
    hostileString,
    fc.boolean(),
    tie("schema"),
    fc.array(fc.oneof(tie("schema"), fc.constantFrom(...TEXTS)), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom("a", "b", "__proto__", "é"), tie("schema"), { maxKeys: 3 }),
  ) as fc.Arbitrary<Json>,
  schema: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.boolean(),
    fc.constantFrom(...TEXTS.slice(0, 7)).map((type) => ({ type })),
    fc.dictionary(fc.constantFrom(...KEYWORDS), tie("value"), { maxKeys: 4 }),
  ) as fc.Arbitrary<Json>,
}));

const piece = fc.constantFrom(
  ..."a|b|é|.|[a-c]|[^a]|[^]|(|)|(?:|(?!|(?=|(?<x>|*|+|?|{2}|{1,9}|{99}|{0,99999}|{200000}|^|$|\\d|\\W|\\b|\\1|\\u{1f600}|\\ud83d|\\p{Lu}|-|]|\\".split(
    "|",
  ),
);
const pattern = fc.array(piece, { maxLength: 14 }).map((all) => all.join(""));

const symbol = fc.constantFrom(
  ...'root|a|b|::=|"x"|"y"|"é"|[a-z]|[^x]|[z-a]|(|)|*|+|?|{2}|{1,3}|{999999}|.|,|\n| | # c\n|"\\x41"|"\\U00110000"|"'.split(
    "|",
  ),
);
const rule = fc
  .tuple(fc.constantFrom("root", "a", "b"), fc.array(symbol, { maxLength: 10 }))
  .map(([rule, all]) => `${rule} ::= ${all.join(" ")}`);
const ebnf = fc.array(fc.oneof(rule, rule, hostileString), { maxLength: 5 }).map((all) => all.join("\n"));

const inputs: fc.Arbitrary<{ readonly type: string }> = fc.oneof(
  schema.map((schema) => ({ type: "json_schema", schema })),
  pattern.map((pattern) => ({ type: "regex", pattern })),
  ebnf.map((ebnf) => ({ type: "grammar", ebnf })),
  fc.record({ type: hostileString, schema }),
);

export const { run, replay } = attempts({
  inputs,
  right: [
    { type: "json_object" },
    { type: "json_schema", schema: { type: "object", properties: { a: { type: "string", maxLength: 3 } } } },
    { type: "regex", pattern: "(a|b){3}" },
    { type: "grammar", ebnf: 'root ::= "x" | "(" root ")"' },
  ],
  refusals: ["GenerateError"],
  attempt(input) {
    const guide = guideFor(input as unknown as ResponseFormat);
    for (const seed of [1, 2]) walk(guide, randomOf(seed), 10);
  },
});
