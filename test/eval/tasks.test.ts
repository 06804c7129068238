import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  type Answer,
  AnswersFile,
  levalQuestions,
  type ModeScore,
  Prompts,
  type Question,
  runTasks,
  summarise,
} from "../../eval/tasks/index.js";
import { type AttentionOptions, attentionText } from "../../runtime/reattention/index.js";
import { folderWith } from "../cli/run-cli.js";
import { smallTokenizer } from "./small-tokenizer.js";

const tokenizer = smallTokenizer();
const lines = (...rows: readonly object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join("");
const document = (input: string, instructions: readonly string[], outputs: readonly string[], evaluation = "exam") => ({
  ...{ input, instructions, outputs, evaluation },
});

const question = (task: string, id: string, more: Partial<Question> = {}): Question => ({
  ...{ task, id, about: id.split(".")[0]!, maxTokens: 5, before: "", document: `the magic number ${id}`, after: "?" },
  judge: (answer) => ({ accuracy: answer === id ? 100 : 0 }),
  ...more,
});

describe("L-Eval's questions", () => {
  it("are those of its files, with what answers are worth", () => {
    const folder = folderWith({
      "LEval-data/Closed-ended-tasks/tpo.jsonl": lines(document("A talk.", ["Who?\nA. x\nB. y", "What?"], ["B", "A"])),
      "coursera.jsonl": lines(document("A course.", ["Which?"], ["AC"])),
      "scientific_qa.jsonl": lines(
        document("A paper.", ["Why?"], ["for the cats"], "f1"),
        document("Judged by people.", ["Why?"], ["because"], "human"),
      ),
      "news_summ.jsonl": lines(document("News.", ["Sum up."], ["a cat sat"], "rouge")),
    });
    const questions = levalQuestions(folder);
    expect(questions.map(({ task, id }) => `${task} ${id}`)).toEqual([
      "coursera 1.1",
      "tpo 1.1",
      "tpo 1.2",
      "scientific_qa 1.1",
      "news_summ 1.1",
    ]);
    const [coursera, tpo, , paper, news] = questions as [Question, Question, Question, Question, Question];
    expect(["A and C.", "C", "B"].map(coursera.judge)).toEqual([100, 25, 0].map((accuracy) => ({ accuracy })));
    expect([" B. y", "A"].map(tpo.judge)).toEqual([{ accuracy: 100 }, { accuracy: 0 }]);
    expect(paper.judge("Cats")).toEqual({ f1: expect.closeTo(200 / 3) });
    expect(Object.keys(news.judge("a cat"))).toEqual(["rouge-l", "rouge-1", "rouge-2"]);
    expect(paper.after).toContain("Use 3 words.");
  });

  it("ask of stories what holds in them and what holds in the world", () => {
    const ask = "1. Pigs fly, True or False? Answer this question based on the world described in the document.";
    const folder = folderWith({ "sci_fi.jsonl": lines(document("A story.", [ask], ["True [fact: False]"])) });
    const [story, world] = levalQuestions(folder, ["sci_fi"]) as [Question, Question];
    expect([story.kind, story.document, world.kind, world.document]).toEqual(["loyalty", "A story.", "fact", ""]);
    expect(world.after).toContain("real world");
    expect([story.judge(" True."), world.judge(" True.")]).toEqual([{ accuracy: 100 }, { accuracy: 0 }]);
  });

  it.each([
    [{}, undefined, /has no file of L-Eval.*LEval-data/],
    [{}, ["tpo"], /has no file tpo\.jsonl/],
    [{}, ["codeU"], /codeU is no task of L-Eval that can be judged here.*Tasks are/],
    [{ "tpo.jsonl": '{"input":"x"}\n' }, undefined, /tpo\.jsonl, line 1: it is not as this file is published/],
    [{ "tpo.jsonl": `\n${lines(document("x", ["a", "b"], ["A"]))}` }, undefined, /2 instructions have 1 outputs/],
  ] as const)("are refused where they are none: %j %j", (files, tasks, problem) => {
    expect(() => levalQuestions(folderWith(files), tasks)).toThrow(problem);
  });
});

describe("prompts", () => {
  const prompts = new Prompts(tokenizer);

  it("have the whole document where there is room, and else its beginning", async () => {
    const one = question("t", "1.1", { system: "Be brief.", document: "abc ".repeat(50), opening: "One" });
    const whole = await prompts.of(one, Number.POSITIVE_INFINITY);
    expect(whole.cut).toBe(0);
    expect(tokenizer.decode(whole.tokens)).toMatch(/Be brief.*(abc ){50}\?.*assistant\nOne$/s);
    const part = await prompts.of(one, whole.tokens.length + 5 - 30);
    expect([part.cut, part.tokens.length]).toEqual([30, whole.tokens.length - 30]);
    expect(tokenizer.decode(part.tokens)).toMatch(/number|abc.*\?.*assistant\nOne$/s);
  });

  it("need room for the question", async () => {
    await expect(prompts.of(question("t", "1.1"), 10)).rejects.toThrow(
      /t: question 1\.1 and its answer need \d+ tokens.*--max-length/,
    );
  });
});

const identity = {
  taskSet: "leval",
  model: { name: "small", file: "small.gguf", bytes: 1, layers: 2, trainedContext: 1000 },
  maxLength: null,
};
const answer = (attention: string, id: string, text = id, more: Partial<Answer> = {}): Answer => ({
  ...{ attention, task: "t", id, about: id.split(".")[0]!, text, promptTokens: 9, seconds: 1 },
  scores: { accuracy: text === id ? 100 : 0 },
  ...more,
});

describe("answers on disk", () => {
  it("are gone on with, without the line that was being written", () => {
    const path = join(folderWith({}), "a.jsonl");
    new AnswersFile(path, identity).put(answer("dense", "1.1"));
    appendFileSync(path, '{"attention":"dense","ta');
    const again = new AnswersFile(path, identity);
    expect([...again.lines.values()]).toEqual([answer("dense", "1.1")]);
    again.put(answer("dense", "1.2"));
    expect(new AnswersFile(path, identity).lines.size).toBe(2);
    expect(readFileSync(path, "utf8").split("\n")).toHaveLength(4);
  });

  it("of something else are left alone", () => {
    const path = join(folderWith({}), "a.jsonl");
    new AnswersFile(path, identity);
    expect(() => new AnswersFile(path, { ...identity, maxLength: 5 })).toThrow(
      /another run: maxLength differs.*--fresh/,
    );
    writeFileSync(path, "{}\n");
    expect(() => new AnswersFile(path, identity)).toThrow(/line 1: it is no line of results/);
  });
});

describe("a run", () => {
  const dense: AttentionOptions = { kind: "dense" };
  const streaming: AttentionOptions = { kind: "streaming", global: 4, local: 1000, chunk: 16 };
  const questions = ["1.1", "1.2", "2.1"].map((id) => question("t", id));
  const job = (path: string, say: (prompt: string) => string) => ({
    ...{ questions, prompts: new Prompts(tokenizer), answers: new AnswersFile(path, identity), most: () => 1000 },
    attentions: [dense, streaming],
    open: async () => ({
      generateFrom: (prompt: unknown) => {
        const result = Promise.resolve().then(() => {
          const text = say(tokenizer.decode(prompt as number[]));
          return { text, stopReason: "eos", timings: { firstTokenMs: 1 } };
        });
        return { result } as never;
      },
      close: () => {},
    }),
  });
  const told = (prompt: string) => /number (\S+)\?/.exec(prompt)![1]!;

  it("asks each question once in each mode, and again those that failed", async () => {
    const path = join(folderWith({}), "a.jsonl");
    const seen: string[] = [];
    const first = job(path, (prompt) => {
      const id = told(prompt);
      if (id === "1.2") throw new Error("out of luck");
      return id;
    });
    await runTasks({ ...first, onAnswer: (one) => seen.push("error" in one ? `${one.id} ${one.error}` : one.id) });
    expect(seen).toEqual(["1.1", "1.2 out of luck", "2.1", "1.1", "1.2 out of luck", "2.1"]);
    const later = job(path, told);
    const asked: string[] = [];
    await runTasks({ ...later, onAnswer: (one) => asked.push(`${one.attention} ${one.id}`) });
    expect(asked).toEqual([`${attentionText(dense)} 1.2`, `${attentionText(streaming)} 1.2`]);
    const [row] = summarise(later.answers.lines.values(), [dense, streaming].map(attentionText));
    expect(row).toMatchObject({ task: "t", score: "accuracy", questions: 3, modes: [{ mean: 100 }, { mean: 100 }] });
  });

  it("judges what is said behind a thought, and keeps both", async () => {
    const path = join(folderWith({}), "a.jsonl");
    const then = {
      maxTokens: 7,
      ask: (thought: string) => ({ before: "You thought: ", document: thought, after: ". So?" }),
    };
    const prompts: string[] = [];
    const thinking = job(path, (prompt) => {
      prompts.push(prompt);
      return prompt.includes("You thought: ") ? "1.1" : " hm ";
    });
    const [first] = questions;
    await runTasks({ ...thinking, questions: [{ ...first!, then }], attentions: [dense] });
    expect(prompts).toHaveLength(2);
    expect(prompts[0]).toContain("number 1.1?");
    expect(prompts[1]).toContain("You thought: hm. So?");
    expect(prompts[1]).not.toContain("number 1.1?");
    const [answer] = thinking.answers.lines.values();
    expect(answer).toMatchObject({ text: "1.1", thought: "hm", scores: { accuracy: 100 } });
    expect([...new AnswersFile(path, identity).lines.values()]).toEqual([answer]);
  });

  it("stops where it is told to", async () => {
    const path = join(folderWith({}), "a.jsonl");
    const controller = new AbortController();
    const stopped = runTasks({ ...job(path, told), signal: controller.signal, onAnswer: () => controller.abort() });
    await expect(stopped).rejects.toThrow(/abort/i);
    expect(new AnswersFile(path, identity).lines.size).toBe(1);
  });
});

describe("what answers are worth", () => {
  it("is a mean with an interval, and beside the first mode the difference on the same questions", () => {
    const ids = Array.from({ length: 40 }, (_, index) => `${index + 1}.1`);
    const right = (attention: string, every: number) =>
      ids.map((id, index) => answer(attention, id, index % every === 0 ? id : "", index === 3 ? { cut: 7 } : {}));
    const [row] = summarise([...right("dense", 2), ...right("other", 4).slice(0, 20)], ["dense", "other"]);
    const [dense, other] = row!.modes as [ModeScore, ModeScore];
    expect(dense).toMatchObject({ answered: 40, cut: 1, mean: 50 });
    // The binomial's interval is ± 15.5.
    for (const end of [dense.low!, dense.high!]) expect(Math.abs(end - 50)).toBeCloseTo(15.5, -1);
    expect(other).toMatchObject({ answered: 20, mean: 25, difference: { questions: 20, mean: -25 } });
    expect(other.difference!.high).toBeLessThan(0);
  });

  it("weighs kinds of questions and tasks alike", () => {
    const answers = [
      answer("dense", "1.1", "1.1", { kind: "one" }),
      answer("dense", "1.2", "1.2", { kind: "one" }),
      answer("dense", "2.1", "wrong", { kind: "other" }),
      answer("dense", "1.1", "", { task: "u", scores: { f1: 10, second: 1 } }),
    ];
    const rows = summarise(answers, ["dense"]);
    expect(rows.map(({ task, score, modes }) => [task, score, modes[0]!.mean])).toEqual([
      ["t", "accuracy", 50],
      ["u", "f1", 10],
      ["u", "second", 1],
      [undefined, "mean", 30],
    ]);
    expect(rows[1]!.modes[0]).not.toHaveProperty("low");
    expect(summarise([], ["dense"])).toEqual([]);
  });
});

describe("what a question says of its prompt", () => {
  const prompts = new Prompts(tokenizer);

  it("is continued as it stands where it is bare", async () => {
    const { tokens } = await prompts.of(question("t", "1.1", { before: "a ", after: " b", bare: true }), 1000);
    expect(tokenizer.decode(tokens)).toMatch(/a the magic number 1\.1 b$/);
    expect(tokenizer.decode(tokens)).not.toContain("user");
  });

  it("loses its middle where it says so, whatever stands there", async () => {
    const long = { before: "begin ", document: "abc ".repeat(50), after: " end", cut: "prompt-middle" } as const;
    const whole = await prompts.of(question("t", "1.1", long), 1000);
    const part = await prompts.of(question("t", "1.1", long), whole.tokens.length + 5 - 60);
    expect([whole.cut, part.cut]).toEqual([0, expect.closeTo(60, -0.5)]);
    expect(tokenizer.decode(part.tokens)).toMatch(/begin (abc )+[abc ]*(abc )+ end/);
  });

  it("ends its answer, but not at its beginning; groups have means of their own", async () => {
    const path = join(folderWith({}), "a.jsonl");
    const questions = ["1.1", "2.1"].map((id, index) =>
      question("t", id, { stop: ["\n"], groups: [index === 0 ? "512" : "long"] }),
    );
    const said = ["\n1.1\nmore", "2.1"];
    const answers = new AnswersFile(path, identity);
    await runTasks({
      ...{ questions, prompts, answers, attentions: [{ kind: "dense" }], most: () => 1000 },
      open: async () => ({
        generateFrom: () =>
          ({
            result: Promise.resolve({ text: said.shift()!, stopReason: "eos", timings: { firstTokenMs: 1 } }),
          }) as never,
        close: () => {},
      }),
    });
    expect([...answers.lines.values()].map(({ text }) => text)).toEqual(["\n1.1", "2.1"]);
    const rows = summarise(answers.lines.values(), ["dense"]);
    expect(rows.map(({ group, modes }) => [group, modes[0]!.mean])).toEqual([
      [undefined, 50],
      ["512", 0],
      ["long", 100],
    ]);
  });
});
