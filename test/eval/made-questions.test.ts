/** Questions that are made to a length: right answers are in them, lengths are kept, and the same seed makes the same ones. */

import { describe, expect, it } from "vitest";
import { MADE_TASKS, madeInfiniteBenchQuestions } from "../../eval/tasks/infinitebench/index.js";
import type { Question } from "../../eval/tasks/question.js";
import { Draws } from "../../eval/tasks/synthetic/index.js";
import { smallTokenizer } from "./small-tokenizer.js";

const tokenizer = smallTokenizer();
const making = { length: 4000, samples: 14, seed: 1, tokenizer };

const tokens = ({ before, document, after, opening = "", maxTokens }: Question): number =>
  [before, document, after, opening].reduce(
    (sum, part) => sum + tokenizer.encode(part, { addSpecial: false }).length,
    maxTokens,
  );

const byTask = (questions: readonly Question[], task: string): Question[] =>
  questions.filter((one) => one.task === task);

describe("synthetic tasks of InfiniteBench", () => {
  const questions = madeInfiniteBenchQuestions(making);

  it("are as long as asked for, by less than one more part", () => {
    for (const question of questions) {
      expect(tokens(question)).toBeLessThanOrEqual(4000);
      expect(tokens(question), question.task).toBeGreaterThan(3300);
    }
    expect(questions).toHaveLength(making.samples * MADE_TASKS.length);
  });

  it("make their documents when these are read", () => {
    for (const question of questions)
      expect(Object.getOwnPropertyDescriptor(question, "document")).toHaveProperty("get");
  });

  it("are the same for the same seed, and others for another", () => {
    const few = { ...making, samples: 2 };
    const parts = (seed: number) => madeInfiniteBenchQuestions({ ...few, seed }).map(({ document }) => document);
    expect(parts(1)).toEqual(parts(1));
    for (const [index, document] of parts(2).entries()) expect(document).not.toBe(parts(1)[index]);
  });

  it.each([
    ["passkey", /pass key is (\d{5})\./],
    ["number_string", /digits is (\d{10})\./],
  ] as const)("%s hides its digits from start to end", (task, pattern) => {
    const own = byTask(questions, task);
    for (const question of own)
      expect(question.judge(` ${pattern.exec(question.document)![1]}.`)).toEqual({ accuracy: 100 });
    const places = own.map(({ document }) => document.search(pattern) / document.length);
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect([places[0]! < 0.01, places.at(-1)! > 0.97]).toEqual([true, true]);
  });

  it("kv_retrieval is a JSON object that has the value", () => {
    for (const question of byTask(questions, "kv_retrieval")) {
      const pairs = JSON.parse(question.document) as Record<string, string>;
      const [, key] = /Key: "(.+)"/.exec(question.after)!;
      expect(question.judge(`"${pairs[key!]}"`)).toEqual({ accuracy: 100 });
      expect(Object.keys(pairs).length).toBeGreaterThan(20);
    }
  });

  it("math_find asks for seven kinds of numbers, and knows them", () => {
    const kinds = byTask(questions, "math_find").map((question) => {
      const numbers = (JSON.parse(question.document) as number[]).sort((a, b) => a - b);
      for (const number of numbers)
        expect([Number.isInteger(number), number >= 0, number <= 99]).toEqual([true, true, true]);
      const own = [...new Set(numbers)];
      const kind = /The (.+) of the list/.exec(question.after)![1]!;
      const middle =
        (numbers[Math.floor((numbers.length - 1) / 2)]! + numbers[Math.ceil((numbers.length - 1) / 2)]!) / 2;
      const right: Record<string, number> = {
        ...{ "largest number": own.at(-1)!, "second largest number": own.at(-2)!, "third largest number": own.at(-3)! },
        ...{
          "smallest number": own[0]!,
          "second smallest number": own[1]!,
          "third smallest number": own[2]!,
          median: middle,
        },
      };
      expect(question.judge(`${right[kind]}`), kind).toEqual({ accuracy: 100 });
      return kind;
    });
    expect(new Set(kinds).size).toBe(7);
  });

  it("math_calc has the values of its expression, and room for them", () => {
    for (const question of byTask(questions, "math_calc")) {
      const [first, ...rest] = question.document.split(/ (?=[+-])/);
      let value = Number(first);
      const values = rest.map((one) => {
        value += Number(one.replace(" ", ""));
        return value;
      });
      expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...values)).toBeLessThanOrEqual(99);
      const answer = `${values.join(", ")}]`;
      expect(question.judge(answer)).toEqual({ accuracy: 100 });
      expect(question.maxTokens).toBe(tokenizer.encode(answer, { addSpecial: false }).length);
    }
  });

  it("code_run returns what the functions return", () => {
    for (const question of byTask(questions, "code_run")) {
      const script = question.document.replaceAll(/def (\w+)\(x\):\n {4}(return .+)/g, "function $1(x) { $2 }");
      const [call] = /func_\d+\(-?\d+\)/.exec(question.after)!;
      const value = new Function(`${script}; return ${call}`)() as number;
      expect(question.judge(` ${value}`)).toEqual({ accuracy: 100 });
    }
  });

  it("are refused where a length has no room, and where a task is none of them", () => {
    expect(() => madeInfiniteBenchQuestions({ ...making, length: 100 })).toThrow(/passkey needs \d+ tokens/);
    expect(() => madeInfiniteBenchQuestions(making, ["longbook_qa_eng"])).toThrow(/no task of the synthetic tasks/);
  });
});

describe("draws", () => {
  it("go over all that they may be, about as often", () => {
    const draws = new Draws("seed");
    const counts = new Array<number>(10).fill(0);
    for (let index = 0; index < 10_000; index++) counts[draws.below(10)]!++;
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
    expect(draws.shuffled([1, 2, 3, 4]).sort()).toEqual([1, 2, 3, 4]);
    expect(draws.uuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});
