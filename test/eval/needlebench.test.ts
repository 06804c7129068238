import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { needleBenchQuestions } from "../../eval/tasks/needlebench/index.js";
import { temporaryFolder } from "../temporary-folder.js";
import { smallTokenizer } from "./small-tokenizer.js";

const ITEMS = ["Stone", "Sword", "Ring"];

const NEEDLES = ITEMS.flatMap((item, index) => [
  {
    needle: `Kept on Island ${index} is the old ${item}.`,
    retrieval_question: `What is kept on Ann's Island ${index}? Please answer in the format 'What Ann's Island ${index} keeps is ______.'`,
    ...{ arg1: `Island ${index}`, arg2: `old ${item}`, language: "English" },
  },
  {
    needle: `岛${index}上有古老的宝物${index}。`,
    retrieval_question: `岛${index}上有什么？请按照'岛${index}上有______。'的格式回答。`,
    ...{ arg1: `岛${index}`, arg2: `宝物${index}`, language: "Chinese" },
  },
]);

function folderOf(files: Readonly<Record<string, readonly object[]>> = {}): string {
  const folder = temporaryFolder("needlebench");
  const all = {
    "needles.jsonl": NEEDLES,
    "PaulGrahamEssays.jsonl": [
      { text: "People work on what they like. They write essays." },
      { text: "A second extraordinarily long text" },
    ],
    "zh_finance.jsonl": [{ text: "今天股市上涨，投资者都很高兴。明天怎么样没有人知道。" }],
    ...files,
  };
  for (const [name, rows] of Object.entries(all))
    writeFileSync(join(folder, name), rows.map((row) => JSON.stringify(row)).join("\n"));
  return folder;
}

const making = { length: 3000, samples: 2, seed: 3, tokenizer: smallTokenizer(), depths: [0, 50, 100] };

describe("NeedleBench", () => {
  const questions = needleBenchQuestions(folderOf(), making, [
    "single_en",
    "single_zh",
    "multi_needle_en",
    "multi_key_zh",
  ]);
  const of = (task: string) => questions.filter((question) => question.task === task);

  it("asks for a needle at each depth, or for all of them at once", () => {
    expect(["single_en", "single_zh", "multi_needle_en", "multi_key_zh"].map((task) => of(task).length)).toEqual([
      6, 6, 2, 6,
    ]);
    expect(of("single_en").map(({ groups }) => groups!.join())).toEqual(
      [0, 0, 50, 50, 100, 100].map((depth) => `3000,depth ${depth}`),
    );
    expect(new Set(questions.map(({ task, id }) => `${task} ${id}`)).size).toBe(questions.length);
  });

  it("hides a needle on a line of its own where its depth is", () => {
    for (const [index, { document }] of of("single_en").entries()) {
      const place = document.search(/\nKept on Island \d is the old \w+\.\n/);
      const rest = document.length - "\nKept on Island 0 is the old Stone.\n".length;
      expect(Math.abs(place / rest - [0, 0.5, 1][index >> 1]!)).toBeLessThan(0.02);
    }
  });

  it("begins the answer as the question says, and scores the keyword, else the likeness", () => {
    const [question] = of("single_en");
    const [, island] = /Island (\d) keeps/.exec(question!.opening!)!;
    expect(question!.opening).toBe(`What Ann's Island ${island} keeps is`);
    expect(question!.judge(`the old ${ITEMS[Number(island)]}`)).toEqual({ score: 100 });
    expect(question!.judge(`Kept on Island ${island} is the old Thing.`).score).toBeGreaterThan(15);
    expect(question!.judge("").score).toBe(0);
    expect(of("single_zh")[0]!.opening).toMatch(/^岛\d上有$/);
  });

  it("of many needles scores the share that is named, or the one that is asked for", () => {
    const [all] = of("multi_needle_en");
    expect(all).toMatchObject({ opening: undefined, maxTokens: 150 });
    expect(all!.document.match(/Kept on Island/g)).toHaveLength(3);
    expect(all!.judge("old Ring and old Sword").score).toBeCloseTo(200 / 3, 10);
    const [one] = of("multi_key_zh");
    expect(one!.document.match(/宝物/g)).toHaveLength(3);
    const [, island] = /岛(\d)上有什么/.exec(one!.after)!;
    expect([0, 1, 2].map((item) => one!.judge(`宝物${item}`).score === 100)).toEqual(
      [0, 1, 2].map((item) => item === Number(island)),
    );
  });

  it("keeps within its length", () => {
    for (const { before, document, after, opening = "", maxTokens } of questions) {
      const tokens = [before, document, after, opening].reduce(
        (sum, part) => sum + making.tokenizer.encode(part, { addSpecial: false }).length,
        maxTokens,
      );
      expect(tokens).toBeLessThanOrEqual(3000);
      expect(tokens).toBeGreaterThan(2900);
    }
  });

  it.each<[string, () => unknown, RegExp]>([
    [
      "an unknown task",
      () => needleBenchQuestions(folderOf(), making, ["single"]),
      /^single is no task of NeedleBench/,
    ],
    [
      "a folder without needles",
      () => needleBenchQuestions(temporaryFolder("needlebench"), making),
      /has no file needles\.jsonl/,
    ],
    [
      "a broken needle",
      () => needleBenchQuestions(folderOf({ "needles.jsonl": [NEEDLES[0]!, {}] }), making),
      /needles\.jsonl, line 2: it is not/,
    ],
    [
      "needles of no such language",
      () => needleBenchQuestions(folderOf({ "needles.jsonl": [NEEDLES[0]!] }), making, ["single_zh"]),
      /no needle whose language is Chinese/,
    ],
    [
      "too few needles",
      () => needleBenchQuestions(folderOf(), { ...making, depths: [0, 1, 2, 3] }, ["multi_key_en"]),
      /hides 4 needles, and only 3/,
    ],
    [
      "a depth outside",
      () => needleBenchQuestions(folderOf(), { ...making, depths: [101] }),
      /^depths of needles are 101/,
    ],
    [
      "texts without text",
      () => needleBenchQuestions(folderOf({ "PaulGrahamEssays.jsonl": [{ text: " " }] }), making),
      /has no text/,
    ],
  ])("refuses %s", (_, ask, message) => {
    expect(ask).toThrow(message);
  });
});
