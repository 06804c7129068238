/** Writings of one answer: as a model wrote it, and as a template repeats it. */
import { expect, test } from "vitest";
import { saysSame, type Tool } from "../../../runtime/tools/index.js";

const tools: Tool[] = [
  { type: "function", function: { name: "add", parameters: { properties: { a: { type: "integer" } } } } },
];
const HERMES = '{{ tools }}<tool_call>{"name": n, "arguments": a}</tool_call>';

test("white space around calls and thoughts, and within the JSON of a call, is none of what is said", () => {
  const same = saysSame(tools, HERMES);
  const said = '<think>Hm.\n</think>\n\nWell.<tool_call>{"name":"add","arguments":{"a":1}}</tool_call>';
  const repeated = '<think>\nHm.</think>Well.\n<tool_call>\n{"name": "add", "arguments": {"a": 1}}\n</tool_call>';
  expect(same(said, repeated)).toBe(true);
  for (const other of [
    repeated.replace("Well", "Wel"),
    repeated.replace("1}", "2}"),
    repeated.replace("Hm.", ""),
    `${repeated}<tool_call>{"name":"add"}</tool_call>`,
    repeated.replace("</tool_call>", ""),
  ])
    expect([other, same(said, other)]).toEqual([other, false]);
});

test("half a call says something else than nothing; without tools each letter counts", () => {
  expect(saysSame(tools, HERMES)("So.", 'So.<tool_call>{"name": "ad')).toBe(false);
  expect(saysSame([], undefined)("a b", "a  b")).toBe(false);
  expect(saysSame([], undefined)("a b", "a b")).toBe(true);
});
