import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { z } from "zod";
import { readJson, readJsonLines, readJsonList, readJsonRows } from "../../eval/tasks/json-lines.js";
import { temporaryFolder } from "../temporary-folder.js";

const folder = temporaryFolder("json-lines");
const row = z.object({ a: z.string() });

function fileOf(text: string): string {
  const path = join(folder, "rows");
  writeFileSync(path, text);
  return path;
}

it.each([
  ["", []],
  ['{"a":"ü"}', ["ü"]],
  ['{"a":"1"}\n\n  \r\n{"a":"\\n2"}\r\n', ["1", "\n2"]],
])("lines of %j are %j", (text, values) => {
  expect(readJsonLines(fileOf(text), row).map(({ a }) => a)).toEqual(values);
});

it("rows are lines, or items of a list", () => {
  expect(readJsonRows(fileOf('[{"a":"1"},\n{"a":"2"}]'), row)).toEqual([{ a: "1" }, { a: "2" }]);
  expect(readJsonRows(fileOf('{"a":"1"}\n{"a":"2"}'), row)).toEqual([{ a: "1" }, { a: "2" }]);
});

it.each<[string, () => unknown, RegExp]>([
  ["a line that ends too soon", () => readJsonLines(fileOf('\n{"a":"1"}\n{"a"'), row), /rows, line 3: it is not as/],
  ["a line of something else", () => readJsonLines(fileOf('{"a":1}'), row), /rows, line 1: it is not as/],
  ["an item of something else", () => readJsonList(fileOf('[{"a":"1"},{}]'), row), /rows, item 2: it is not as/],
  ["what is no list", () => readJsonList(fileOf("{}"), row), /rows: it is not as/],
  ["what is no JSON", () => readJson(fileOf("a"), row), /rows: it is not as/],
])("refuses %s, and names the place", (_, read, message) => {
  expect(read).toThrow(message);
});
