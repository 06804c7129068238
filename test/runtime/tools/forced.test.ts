/** Calls that are required: what the grammar of each form lets through is read as one call whose arguments are valid. */
import { Ajv2020 } from "ajv/dist/2020.js";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Expression, partsOf } from "../../../runtime/grammar/expression.js";
import { CallReader, type Form, forcedCall, type Tool } from "../../../runtime/tools/index.js";
import { guideOf, randomOf, takes, walk } from "../grammar/walking.js";
import * as FORMS from "./shown-forms.js";

const tool = (name: string, parameters?: Tool["function"]["parameters"]): Tool => ({
  type: "function",
  function: { name, ...(parameters ? { parameters } : {}) },
});

const text = { type: "string", maxLength: 6 };
const parameters: readonly Record<string, unknown>[] = [
  { type: "object", properties: {} },
  {
    type: "object",
    properties: { a: { type: "integer", minimum: 1, maximum: 40 }, b: text, c: { enum: ["x", "a<b", 5, null] } },
    required: ["b", "c"],
  },
  {
    type: "object",
    properties: {
      list: { type: "array", items: text, maxItems: 2 },
      inner: { type: "object", properties: { s: text, n: { $ref: "#/$defs/n" } }, required: ["s"] },
      mixed: { anyOf: [text, { $ref: "#/$defs/n" }, { type: "null" }] },
      tag: { type: "string", pattern: "^[a-c<]{2}$" },
    },
    required: ["mixed", "inner", "list"],
    $defs: { n: { type: "integer", minimum: 0, maximum: 9 } },
  },
  {
    type: "object",
    properties: {
      ok: { type: "boolean" },
      is: { const: "</parameter" },
      two: { type: ["string", "boolean"], maxLength: 5 },
    },
    required: ["is", "two"],
  },
];

const referred: readonly Record<string, unknown>[] = [
  {
    $ref: "#/$defs/all",
    $defs: { all: { type: "object", properties: { s: { type: "string", pattern: "^[0-9]{2}$" } }, required: ["s"] } },
  },
  {
    type: "object",
    properties: { s: { maxLength: 3 } },
    allOf: [{ properties: { s: { type: "string", pattern: "^(?:1|true|null)$" } }, required: ["s"] }],
  },
];

const ajv = new Ajv2020({ strict: false });
const read = (form: Form, tools: readonly Tool[], answer: string) => {
  const reader = new CallReader(form, tools, { isForced: true });
  const told = [...Array.from(answer, (letter) => reader.push(letter)), reader.end(false)];
  return { text: told.map((one) => one.text).join(""), calls: told.flatMap(({ calls }) => calls) };
};

describe.each(Object.entries(FORMS))("%s", (_, form) => {
  test("what a required call may be is one call, valid for its schema", () => {
    for (const [i, one] of [...parameters, ...referred].entries()) {
      const tools = [tool("first"), tool("f", one)];
      const guide = guideOf(forcedCall(form, tools));
      const valid = ajv.compile(one);
      for (let seed = 0; seed < 5; seed++) {
        const answer = walk(guide, randomOf(seed * 100 + i), 400);
        if (answer === undefined) throw new Error(`the call does not end: ${seed}`);
        const { text, calls } = read(form, tools, answer);
        expect([answer, text, calls.length]).toEqual([answer, "", 1]);
        const [call] = calls;
        expect([answer, call!.name === "first" || valid(call!.arguments), valid.errors]).toEqual([
          answer,
          true,
          valid.errors,
        ]);
      }
    }
  });
});

const leaf = fc.oneof(
  fc.integer({ min: 0, max: 6 }).map((maxLength) => ({ type: "string", maxLength })),
  fc
    .uniqueArray(fc.constantFrom("", "a", "true", "5", "[]", "\n", " x\n", "<a>", "None", 5, true, null), {
      minLength: 1,
      maxLength: 4,
    })
    .map((values) => ({ enum: values })),
  fc.constantFrom<object>(
    { type: "boolean" },
    { type: "null" },
    { type: "integer", minimum: -5, maximum: 300 },
    { const: { a: "<" } },
    { type: ["string", "integer"], maxLength: 4, minimum: 0, maximum: 50 },
    { type: ["string", "null", "boolean"], maxLength: 5 },
    { type: "string", pattern: "^[0-9tfn\\[ ]{1,3}$" },
    { $ref: "#/$defs/d" },
    { type: "array", items: { enum: ["a", "<b"] }, maxItems: 2 },
  ),
);
const property = fc.oneof(
  leaf,
  fc.array(leaf, { minLength: 1, maxLength: 3 }).map((anyOf) => ({ anyOf })),
  fc.tuple(leaf, fc.constantFrom({ type: "string" }, { type: ["string", "integer"] })).map((allOf) => ({ allOf })),
);
const anySchema = fc
  .tuple(fc.dictionary(fc.constantFrom("a", "b", "__proto__", "k k"), property, { maxKeys: 3 }), fc.nat(2))
  .map(([properties, how]) => {
    const own = { type: "object", properties, required: Object.keys(properties) };
    const $defs = {
      own,
      d: {
        anyOf: [
          { type: "string", maxLength: 2 },
          { type: "integer", minimum: 0, maximum: 9 },
        ],
      },
    };
    return [
      { ...own, $defs },
      { $ref: "#/$defs/own", $defs },
      { allOf: [own], $defs },
    ][how]!;
  });

test("of any schema what a form lets through is one call, valid for it", () => {
  fc.assert(
    fc.property(anySchema, fc.constantFrom(...Object.values(FORMS)), fc.integer(), (parameters, form, seed) => {
      const tools = [tool("f", parameters)];
      let answer: string | undefined;
      try {
        answer = walk(guideOf(forcedCall(form, tools)), randomOf(seed), 300);
      } catch (error) {
        fc.pre(!/no text can be an answer/.test((error as Error).message));
        throw error;
      }
      const { text, calls } = read(form, tools, answer!);
      expect([text, calls.length, ajv.compile(parameters)(calls[0]!.arguments)]).toEqual(["", 1, true]);
    }),
    { numRuns: 60 },
  );
});

const CODER = FORMS.CODER;
const coded = (inside: string) => `<tool_call>\n<function=f>\n${inside}</function>\n</tool_call>`;

test("Qwen3-Coder: a text is what does not end it, and no other type where others may be", () => {
  const guide = (parameters: object) => guideOf(forcedCall(CODER, [tool("f", { type: "object", ...parameters })]));
  const free = guide({ properties: { s: { type: "string" } }, required: ["s"] });
  const has = (value: string) => coded(`<parameter=s>\n${value}\n</parameter>\n`);
  for (const value of ["", "5", 'a\n"b" <p></p> é', "</param eter>", "<".repeat(20)])
    expect([value, takes(free, has(value))]).toEqual([value, true]);
  for (const value of ["a</parameter>b", "</tool_call>"])
    expect([value, takes(free, has(value))]).toEqual([value, false]);
  const mixed = guide({ properties: { s: { type: ["string", "integer"], maximum: 3 } }, required: ["s"] });
  for (const [value, may] of [
    ["3", true],
    ["4", false],
    [" 4", false],
    ["four", true],
    ["true", false],
    ["[x", false],
  ] as const)
    expect([value, takes(mixed, has(value))]).toEqual([value, may]);
});

/** Writings of the arguments s, a text or a number, and d, an object with a text e, that a form does and does not let through. */
const WRITINGS: readonly (readonly [what: string, form: Form, may: readonly string[], not: readonly string[]])[] = [
  [
    "Gemma 4",
    FORMS.GEMMA,
    ['s:3,d:{e:<|"|>a "b" {c}, <|<|"|>}', 's:<|"|><|"|>,d:{ e : <|"|>\n<|"|> }'],
    [
      's:3,d:{e:<|"|>a<|"|>b<|"|>}',
      's:"x",d:{e:<|"|><|"|>}',
      's:3,d:{<|"|>e<|"|>:<|"|><|"|>}',
      's:3,d:{e:<|"|><|"|>},',
    ],
  ],
  [
    "LFM2",
    FORMS.LFM,
    ['s=3, d={"e": "it\'s"}', 's="(x, y)", d={"e": "\\n"}'],
    ['s=\'x\', d={"e": ""}', 's=3 d={"e": ""}', 's=3, d={"e": ""}, ', 's=x, d={"e": ""}'],
  ],
  [
    "DeepSeek V4",
    FORMS.DSML,
    ["s", "4"].map((s) => {
      const isText = s === "s" ? "true" : "false";
      return `<｜DSML｜parameter name="s" string="${isText}">${s}</｜DSML｜parameter>\n<｜DSML｜parameter name="d" string="false">{"e": ""}</｜DSML｜parameter>\n`;
    }),
    [
      '<｜DSML｜parameter name="s" string="false">s</｜DSML｜parameter>\n<｜DSML｜parameter name="d" string="false">{"e": ""}</｜DSML｜parameter>\n',
      '<｜DSML｜parameter name="s" string="true">s</｜DSML｜parameter>\n<｜DSML｜parameter name="d" string="true">{"e": ""}</｜DSML｜parameter>\n',
      '<｜DSML｜parameter name="s" string="true"></｜DSML｜parameter></｜DSML｜parameter>\n<｜DSML｜parameter name="d" string="false">{"e": ""}</｜DSML｜parameter>\n',
    ],
  ],
  [
    "MiniCPM5",
    FORMS.MINICPM,
    ["x y", "3", "<![CDATA[a\n</param></function>&]]]>", "<![CDATA[3]]>"].map(
      (s) => `<param name="s">${s}</param><param name="d">{"e": ""}</param>`,
    ),
    ["a&b", "a\nb", "<b>", "<![CDATA[a]]>b]]>", "<![CDATA[a", "true"].map(
      (s) => `<param name="s">${s}</param><param name="d">{"e": ""}</param>`,
    ),
  ],
];

test.each(WRITINGS)("%s: arguments are written as its templates write them", (_, form, may, not) => {
  const e = { type: "object", properties: { e: { type: "string" } }, required: ["e"] };
  const parameters = { type: "object", properties: { s: { type: ["string", "integer"] }, d: e }, required: ["s", "d"] };
  const guide = guideOf(forcedCall(form, [tool("f", parameters)]));
  const [before, behind] = form.around("f");
  for (const [writings, is] of [
    [may, true],
    [not, false],
  ] as const)
    for (const one of writings) expect([one, takes(guide, `${before}${one}${behind}`)]).toEqual([one, is]);
});

test("texts of which the same is said are one, however many tools there are", () => {
  const parameters = { type: "object", properties: { a: { type: "string" }, b: { type: "string" } } };
  const { root, rules } = forcedCall(CODER, [tool("f", parameters), tool("g", parameters)]);
  const texts = new Set<Expression>();
  const look = (one: Expression): void => {
    if (one.kind === "both") texts.add(one);
    else partsOf(one).forEach(look);
  };
  for (const one of [root, ...rules.values()]) look(one);
  expect(texts.size).toBe(1);
});

test("what a form that writes arguments one by one cannot say is refused with its place", () => {
  const fails = (parameters: object, message: RegExp) =>
    expect(() => guideOf(forcedCall(CODER, [tool("f", { type: "object", ...parameters })]))).toThrow(message);
  fails(
    { anyOf: [{ required: ["a"] }] },
    /^the tool f: the schema at #: this model writes arguments one by one: anyOf/,
  );
  fails(
    { properties: { "a>b": {} } },
    /^the tool f: the schema at #\/properties\/a>b: this model writes arguments between tags/,
  );
  expect(() => guideOf(forcedCall(FORMS.GEMMA, [tool("f", { type: "object", properties: { "a:b": {} } })]))).toThrow(
    /^the tool f: the schema at #\/properties\/a:b: this model writes arguments with bare names/,
  );
  fails(
    { properties: { a: { not: {} } } },
    /^the tool f: the schema at #\/properties\/a\/not: the keyword not is not supported/,
  );
  fails(
    { properties: { a: { type: "string", maxLength: 100_000 } }, required: ["a"] },
    /^the tool f: the schema at #\/properties\/a\/maxLength: is 100000: this model writes texts as they are, whose length is held up to 200/,
  );
});
