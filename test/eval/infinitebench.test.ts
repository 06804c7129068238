import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { infiniteBenchQuestions } from "../../eval/tasks/infinitebench/index.js";
import { TASKS } from "../../eval/tasks/infinitebench/tasks.js";
import { temporaryFolder } from "../temporary-folder.js";

/** A row of each published file, and an answer that is right. */
const ROWS: Readonly<Record<string, readonly [row: object, right: string]>> = {
  passkey: [{ input: "What is the pass key?", answer: "71432" }, " 71432."],
  number_string: [{ input: "What is the sequence of digits?", answer: ["1122334455"] }, "1122334455"],
  kv_retrieval: [{ input: '\nKey: "ab"\nThe value: ', answer: "cd-1" }, '"cd-1"'],
  longbook_sum_eng: [{ input: "", answer: ["a summary"] }, "a summary"],
  longbook_choice_eng: [{ input: "Who?", answer: ["Georgie"], options: ["Ann", "Georgie", "Cid", "Dan"] }, "B"],
  longbook_qa_eng: [{ input: "Who?", answer: ["Ann", "Bob"] }, "Bob"],
  longbook_qa_chn: [{ input: "谁？", answer: ["张三"] }, "张三。"],
  longdialogue_qa_eng: [{ input: "", answer: ["ACE", "ACE ROTHSTEIN"] }, "Ace"],
  math_find: [{ input: "Answer. The second largest number of the list is: ", answer: 88 }, "88"],
  math_calc: [{ input: "", answer: [1, 3, 2] }, "1, 3, 2]"],
  code_run: [{ input: "The value of func_12(-3).", answer: -4 }, "-4"],
  code_debug: [{ input: "", answer: ["repack", "C"], options: ["a", "b", "repack", "d"] }, "C."],
};

function folderOf(files: Readonly<Record<string, readonly object[]>>): string {
  const folder = temporaryFolder("infinitebench");
  for (const [task, rows] of Object.entries(files)) {
    const lines = rows.map((row) => JSON.stringify({ id: 0, context: "some context", ...row }));
    writeFileSync(join(folder, `${task}.jsonl`), lines.join("\n"));
  }
  return folder;
}

describe("InfiniteBench", () => {
  it("asks and judges all 12 tasks of the published files", () => {
    expect(Object.keys(TASKS)).toEqual(Object.keys(ROWS));
    const questions = infiniteBenchQuestions(
      folderOf(Object.fromEntries(Object.entries(ROWS).map(([task, [row]]) => [task, [row]]))),
    );
    expect(questions.map(({ task }) => task)).toEqual(Object.keys(ROWS));
    for (const question of questions) {
      expect(question).toMatchObject({ document: "some context", cut: "prompt-middle", id: "1" });
      expect(Object.values(question.judge(ROWS[question.task]![1]))).toEqual([100]);
      expect(Object.values(question.judge("zzz"))).toEqual([0]);
    }
  });

  it("names what is asked for", () => {
    const folder = folderOf({ math_find: [ROWS.math_find![0]], code_run: [ROWS.code_run![0]] });
    const [find, run] = infiniteBenchQuestions(folder, ["math_find", "code_run"]);
    expect(find!.before).toContain("asked for the second largest number of this list");
    expect(run).toMatchObject({ maxTokens: 5, opening: "The value of func_12(-3) is" });
  });

  it.each<[string, string, object, RegExp]>([
    [
      "an answer that is no option",
      "longbook_choice_eng",
      { input: "", answer: ["x"], options: ["a", "b", "c", "d"] },
      /none of its options/,
    ],
    [
      "three options",
      "code_debug",
      { input: "", answer: ["a"], options: ["a", "b", "c"] },
      /has 3 options, and questions have four/,
    ],
    ["a text for a number", "code_run", { input: "func_1(1)", answer: "x" }, /its answer is no number/],
    ["a call of nothing", "code_run", { input: "func", answer: 1 }, /its input calls no function/],
    ["no answer", "passkey", { input: "", answer: [] }, /its answer is no text/],
    ["no number to find", "math_find", { input: "", answer: 1 }, /does not name the number/],
    ["a row without answer", "passkey", { input: "" }, /passkey\.jsonl, line 2: it is not as/],
  ])("refuses %s, and names the row", (_, task, row, message) => {
    const ask = () => infiniteBenchQuestions(folderOf({ [task]: [ROWS[task]![0], row] }));
    expect(ask).toThrow(message);
    expect(ask).toThrow(new RegExp(`${task}\\.jsonl(: row|, line) 2`));
  });
});
