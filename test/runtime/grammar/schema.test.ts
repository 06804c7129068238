/** Answers that are to be valid for a schema, beside what another library says of them. */
import { Ajv } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { readSchema } from "../../../runtime/grammar/json/schema.js";
import { guideFor, guideOf, randomOf, takes, walk } from "./walking.js";

/** Making one takes longer than all that is asked of it. */
const ajv = new Ajv2020({ strict: false, validateFormats: false, multipleOfPrecision: 9 });

/** A schema, and values that are valid for it. */
interface Pair {
  readonly schema: object;
  readonly value: fc.Arbitrary<unknown>;
}

const aString = fc.string({ unit: "binary", maxLength: 6 });

const strings = fc.oneof(
  fc.constant<Pair>({ schema: { type: "string" }, value: aString }),
  fc.tuple(fc.nat(3), fc.nat(4)).map(
    ([least, more]): Pair => ({
      schema: { type: "string", minLength: least, maxLength: least + more },
      value: fc.string({ unit: "binary", minLength: least, maxLength: least + more }),
    }),
  ),
  fc.constantFrom<Pair>(
    { schema: { type: "string", pattern: "^[a-c]+$" }, value: fc.stringMatching(/^[a-c]+$/) },
    { schema: { type: "string", pattern: "b\\d" }, value: fc.stringMatching(/b\d/u) },
    {
      schema: { type: "string", pattern: "^a|c$", maxLength: 5 },
      value: fc.stringMatching(/^(a[x-z]{0,4}|[x-z]{0,4}c)$/),
    },
    { schema: { type: "string", allOf: [{ pattern: "^é" }, { pattern: '"' }] }, value: fc.constantFrom('é"', 'é\n"x') },
    { schema: { type: "string", pattern: "^(?!ab)[a-z]{2}$" }, value: fc.constantFrom("aa", "ba", "zz") },
  ),
);

const numbers = fc
  .record({
    integer: fc.boolean(),
    low: fc.option(fc.oneof(fc.integer({ min: -1000, max: 1000 }), fc.double({ min: -5, max: 5, noNaN: true }))),
    span: fc.option(fc.integer({ min: 1, max: 3000 })),
    exclusive: fc.boolean(),
    multipleOf: fc.option(fc.constantFrom(1, 3, 7, 10)),
  })
  .map(({ integer, low, span, exclusive, multipleOf }): Pair => {
    const [least, most] = exclusive ? ["exclusiveMinimum", "exclusiveMaximum"] : ["minimum", "maximum"];
    // Wide enough that there is a multiple.
    const high = span === null ? undefined : (low ?? 0) + span + (multipleOf ?? 0) + 2;
    const schema = {
      type: integer ? "integer" : "number",
      ...(low === null ? {} : { [least!]: low }),
      ...(high === undefined ? {} : { [most!]: high }),
      ...(multipleOf === null ? {} : { multipleOf }),
    };
    const isWhole = integer || multipleOf !== null;
    const from = low ?? (high ?? 0) - 500;
    const to = high ?? from + 5000;
    const step = multipleOf ?? 1;
    const value = isWhole
      ? fc
          .integer({ min: Math.ceil((from + 1e-9) / step + (exclusive ? 1e-9 : 0)), max: Math.floor(to / step - 1e-9) })
          .map((n) => n * step || 0)
      : fc.integer({ min: Math.ceil(from * 100) + 1, max: Math.floor(to * 100) - 1 }).map((n) => n / 100 || 0);
    return { schema, value };
  });

const plain = fc.oneof(
  strings,
  numbers,
  fc.constantFrom<Pair>(
    {
      schema: { type: "number" },
      value: fc.double({ noNaN: true, noDefaultInfinity: true }).filter((n) => Math.abs(n) < 1e307),
    },
    { schema: { type: "boolean" }, value: fc.boolean() },
    { schema: { type: ["null", "integer"] }, value: fc.option(fc.integer()) },
    { schema: { enum: ["a", 1, null, { b: [1, "x"] }] }, value: fc.constantFrom("a", 1, null, { b: [1, "x"] }) },
    { schema: { const: 'say "hi"\n' }, value: fc.constant('say "hi"\n') },
    {
      schema: {},
      value: fc.jsonValue({ maxDepth: 2 }).filter((one) => !/\\ud[89a-f]|e[-+]3|e-\d{3}/i.test(JSON.stringify(one))),
    },
  ),
);

const { schema: pairs } = fc.letrec<{ schema: Pair }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    plain,
    objects(tie("schema")),
    lists(tie("schema")),
    choices(tie("schema")),
  ),
}));

function objects(inner: fc.Arbitrary<Pair>): fc.Arbitrary<Pair> {
  const member = fc.record({
    name: fc.constantFrom("a", "id", "é", 'q"', "b c", "__x"),
    pair: inner,
    isRequired: fc.boolean(),
  });
  return fc
    .record({
      members: fc.uniqueArray(member, { selector: ({ name }) => name, maxLength: 4 }),
      extra: fc.option(inner),
    })
    .map(({ members, extra }) => ({
      schema: {
        type: "object",
        properties: Object.fromEntries(members.map(({ name, pair }) => [name, pair.schema])),
        required: members.filter(({ isRequired }) => isRequired).map(({ name }) => name),
        additionalProperties: extra ? extra.schema : false,
      },
      value: fc
        .record({
          own: fc.tuple(
            ...members.map(({ pair, isRequired }) =>
              isRequired ? pair.value : fc.option(pair.value, { nil: undefined }),
            ),
          ),
          others: extra
            ? fc.dictionary(fc.string({ minLength: 7, maxLength: 9 }), extra.value, { maxKeys: 2 })
            : fc.constant({}),
        })
        .map(({ own, others }) => ({
          ...Object.fromEntries(members.map(({ name }, i) => [name, own[i]]).filter(([, one]) => one !== undefined)),
          ...others,
        })),
    }));
}

function lists(inner: fc.Arbitrary<Pair>): fc.Arbitrary<Pair> {
  return fc
    .record({
      prefix: fc.array(inner, { maxLength: 2 }),
      item: inner,
      least: fc.nat(2),
      more: fc.nat(2),
      isOpen: fc.boolean(),
    })
    .map(({ prefix, item, least, more, isOpen }) => {
      const [minItems, maxItems] = [prefix.length + least, prefix.length + least + more];
      return {
        schema: {
          type: "array",
          ...(prefix.length > 0 ? { prefixItems: prefix.map(({ schema }) => schema) } : {}),
          items: item.schema,
          minItems,
          ...(isOpen ? {} : { maxItems }),
        },
        value: fc
          .tuple(
            fc.tuple(...prefix.map(({ value }) => value)),
            fc.array(item.value, { minLength: least, maxLength: least + more }),
          )
          .map(([first, rest]) => [...first, ...rest]),
      };
    });
}

function choices(inner: fc.Arbitrary<Pair>): fc.Arbitrary<Pair> {
  return fc.array(inner, { minLength: 1, maxLength: 3 }).map((all) => ({
    schema: { anyOf: all.map(({ schema }) => schema) },
    value: fc.oneof(...all.map(({ value }) => value)),
  }));
}

const schemas = pairs.map(({ schema }) => schema);

test("whatever is answered of allowed tokens parses and is valid", () => {
  let ended = 0;
  fc.assert(
    fc.property(schemas, fc.integer(), (schema, seed) => {
      const guide = guideFor({ type: "json_schema", schema });
      const validate = ajv.compile(schema);
      for (let i = 0; i < 3; i++) {
        const text = walk(guide, randomOf(seed + i));
        if (text === undefined) continue;
        ended++;
        if (!validate(JSON.parse(text))) throw new Error(`${text} is not valid: ${JSON.stringify(validate.errors)}`);
      }
    }),
    { numRuns: 25 },
  );
  expect(ended).toBeGreaterThan(45);
});

test("whatever is valid is allowed, with and without white space, however it is cut into tokens", () => {
  fc.assert(
    fc.property(
      pairs.chain(({ schema, value }) =>
        fc.tuple(fc.constant(schema), fc.array(value, { minLength: 1, maxLength: 3 }), fc.integer()),
      ),
      ([schema, values, seed]) => {
        const guide = guideFor({ type: "json_schema", schema });
        const validate = ajv.compile(schema);
        for (const value of values) {
          if (!validate(value)) throw new Error(`the test is wrong: ${JSON.stringify(value)}`);
          for (const text of [JSON.stringify(value), JSON.stringify(value, null, 2)])
            if (!takes(guide, text, randomOf(seed))) throw new Error(`${text} is not taken`);
        }
      },
    ),
    { numRuns: 25 },
  );
});

test("what is not valid is not allowed", () => {
  fc.assert(
    fc.property(schemas, fc.jsonValue({ maxDepth: 2 }), (schema, value) => {
      // Ajv calls what an object has by these names.
      fc.pre(!/"(?:toString|valueOf)"/.test(JSON.stringify(value)));
      fc.pre(!ajv.compile(schema)(value));
      expect(takes(guideFor({ type: "json_schema", schema }), JSON.stringify(value))).toBe(false);
    }),
    { numRuns: 30 },
  );
});

test.each<object>([
  {
    type: "object",
    propertyNames: { pattern: "^[a-c]{1,2}$" },
    additionalProperties: { type: "boolean" },
    minProperties: 1,
  },
  {
    type: "object",
    properties: { ab: { type: "null" }, toolong: { type: "null" } },
    propertyNames: { maxLength: 2 },
    additionalProperties: { const: 1 },
  },
  { type: "object", propertyNames: { enum: ["x", "y"] }, additionalProperties: { type: "integer" }, required: ["x"] },
  { type: "object", maxProperties: 2, additionalProperties: { enum: [1, "a"] } },
  {
    oneOf: [
      { type: "string", maxLength: 2 },
      { type: "integer", minimum: 3, maximum: 40 },
      { type: "array", maxItems: 1 },
    ],
  },
  {
    oneOf: ["a", "b"].map((k) => ({
      type: "object",
      properties: { k: { const: k }, [k]: { type: "null" } },
      required: ["k", k],
    })),
  },
  {
    allOf: [
      { type: "object", properties: { a: { minimum: 2 } }, required: ["a"] },
      { properties: { a: { maximum: 4 }, b: {} } },
    ],
  },
  { type: ["integer", "string"], minimum: 7, maxLength: 3, anyOf: [{ maximum: 9 }, { type: "string", pattern: "x" }] },
  { $defs: { n: { type: "integer", multipleOf: 6 } }, $ref: "#/$defs/n", minimum: 1, maximum: 60, multipleOf: 4 },
  { type: "number", multipleOf: 0.25 * 0.4, minimum: -1, maximum: 1 },
  { type: "array", items: [{ type: "null" }, { type: "boolean" }], additionalItems: false },
  { type: "string", format: "ipv4" },
  { type: "number", exclusiveMinimum: 1e-7, exclusiveMaximum: 1e-6 },
  { type: "integer", minimum: 9007199254740990 },
])("%j: what is answered is valid", (schema) => {
  const guide = guideFor({ type: "json_schema", schema });
  // Of lists as items drafts before 2020-12 know.
  const validate = (Array.isArray((schema as { items?: unknown }).items) ? new Ajv({ strict: false }) : ajv).compile(
    schema,
  );
  let ended = 0;
  for (let seed = 0; seed < 12; seed++) {
    const text = walk(guide, randomOf(seed), 30);
    if (text === undefined) continue;
    ended++;
    expect([text, validate(JSON.parse(text))]).toEqual([text, true]);
  }
  expect(ended).toBeGreaterThan(3);
});

const person = z.object({
  name: z.string().min(1).max(20),
  email: z.email(),
  born: z.iso.date().nullable(),
  tags: z.array(z.enum(["a", "b"])).max(3),
  shape: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("circle"), r: z.number().positive() }),
    z.object({ kind: z.literal("box"), sides: z.tuple([z.int(), z.int()]) }),
  ]),
  more: z.record(z.string(), z.number()).optional(),
});

test("a zod schema: what is answered is parsed by it", () => {
  const guide = guideFor({ type: "json_schema", schema: person });
  let ended = 0;
  for (let seed = 0; seed < 40; seed++) {
    const text = walk(guide, randomOf(seed), 150);
    if (text === undefined) continue;
    ended++;
    person.parse(JSON.parse(text));
  }
  expect(ended).toBeGreaterThan(20);
  const value = {
    name: "Ann",
    email: "ann@b.com",
    born: "2024-02-29",
    tags: [],
    shape: { kind: "box", sides: [1, -2] },
  };
  expect(takes(guide, JSON.stringify(value))).toBe(true);
  expect(takes(guide, JSON.stringify({ ...value, born: "2023-02-29" }))).toBe(false);
});

test.each([
  ["email", "a@b.com", `${"a".repeat(200)}@b.com`],
  ["hostname", "a.b.com", Array(30).fill("a").join(".")],
  ["uri", "https://a.b/c?d=e#f", `https://a.b/${"c/".repeat(30)}`],
])("an answer of the format %s comes to an end: there are no longer and longer ones", (format, short, long) => {
  const guide = guideFor({ type: "json_schema", schema: { type: "string", format } });
  expect([takes(guide, JSON.stringify(short)), takes(guide, JSON.stringify(long))]).toEqual([true, false]);
});

test("oneOf of hundreds of objects with a tag is taken, and one that would be compared for ever says why it is not", () => {
  const variants = (n: number, tag: (i: number) => object) => ({
    oneOf: Array.from({ length: n }, (_, i) => ({
      type: "object",
      properties: { n: { type: "integer", minimum: 0, maximum: 9 }, ...tag(i), rest: { const: i } },
      required: ["n", "kind"],
    })),
  });
  const guide = guideFor({ type: "json_schema", schema: variants(500, (i) => ({ kind: { const: `k${i}` } })) });
  for (const seed of [1, 2, 3])
    expect(JSON.parse(walk(guide, randomOf(seed))!)).toMatchObject({ kind: expect.stringMatching(/^k\d+$/) });
  expect(() => guideFor({ type: "json_schema", schema: variants(60, (i) => ({ kind: { const: i % 59 } })) })).toThrow(
    /at #\/oneOf: a value may be valid for both 0 and 59/,
  );
  expect(() => guideFor({ type: "json_schema", schema: variants(501, () => ({})) })).toThrow(
    /at #\/oneOf: has 501 alternatives, more than 500, and no property that is required in all with a const of its own/,
  );
});

test("many numbers of multipleOf, and many alternatives of oneOf, take no minutes", () => {
  const count = (length: number, of: (i: number) => object) => Array.from({ length }, (_, i) => of(i));
  const many = { anyOf: count(300, (i) => ({ type: "integer", multipleOf: 700 + i })) };
  expect(() => guideFor({ type: "json_schema", schema: many })).toThrow("multipleOf has many numbers, which are more");
  const apart = { oneOf: count(3000, (i) => ({ const: i })) };
  expect(takes(guideFor({ type: "json_schema", schema: apart }), "2999")).toBe(true);
  const twice = { oneOf: [...count(400, (i) => ({ const: i })), { const: 7 }] };
  expect(() => guideFor({ type: "json_schema", schema: twice })).toThrow("a value may be valid for both 7 and 400");
}, 10_000);

test("schemas refer to each other, and to themselves", () => {
  const schema = {
    $ref: "#/$defs/node",
    $defs: {
      node: {
        type: "object",
        properties: { v: { type: "integer" }, next: { anyOf: [{ $ref: "#/$defs/node" }, { type: "null" }] } },
        required: ["v", "next"],
      },
    },
  };
  const guide = guideFor({ type: "json_schema", schema });
  expect(takes(guide, '{"v":1,"next":{"v":2,"next":null}}')).toBe(true);
  expect(takes(guide, '{"v":1,"next":{"v":2}}')).toBe(false);
});

test.each<[object | boolean, RegExp]>([
  [
    { type: "object", properties: { a: { not: {} } } },
    /the schema at #\/properties\/a\/not: the keyword not is not supported: say what/,
  ],
  [{ type: "string", format: "duration" }, /at #\/format: the format duration is not known: there are date, /],
  [{ type: "string", minLenght: 3 }, /at #\/minLenght: minLenght is no keyword/],
  [{ type: "array", uniqueItems: true }, /at #\/uniqueItems: the keyword uniqueItems is not supported/],
  [{ items: { patternProperties: {} } }, /at #\/items\/patternProperties: .* use propertyNames/],
  [{ $ref: "#/$defs/nope" }, /\$ref #\/\$defs\/nope leads nowhere: there is no \$defs/],
  [{ $ref: "other.json" }, /\$ref other.json is not within the schema/],
  [{ type: "strin" }, /at #\/type: strin is no type/],
  [{ type: "integer", minimum: "3" }, /at #\/minimum: is "3", and is to be a number/],
  [{ type: "string", pattern: "(a)\\1" }, /at #\/pattern, character 4 of the pattern \(a\)\\1: references/],
  [{ type: "string", pattern: "(" }, /at #\/pattern: the pattern is none of JavaScript's/],
  [
    { oneOf: [{ type: "string" }, { type: "string", maxLength: 3 }] },
    /at #\/oneOf: a value may be valid for both 0 and 1/,
  ],
  [{ type: "integer", minimum: 3, maximum: 2 }, /no text can be an answer/],
  [{ type: "object", properties: { a: { $ref: "#" } }, required: ["a"] }, /no text can be an answer/],
  [{ $ref: "#" }, /no text can be an answer/],
  [false, /no text can be an answer/],
  [{ type: "string", pattern: "^a$", minLength: 2 }, /no text can be an answer/],
  [
    { allOf: [{ properties: { a: {} }, additionalProperties: false }, { properties: { b: {} } }] },
    /b is a property of one schema, and additional in another/,
  ],
  [{ type: "number", multipleOf: 0.3 }, /at #\/multipleOf: is 0.3: whole numbers/],
])("%j is refused, with what and where", (schema, message) => {
  expect(() => guideOf(readSchema(schema))).toThrow(message);
});

test("there is room for large schemas, and an end for those without one", () => {
  const many = Object.fromEntries(
    Array.from({ length: 300 }, (_, i) => [`property${i}`, { type: "string", maxLength: 1000 }]),
  );
  const large = guideFor({ type: "json_schema", schema: { type: "object", properties: many } });
  expect(takes(large, '{"property7": "x", "property299": "y"}')).toBe(true);
  const deep = Array.from({ length: 200 }).reduce<object>((inner) => ({ type: "array", items: inner }), {});
  expect(() => guideFor({ type: "json_schema", schema: deep })).toThrow(/nested more than/);
  const doubling = Object.fromEntries(
    Array.from({ length: 60 }, (_, i) => [
      `d${i}`,
      { allOf: [{ $ref: `#/$defs/d${i + 1}` }, { $ref: `#/$defs/d${i + 1}` }] },
    ]),
  );
  expect(() =>
    guideFor({ type: "json_schema", schema: { $ref: "#/$defs/d0", $defs: { ...doubling, d60: {} } } }),
  ).toThrow(/without end, or too often/);
  const lengths = { type: "string", minLength: 90_000, allOf: [{ pattern: "a.{5000}b" }, { pattern: "c.{900}d" }] };
  expect(() => guideFor({ type: "json_schema", schema: lengths })).toThrow(/too large an automaton|too many ways/);
});

test("thousands of names and values are told apart", () => {
  const names = Array.from({ length: 6000 }, (_, i) => `name ${i}`);
  const one = guideFor({ type: "json_schema", schema: { enum: [...names, 7, { a: 1 }] } });
  expect(["name 5999", "name 599", 7, { a: 1 }].map((value) => takes(one, JSON.stringify(value)))).toEqual([
    true,
    true,
    true,
    true,
  ]);
  expect(takes(one, '"name 6000"')).toBe(false);
  const properties = Object.fromEntries(names.slice(0, 1000).map((name) => [name, { type: "integer" }]));
  const open = guideFor({
    type: "json_schema",
    schema: { type: "object", properties, additionalProperties: { type: "null" } },
  });
  expect(takes(open, '{"name 3": 4, "name 1000": null}')).toBe(true);
  expect(takes(open, '{"name 3": null}')).toBe(false);
});
