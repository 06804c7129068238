/** Calls read from answers as they come, in whatever pieces. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CallReader, type Form, formOf } from "../../../runtime/tools/index.js";

const HERMES = formOf('{{ tools }}<tool_call>{"name": n, "arguments": a}</tool_call>');
const LLAMA = formOf("{{ tools }}<|python_tag|>");
const MISTRAL = formOf("{{ tools }}[TOOL_CALLS] [");
const NAMED = formOf("{{ tools }}[TOOL_CALLS]name[ARGS]");

/** All that is told of a text that comes in pieces. */
function heard(form: Form, pieces: readonly string[], isCut = false) {
  const reader = new CallReader(form, ["add", "now"]);
  const told = [...pieces.map((piece) => reader.push(piece)), reader.end(isCut)];
  return {
    text: told.map(({ text }) => text).join(""),
    calls: told.flatMap(({ calls }) => calls.map(({ name, arguments: given }) => ({ name, arguments: given }))),
  };
}

const add = { name: "add", arguments: { a: 1, b: "x</y>" } };
const now = { name: "now", arguments: {} };
const json = (key: string, { name, arguments: given } = add) => JSON.stringify({ name, [key]: given });

const cases: readonly (readonly [what: string, form: Form, said: string, text: string, calls: readonly object[]])[] = [
  ["Hermes: one", HERMES, `<tool_call>\n${json("arguments")}\n</tool_call>`, "", [add]],
  [
    "Hermes: text before, two, white space between",
    HERMES,
    `Let me see. <tool_call>${json("arguments")}</tool_call>\n<tool_call>{"name":"now"}</tool_call>\n`,
    "Let me see. ",
    [add, now],
  ],
  ["Hermes: text behind", HERMES, `<tool_call>{"name":"now","arguments":{}}</tool_call> and more`, " and more", [now]],
  ["Hermes: without its end", HERMES, `<tool_call>${json("arguments")}`, "", [add]],
  ["Hermes: no JSON is text", HERMES, "<tool_call>add 1</tool_call>!", "<tool_call>add 1</tool_call>!", []],
  [
    "Hermes: an unknown tool is text",
    HERMES,
    '<tool_call>{"name":"rm"}</tool_call>',
    '<tool_call>{"name":"rm"}</tool_call>',
    [],
  ],
  ["Hermes: what only begins as a sign is text", HERMES, "a <tool_ b <tool", "a <tool_ b <tool", []],
  [
    "Hermes: arguments as a text of JSON",
    HERMES,
    '<tool_call>{"name":"add","arguments":"{\\"a\\":1}"}</tool_call>',
    "",
    [{ name: "add", arguments: { a: 1 } }],
  ],
  ["Llama: alone", LLAMA, json("parameters"), "", [add]],
  [
    "Llama: behind its token, two",
    LLAMA,
    `<|python_tag|>${json("parameters")}; ${json("parameters", now as typeof add)}`,
    "",
    [add, now],
  ],
  ["Llama: an object that is no call is text", LLAMA, '{"answer": 42}', '{"answer": 42}', []],
  ["Llama: text with an object in it is text", LLAMA, `It is ${json("parameters")}`, `It is ${json("parameters")}`, []],
  [
    "Mistral: a list",
    MISTRAL,
    `[TOOL_CALLS] [${json("arguments")}, ${json("arguments", now as typeof add)}]`,
    "",
    [add, now],
  ],
  [
    "Mistral, named: two",
    NAMED,
    `[TOOL_CALLS]add[ARGS]${JSON.stringify(add.arguments)}[TOOL_CALLS]now[CALL_ID]abc[ARGS]{}`,
    "",
    [add, now],
  ],
  ["no call at all", MISTRAL, "[1, 2] is a list", "[1, 2] is a list", []],
];

describe.each(cases)("%s", (_, form, said, text, calls) => {
  test("whole and in any pieces", () => {
    expect(heard(form, [said])).toEqual({ text, calls });
    fc.assert(
      fc.property(fc.array(fc.nat(said.length), { maxLength: 8 }), (cuts) => {
        const ends = [...cuts.sort((a, b) => a - b), said.length];
        expect(
          heard(
            form,
            ends.map((end, i) => said.slice(ends[i - 1] ?? 0, end)),
          ),
        ).toEqual({ text, calls });
      }),
      { numRuns: 30 },
    );
  });
});

test("of a call that is cut off, nothing is text and nothing a call; text before it was told at once", () => {
  const reader = new CallReader(HERMES, ["add"]);
  expect(reader.push("I add. <tool")).toEqual({ text: "I add. ", calls: [] });
  expect(reader.push('_call>{"name": "add", "argu')).toEqual({ text: "", calls: [] });
  expect(reader.end(true)).toEqual({ text: "", calls: [] });
});

test("a stop text within a call cuts it off too; an answer that is an object may end there", () => {
  const stopped = (form: Form, text: string) => {
    const reader = new CallReader(form, ["add"]);
    return reader.push(text).text + reader.end(false, true).text;
  };
  expect(stopped(HERMES, 'So: <tool_call>{"name": "add", "argu')).toBe("So: ");
  expect(stopped(HERMES, "a <tool_")).toBe("a <tool_");
  expect(stopped(LLAMA, '{"answer": 42}')).toBe('{"answer": 42}');
});

test("of an answer that can only be a call, its beginning is no text either", () => {
  for (const [form, text] of [
    [HERMES, "<tool_"],
    [LLAMA, '{"na'],
  ] as const) {
    const reader = new CallReader(form, ["add"], true);
    expect(reader.push(text).text + reader.end(true).text).toBe("");
  }
});

test("each call has an id of nine letters and digits, which Mistral's template wants", () => {
  const { calls } = new CallReader(HERMES, ["now"]).push('<tool_call>{"name":"now"}</tool_call>');
  expect(calls[0]!.id).toMatch(/^[A-Za-z0-9]{9}$/);
});

test.each([
  ["{{ messages }}", /has no place for tools/],
  ["{{ tools }}<tool_call><function=name>", /calls in a form that is not known here: known are <tool_call>/],
  ["{{ tools }}", /calls in a form that is not known/],
])("the template %s is refused", (template, message) => {
  expect(() => formOf(template)).toThrow(message);
});
