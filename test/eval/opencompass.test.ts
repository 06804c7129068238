/** What OpenCompass asks and judges otherwise; what its published code says of each answer is written down here. */

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { containsReference, firstCapital, firstLetters, statedNumber } from "../../eval/metrics/index.js";
import { levalQuestions, longBenchQuestions } from "../../eval/tasks/index.js";
import { temporaryFolder } from "../temporary-folder.js";

describe("answers are read as OpenCompass reads them", () => {
  it.each([
    ["B", "B", "B"],
    ["The answer is b.", "T", ""],
    ["  (C) because", "C", "C"],
    ["Ätna A", "Ä", "A"],
    ["", "", ""],
    ["BD", "B", "BD"],
    ["the options: ACE", "A", "AC"],
    ["abc D, A", "D", "D"],
    ["1 BAD", "B", "BAD"],
  ])("%j chooses %j, of several %j", (answer, one, several) => {
    expect([firstCapital(answer), firstLetters(answer)]).toEqual([one, several]);
  });

  it.each([
    ["The answer is 18.", "18"],
    ["The answer is $1,200. The answer is 5", "1200"],
    ["It is 18", ""],
    ["The answer is x 12 or 13", "12"],
    ["The answer isn 7", "7"],
    ["The answer is 3.5 miles", "35"],
    ["The answer is\n42 ok", "42"],
    ["x The answer is none", ""],
  ])("%j states %j", (answer, number) => {
    expect(statedNumber(answer)).toBe(number);
  });

  it.each([
    ["The first topic is the role of art, I think", "The role of art in society", false],
    ["the importance of sleep.", "importance of sleep", true],
    ["Sleep", "The importance of sleep", false],
    ["It was: 'a history of chess'\nand", "The history of chess", true],
    ["An apple a day", "an apple", true],
    ["role of art", "Role of art", false],
    ["I see the  big_red (dog)s now", "big_red dogs", true],
  ])("%j beside %j: %j", (answer, reference, is) => {
    expect(containsReference(answer, reference)).toBe(is);
  });
});

function folderOf(files: Readonly<Record<string, unknown>>): string {
  const folder = temporaryFolder("opencompass");
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), JSON.stringify(content));
  }
  return folder;
}

describe("L-Eval", () => {
  const row = (output: string, evaluation = "exam") => ({
    ...{ input: "A talk.", instructions: ["Which?"], outputs: [output], evaluation },
  });
  const folder = folderOf({
    "tpo.jsonl": row("B"),
    "quality.jsonl": row("(B) The second"),
    "coursera.jsonl": row("BD"),
    "gsm100.jsonl": row("1,200"),
    "sci_fi.jsonl": row("True [fact: False]"),
    "scientific_qa.jsonl": row("a red house", "f1"),
  });
  const questions = levalQuestions(folder, undefined, { opencompass: true });

  it("has the tasks that ReAttention was evaluated with, without a chat template and with the middle cut", () => {
    expect(questions.map(({ task }) => task)).toEqual(["tpo", "gsm100", "quality", "coursera", "scientific_qa"]);
    for (const one of questions) expect(one).toMatchObject({ bare: true, cut: "prompt-middle" });
    expect(() => levalQuestions(folder, ["sci_fi"], { opencompass: true })).toThrow(/sci_fi is no task of L-Eval/);
  });

  it.each([
    ["tpo", "The letter is B", { accuracy: 0 }],
    ["tpo", " B) that", { accuracy: 100 }],
    ["quality", "B", { accuracy: 100 }],
    ["coursera", "BD", { accuracy: 100 }],
    ["coursera", "B", { accuracy: 0 }],
    ["gsm100", "So: The answer is 1,200.", { accuracy: 100 }],
    ["gsm100", "1200", { accuracy: 0 }],
  ])("%s: %j is worth %j", (task, answer, scores) => {
    expect(questions.find((one) => one.task === task)!.judge(answer)).toEqual(scores);
  });

  it("judges answers to questions by ROUGE, where L-Eval takes F1", () => {
    const [own] = levalQuestions(folder, ["scientific_qa"]);
    expect(Object.keys(own!.judge("a red house"))).toEqual(["f1"]);
    expect(questions.at(-1)!.judge("a red house")).toEqual({ "rouge-l": 100, "rouge-1": 100, "rouge-2": 100 });
  });
});

it("LongBench is asked without a chat template, and qasper as hotpotqa is", () => {
  const row = { input: "Who?", context: "A text.", answers: ["Me"], length: 9, all_classes: null, _id: "1" };
  const folder = folderOf({
    "data/qasper.jsonl": row,
    "data/hotpotqa.jsonl": row,
    "config/dataset2prompt.json": { qasper: "Paper: {context} {input}", hotpotqa: "Passages: {context} {input}" },
    "config/dataset2maxlen.json": { qasper: 128, hotpotqa: 32 },
  });
  const asked = (opencompass: boolean) =>
    longBenchQuestions(folder, ["qasper"], { opencompass }).map(({ before, maxTokens, bare }) => [
      before,
      maxTokens,
      bare,
    ]);
  expect(asked(false)).toEqual([["Paper: ", 128, undefined]]);
  expect(asked(true)).toEqual([["Passages: ", 32, true]]);
});
