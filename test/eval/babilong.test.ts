import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { babilongQuestions } from "../../eval/tasks/babilong/index.js";
import { temporaryFolder } from "../temporary-folder.js";

const ROW = { input: " A book. Mary went to the kitchen. More of it.", question: "Where is Mary? ", target: "kitchen" };

/** Files with a list, but for texts, which are written as they are. */
function folderOf(files: Readonly<Record<string, readonly object[] | string>>): string {
  const folder = temporaryFolder("babilong");
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), typeof content === "string" ? content : JSON.stringify(content));
  }
  return folder;
}

describe("BABILong", () => {
  it("asks what its files ask, by length", () => {
    const folder = folderOf({
      "data/qa1/4k.json": [ROW, ROW],
      "data/qa1/0k.json": `${JSON.stringify(ROW)}\n`,
      "data/qa8/4k.json": [{ ...ROW, question: "What is Mary carrying?", target: "apple,milk" }],
    });
    const questions = babilongQuestions(folder);
    expect(questions.map(({ task, id, groups }) => `${task} ${id} ${groups}`)).toEqual([
      ...["qa1 0k.1 0k", "qa1 4k.1 4k", "qa1 4k.2 4k"],
      "qa8 4k.1 4k",
    ]);
    expect(questions[0]).toMatchObject({ document: ROW.input.trim(), maxTokens: 20 });
    expect(questions[0]!.after).toContain("Question: Where is Mary?\n");
    const right = (index: number, answer: string) => questions[index]!.judge(answer).accuracy;
    expect([
      right(0, "In the kitchen."),
      right(0, "kitchen or garden"),
      right(3, "milk, apple"),
      right(3, "milk"),
    ]).toEqual([100, 0, 100, 0]);
    expect(babilongQuestions(folder, ["qa1"], { lengths: ["4k"] })).toHaveLength(2);
  });

  it.each<[string, () => unknown, RegExp]>([
    ["an unknown task", () => babilongQuestions(folderOf({}), ["qa21"]), /^qa21 is no task of BABILong/],
    [
      "an unknown length",
      () => babilongQuestions(folderOf({}), ["qa1"], { lengths: ["3k"] }),
      /^3k is no length of BABILong/,
    ],
    ["a folder without files", () => babilongQuestions(folderOf({})), /has no file of BABILong/],
    [
      "a task without files",
      () => babilongQuestions(folderOf({ "qa1/0k.json": [ROW] }), ["qa2"]),
      /has no file qa2\/0k\.json/,
    ],
    [
      "a length without file",
      () => babilongQuestions(folderOf({ "qa1/0k.json": [ROW] }), ["qa1"], { lengths: ["0k", "1k"] }),
      /has no file qa1\/1k\.json/,
    ],
    [
      "a row of something else",
      () => babilongQuestions(folderOf({ "qa1/0k.json": [ROW, {}] })),
      /0k\.json, item 2: it is not/,
    ],
    [
      "a line of something else",
      () => babilongQuestions(folderOf({ "qa1/0k.json": `${JSON.stringify(ROW)}\n{` })),
      /0k\.json, line 2: it is not/,
    ],
  ])("refuses %s", (_, ask, message) => {
    expect(ask).toThrow(message);
  });
});
