/** Metrics of task sets beside what the published Python code gives for hand-made answers (test/reference/make_task_fixtures.py). */

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  anyContained,
  chineseF1,
  chineseRougeL,
  chineseWords,
  classification,
  codeSimilarity,
  f1,
  firstLine,
  keywordsFound,
  needleScore,
  numberBehind,
  shareContained,
  shareOfNumbers,
  soleLabel,
  statedChoice,
  unionRougeL,
} from "../../eval/metrics/index.js";
import { loadWords } from "../../eval/metrics/jieba.js";
import { LABELS } from "../../eval/tasks/babilong/labels.js";
import { TASKS } from "../../eval/tasks/infinitebench/tasks.js";

type Rows<Row extends readonly unknown[]> = readonly Row[];

interface Fixture {
  readonly longbench: {
    readonly words: Rows<[string, string[]]>;
    readonly chinese: Rows<[string, string, number, number]>;
    readonly classes: Rows<[string, string, string[], number]>;
    readonly counts: Rows<[string, string, number]>;
    readonly paragraphs: Rows<[string, string, number]>;
    readonly duanluo: Rows<[string, string, number]>;
    readonly code: Rows<[string, string, number]>;
    readonly lines: Rows<["triviaqa" | "samsum", string, string, number]>;
    readonly stated: Rows<[string, string | null]>;
  };
  readonly infinitebench: Rows<[string, Answer | Answer[] | Answer[][], string, number]>;
  readonly ruler: Rows<[string, string[], number, number]>;
  readonly needles: Rows<[answer: string, keyword: string, needle: string, score: number]>;
  readonly parallel: Rows<[string, string[], number]>;
  readonly facts: Rows<[task: string, target: string, answer: string, question: string, right: boolean]>;
}

type Answer = string | number;

const read = readFileSync(new URL("../fixtures/task-metrics.json", import.meta.url), "utf8");
const { longbench, infinitebench, ruler, needles, parallel, facts } = JSON.parse(read) as Fixture;

describe("LongBench", () => {
  it.each(longbench.words)("%j has the words %j", (text, words) => {
    expect(chineseWords()(text)).toEqual(words);
  });
  it("names the package that finds Chinese words where it is missing", () => {
    const load = () => {
      throw new Error("Cannot find module");
    };
    expect(() => loadWords(load)).toThrow(/@node-rs\/jieba, which finds the words, cannot be loaded/);
    const { devDependencies } = JSON.parse(readFileSync("package.json", "utf8"));
    expect(() => loadWords(load)).toThrow(
      expect.objectContaining({
        hint: expect.stringContaining(`@node-rs/jieba@${devDependencies["@node-rs/jieba"]},`),
      }),
    );
  });
  it.each(longbench.chinese)("%j beside %j has F1 %d and ROUGE-L %d", (answer, reference, ...scores) => {
    const mine = [chineseF1, chineseRougeL].map((metric) => metric(chineseWords())(answer, reference));
    for (const [index, score] of scores.entries()) expect(mine[index]).toBeCloseTo(score, 12);
  });
  it.each(longbench.classes)("%j for %j of %j is worth %d", (answer, right, classes, score) => {
    expect(classification(firstLine(answer), right, classes)).toBe(score);
  });
  it.each(longbench.counts)("%j for the number %s is worth %d", (answer, right, score) => {
    expect(shareOfNumbers(answer, right)).toBe(score);
  });
  it.each(longbench.paragraphs)("%j for %s is worth %d", (answer, reference, score) => {
    expect(shareOfNumbers(answer, numberBehind("Paragraph ", reference)!)).toBe(score);
  });
  it.each(longbench.duanluo)("%j for %s is worth %d", (answer, reference, score) => {
    expect(shareOfNumbers(answer, numberBehind("段落", reference)!)).toBe(score);
  });
  it.each(longbench.code)("code %j beside %j is worth %d", (answer, right, score) => {
    expect(codeSimilarity(answer, right)).toBe(score);
  });
  it.each(longbench.lines)("of %s the first line of %j counts beside %j: %d", (task, answer, reference, score) => {
    const metric = { triviaqa: f1, samsum: unionRougeL }[task];
    expect(100 * metric(firstLine(answer), reference)).toBeCloseTo(score, 1);
  });
  it.each(longbench.stated)("%j states %s", (answer, letter) => {
    expect(statedChoice(answer) ?? null).toBe(letter);
  });
});

describe("InfiniteBench", () => {
  it.each(infinitebench)("%s with the answer %j: %j is worth %d", (task, label, answer, score) => {
    const row = { context: "", input: "", options: [], answers: [label].flat(2) };
    expect(Object.values(TASKS[task]!.judge(answer, row))[0]).toBeCloseTo(100 * score, 10);
  });
});

describe("RULER", () => {
  it.each(ruler)("%j has of %j a share of %d, and any: %d", (answer, references, share, any) => {
    // Published scores have two decimals.
    expect(100 * shareContained(answer, references)).toBeCloseTo(share, 1);
    expect(100 * anyContained(answer, references)).toBe(any);
  });
});

describe("NeedleBench", () => {
  it.each(needles)("%j with the keyword %s of %j is worth %d", (answer, keyword, needle, score) => {
    expect(100 * needleScore(answer, { keyword, needle })).toBeCloseTo(score, 10);
  });
  it.each(parallel)("%j has of %j so many hundredths: %d", (answer, keywords, score) => {
    expect(100 * keywordsFound(answer, keywords)).toBeCloseTo(score, 10);
  });
});

describe("BABILong", () => {
  it.each(facts)("%s with the answer %s: %j to %j is right: %s", (task, target, answer, question, right) => {
    expect(soleLabel(answer, target, question, LABELS[task]!)).toBe(right);
  });
});
