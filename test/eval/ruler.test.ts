import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Question } from "../../eval/tasks/question.js";
import { rulerQuestions } from "../../eval/tasks/ruler/index.js";
import { temporaryFolder } from "../temporary-folder.js";
import { smallTokenizer } from "./small-tokenizer.js";

const tokenizer = smallTokenizer();
const making = { length: 12_000, samples: 3, seed: 7, tokenizer };

const tokens = ({ before, document, after, opening = "", maxTokens }: Question): number =>
  [before, document, after, opening].reduce(
    (sum, part) => sum + tokenizer.encode(part, { addSpecial: false }).length,
    maxTokens,
  );

/** What an answer would be that reads the document: the keys asked for stand in the question. */
function read(question: Question): readonly string[] {
  const needles = [...question.document.matchAll(/A secret (?:number|code) of (\S+) is (\S+?)\./g)];
  return needles.filter(([, key]) => question.after.includes(` ${key}`)).map(([, , value]) => value!);
}

const mostFrequent = (words: readonly string[], count: number): string[] => {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  expect(sorted[count - 1]![1]).toBeGreaterThan(sorted[count]![1]);
  return sorted.slice(0, count).map(([word]) => word);
};

const HIDDEN = [
  ["niah_single_1", 1, /The grass is green/],
  ["niah_single_2", 1, /Once upon a time/],
  ["niah_single_3", 1, /secret code of \S+-\S+ is \S{36}\./],
  ["niah_multikey_1", 1, /Once upon/],
  ["niah_multikey_2", 1, /^(A secret number of \S+ is \d{7}\.\n?)+$/],
  ["niah_multikey_3", 1, /^(A secret code of \S{36} is \S{36}\.\n?)+$/],
  ["niah_multivalue", 4, /Once upon/],
  ["niah_multiquery", 4, /Once upon/],
] as const;

describe("RULER", () => {
  const essay = "Once upon a time there was a hen. She laid an egg!\nNobody came to fetch it, however.";
  const questions = rulerQuestions({ ...making, essay });
  const of = (task: string) => questions.filter((question) => question.task === task);

  it("makes 11 tasks to a length, the same ones each time", () => {
    expect(new Set(questions.map(({ task }) => task)).size).toBe(11);
    expect(questions).toHaveLength(33);
    for (const question of questions) {
      expect(tokens(question)).toBeLessThanOrEqual(12_000);
      expect(tokens(question), question.task).toBeGreaterThan(11_000);
    }
    expect(rulerQuestions({ ...making, essay }, ["vt", "cwe"]).map(({ document }) => document)).toEqual(
      [...of("vt"), ...of("cwe")].map(({ document }) => document),
    );
  });

  it.each(HIDDEN)("%s hides what is asked for: %d values", (task, count, looks) => {
    for (const question of of(task)) {
      const values = read(question);
      expect(values).toHaveLength(count);
      expect(question.document).toMatch(looks);
      expect(question.judge(values.join(", "))).toEqual({ accuracy: 100 });
      expect(question.judge(values[0]!)).toEqual({ accuracy: 100 / count });
      expect(question.after).toContain(count > 1 ? "Which secret numbers" : "Which secret ");
    }
  });

  it("hides needles in noise where there is no essay", () => {
    const [question] = rulerQuestions({ ...making, samples: 1 }, ["niah_multivalue"]);
    expect(question!.document).toMatch(/The grass is green/);
    expect(read(question!)).toHaveLength(4);
  });

  it("vt follows a variable through four others", () => {
    for (const question of of("vt")) {
      const [, value] = /the value (\d+)/.exec(question.after)!;
      const has = new Set([value!]);
      for (const [, name, from] of question.document.matchAll(/VAR (\w+) = (?:VAR )?(\w+)/g))
        if (has.has(from!)) has.add(name!);
      const names = [...has].slice(1);
      expect(names).toHaveLength(5);
      expect(question.judge(names.join(" "))).toEqual({ accuracy: 100 });
    }
  });

  it("cwe and fwe ask for the words that are most frequent", () => {
    for (const question of of("cwe")) {
      const words = mostFrequent(question.document.split(/ ?\d+\. /).slice(1), 10);
      expect(question.judge(words.join(" "))).toEqual({ accuracy: 100 });
    }
    for (const question of of("fwe")) {
      const [dots, ...words] = mostFrequent(question.document.split(" "), 4);
      expect(dots).toBe("...");
      expect(question.judge(words.join(" "))).toEqual({ accuracy: 100 });
    }
  });
});

describe("RULER's questions about documents", () => {
  const paragraph = (number: number) => ({
    context: `Paragraph ${number} is about hens.`,
    qas: [
      {
        question: `What is ${number} about?`,
        is_impossible: false,
        answers: [{ text: "hens" }, { text: "about hens" }],
      },
      { question: "What not?", is_impossible: true, answers: [] },
    ],
  });
  const squad = { data: [{ paragraphs: [paragraph(1), paragraph(2)] }, { paragraphs: [paragraph(3)] }] };
  const hotpot = [
    {
      question: "Who?",
      answer: "Ann",
      context: [
        ["Ann", ["She is.", " A hen."]],
        ["Bob", ["He is."]],
      ],
    },
  ];

  function folderOf(files: Readonly<Record<string, unknown>>): string {
    const folder = temporaryFolder("ruler");
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), JSON.stringify(content));
    return folder;
  }

  it("are asked among other documents", () => {
    const folder = folderOf({ "squad.json": squad, "hotpot_dev_distractor_v1.json": hotpot });
    const questions = rulerQuestions({ ...making, length: 3000, folder }, ["qa_1", "qa_2"]);
    expect(questions.map(({ task }) => task)).toEqual(["qa_1", "qa_1", "qa_1", "qa_2"]);
    expect(questions[0]!.after).toContain("Question: What is 1 about?");
    expect(questions[0]!.document).toMatch(/^Document 1:\nParagraph \d is about hens\.\n\nDocument 2:/);
    expect(questions[0]!.document).toContain("Paragraph 1 is about hens.");
    expect(questions[0]!.judge("It is about HENS.")).toEqual({ accuracy: 100 });
    expect(questions[3]!.document).toContain("Ann\nShe is. A hen.");
    for (const question of questions) expect(tokens(question)).toBeLessThanOrEqual(3000);
  });

  it("are among all tasks where their files are", () => {
    const folder = folderOf({ "squad.json": squad });
    const tasks = rulerQuestions({ ...making, length: 12_000, samples: 1, folder }).map(({ task }) => task);
    expect([tasks.length, tasks.at(-1)]).toEqual([12, "qa_1"]);
  });

  it.each<[string, () => Question[], RegExp]>([
    ["documents without a folder", () => rulerQuestions(making, ["qa_1"]), /and no folder was given/],
    [
      "documents that are not there",
      () => rulerQuestions({ ...making, folder: folderOf({}) }, ["qa_2"]),
      /has no file hotpotqa\.json/,
    ],
    [
      "a file of something else",
      () => rulerQuestions({ ...making, folder: folderOf({ "squad.json": [] }) }, ["qa_1"]),
      /squad\.json: it is not as/,
    ],
    [
      "an item of something else",
      () => rulerQuestions({ ...making, folder: folderOf({ "hotpotqa.json": [...hotpot, 1] }) }, ["qa_2"]),
      /hotpotqa\.json, item 2: it is not/,
    ],
    ["an empty essay", () => rulerQuestions({ ...making, essay: " \n" }), /essay has no words/],
    [
      "a length without room",
      () => rulerQuestions({ ...making, length: 500 }, ["cwe"]),
      /^cwe needs \d+ tokens .* and may have 500/,
    ],
    ["an unknown task", () => rulerQuestions(making, ["niah"]), /^niah is no task of RULER/],
  ])("refuses %s", (_, ask, message) => {
    expect(ask).toThrow(message);
  });
});
