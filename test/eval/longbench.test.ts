import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { longBench2Questions, longBenchQuestions } from "../../eval/tasks/longbench/index.js";
import { TASKS } from "../../eval/tasks/longbench/tasks.js";
import { temporaryFolder } from "../temporary-folder.js";

const ROW = {
  input: "Who? $& {context}",
  context: "Some $1 text.",
  answers: ["Paris", "the city of Paris"],
  length: 3999,
  dataset: "hotpotqa",
  language: "en",
  all_classes: null,
  _id: "a1",
};

interface Files {
  readonly [name: string]: unknown;
}

/** A folder as people have it: config/ of the repository, data/ unpacked. */
function folderOf(files: Files): string {
  const folder = temporaryFolder("longbench");
  for (const part of ["config", "data"]) mkdirSync(join(folder, part));
  const settings = {
    hotpotqa: "Read.\n{context}\nAsked: {input}\nAnswer:",
    samsum: "{context}|{input}",
    trec: "{context}{input}",
  };
  const all: Files = {
    "config/dataset2prompt.json": settings,
    "config/dataset2maxlen.json": { hotpotqa: 32, samsum: 128, trec: 64 },
    ...files,
  };
  for (const [name, content] of Object.entries(all))
    writeFileSync(
      join(folder, name),
      Array.isArray(content) ? content.map((row) => JSON.stringify(row)).join("\n") : JSON.stringify(content),
    );
  return folder;
}

describe("LongBench", () => {
  it("has 21 tasks", () => {
    expect(Object.keys(TASKS)).toHaveLength(21);
  });

  it("asks by the published prompt and length, and takes the best of several answers", () => {
    const [question, ...more] = longBenchQuestions(folderOf({ "data/hotpotqa.jsonl": [ROW] }));
    expect(more).toEqual([]);
    expect(question).toMatchObject({
      ...{ task: "hotpotqa", id: "a1", maxTokens: 32, cut: "prompt-middle" },
      ...{ before: "Read.\n", document: "Some $1 text.", after: "\nAsked: Who? $& {context}\nAnswer:" },
    });
    expect(question).not.toHaveProperty("bare");
    expect(question!.judge("It is the city of Paris.").f1).toBeCloseTo(75, 10);
  });

  it("tasks with examples are continued without a chat template, and a summary of a dialogue is a line", () => {
    const folder = folderOf({
      "data/samsum.jsonl": [ROW],
      "data/trec.jsonl": [{ ...ROW, answers: ["Date"], all_classes: ["Date", "Place"] }],
    });
    const [type, summary] = longBenchQuestions(folder, ["trec", "samsum"]);
    expect([type, summary]).toMatchObject([{ bare: true }, { bare: true, stop: ["\n"] }]);
    expect(type!.judge("\nDate or Place\nDate")).toEqual({ accuracy: 50 });
    expect(summary!.judge("\nParis\nParis")["rouge-l"]).toBeCloseTo(100, 5);
  });

  it("of LongBench-E says how long documents are", () => {
    const rows = [3999, 4000, 7999, 8000].map((length) => ({ ...ROW, length }));
    const questions = longBenchQuestions(folderOf({ "data/hotpotqa_e.jsonl": rows }), undefined, { even: true });
    expect(questions.flatMap(({ groups }) => groups)).toEqual(["0-4k", "4-8k", "4-8k", "8k+"]);
  });

  it.each<[string, Files, readonly string[] | undefined, RegExp]>([
    ["an unknown task", {}, ["hotpot"], /^hotpot is no task of LongBench/],
    ["a folder without data", {}, undefined, /has no file of LongBench, such as narrativeqa\.jsonl/],
    ["a missing file", {}, ["qasper"], /has no file qasper\.jsonl/],
    [
      "a broken row",
      { "data/hotpotqa.jsonl": [ROW, { ...ROW, answers: "Paris" }] },
      undefined,
      /hotpotqa\.jsonl, line 2: it is not as/,
    ],
    ["a task without prompt", { "data/qasper.jsonl": [ROW] }, undefined, /dataset2prompt\.json has nothing for qasper/],
    [
      "a prompt without the document",
      { "data/hotpotqa.jsonl": [ROW], "config/dataset2prompt.json": { hotpotqa: "{input}" } },
      undefined,
      /dataset2prompt\.json: it is not as/,
    ],
    [
      "broken prompts",
      { "data/hotpotqa.jsonl": [ROW], "config/dataset2prompt.json": { hotpotqa: 1 } },
      undefined,
      /dataset2prompt\.json: it is not as/,
    ],
    [
      "a reference without paragraph",
      {
        "data/passage_retrieval_en.jsonl": [ROW],
        "config/dataset2prompt.json": { passage_retrieval_en: "{context}" },
        "config/dataset2maxlen.json": { passage_retrieval_en: 32 },
      },
      undefined,
      /passage_retrieval_en\.jsonl: row 1 has the answer "Paris", which names no paragraph/,
    ],
  ])("refuses %s", (_, files, tasks, message) => {
    expect(() => longBenchQuestions(folderOf(files), tasks)).toThrow(message);
  });
});

describe("LongBench v2", () => {
  const item = {
    ...{
      _id: "x",
      domain: "d",
      sub_domain: "s",
      difficulty: "hard",
      length: "long",
      question: " Which? ",
      answer: "C",
      context: " text ",
    },
    ...{ choice_A: "a", choice_B: "b", choice_C: "c", choice_D: "d" },
  };
  const folderWith = (items: unknown): string => {
    const folder = temporaryFolder("longbench");
    writeFileSync(join(folder, "data.json"), JSON.stringify(items));
    return folder;
  };

  it("asks for a letter, in groups of difficulty and length", () => {
    const [question] = longBench2Questions(folderWith([item]));
    expect(question).toMatchObject({ id: "x", document: "text", groups: ["hard", "long"], maxTokens: 128 });
    expect(question!.after).toContain("Question: Which?\n(A) a\n(B) b\n(C) c\n(D) d\n");
    const answers = ["The correct answer is **(C)**", "The correct answer is A", "C"];
    expect(answers.map((answer) => question!.judge(answer))).toEqual([
      { accuracy: 100, compensated: 100 },
      { accuracy: 0, compensated: 0 },
      { accuracy: 0, compensated: 25 },
    ]);
  });

  it("has the model think first where that is asked for, and asks for the letter without the text", () => {
    const questions = longBench2Questions(folderWith([item]), ["longbench-v2", "longbench-v2-cot"]);
    expect(questions.map(({ task }) => task)).toEqual(["longbench-v2", "longbench-v2-cot"]);
    const [plain, thinking] = questions;
    expect(plain!.then).toBeUndefined();
    expect(thinking).toMatchObject({ document: "text", maxTokens: 1024 });
    expect(thinking!.after).not.toContain("The correct answer");
    const { maxTokens, ask } = thinking!.then!;
    const next = ask("It is c.");
    expect({ maxTokens, document: next.document }).toEqual({ maxTokens: 128, document: "It is c." });
    expect(next.before).toContain("Question: Which?\n(A) a\n(B) b");
    expect(next.before + next.after).not.toContain("text\n\nQuestion");
    expect(next.after).toContain("The correct answer is (X)");
    expect(() => longBench2Questions(folderWith([item]), ["cot"])).toThrow(
      /cot is no task of LongBench v2 that can be judged here.*longbench-v2, longbench-v2-cot/,
    );
  });

  it("refuses what is not as published, and names the item", () => {
    expect(() => longBench2Questions(folderWith([item, { ...item, answer: "E" }]))).toThrow(
      /data\.json, item 2: it is not/,
    );
    expect(() => longBench2Questions(folderWith({}))).toThrow(/data\.json: it is not/);
    expect(() => longBench2Questions(temporaryFolder("longbench"))).toThrow(/has no file data\.json/);
  });
});
