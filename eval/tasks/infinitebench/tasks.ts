import {
  amongNames,
  amongWords,
  chosenFunction,
  chosenOption,
  f1,
  f1OfCharacters,
  firstDigits,
  firstNumber,
  lastNumber,
  type Option,
  rightFromStart,
  rougeLsum,
} from "../../metrics/index.js";
import { documentName } from "../document-name.js";
import type { Asking, Question, Scores } from "../question.js";

/** A row of a published file, or one that is made here. */
export interface Row {
  readonly context: string;
  readonly input: string;
  /** Right answers; of tasks with numbers, numbers. */
  readonly answers: readonly (string | number)[];
  /** Four, where there are any. */
  readonly options: readonly string[];
}

/**
 * The tasks of InfiniteBench (arXiv 2402.13718): how they are asked and judged. Scores are those of its published evaluation, longest answers too; the wording is
 * ours.
 */
export interface Task {
  readonly maxTokens: number;
  readonly ask: (row: Row) => Asking;
  readonly judge: (answer: string, row: Row) => Scores;
  /** Why a row cannot be asked or judged. */
  readonly refuses: (row: Row) => string | undefined;
}

const percent = (part: number): number => 100 * part;
const accuracy = (part: number): Scores => ({ accuracy: percent(part) });

const asks =
  (before: string, after: (row: Row) => string, opening?: string): Task["ask"] =>
  (row) => ({
    before: `${before}\n\n`,
    document: row.context,
    after: `\n\n${after(row)}`,
    opening,
    cut: "prompt-middle",
  });

const withInput = ({ input }: Row): string => input.trim();

const texts = ({ answers }: Row): string | undefined =>
  answers.length > 0 && answers.every((one) => typeof one === "string") ? undefined : "its answer is no text";
const numbers = ({ answers }: Row): string | undefined =>
  answers.length > 0 && answers.every((one) => typeof one === "number") ? undefined : "its answer is no number";

/** Judged by the first of the answers. */
const byText =
  (metric: (answer: string, right: string) => number): Task["judge"] =>
  (answer, { answers }) =>
    accuracy(metric(answer, String(answers[0])));
const byNumber =
  (metric: (answer: string, right: number) => number): Task["judge"] =>
  (answer, { answers }) =>
    accuracy(metric(answer, Number(answers[0])));
/** Judged by the best of the answers. */
const byBest =
  (score: string, metric: (answer: string, right: string) => number): Task["judge"] =>
  (answer, { answers }) => ({ [score]: percent(Math.max(...answers.map((one) => metric(answer, String(one))))) });

const LETTERS = ["A", "B", "C", "D"] as const;

const optionsText = ({ options }: Row): string =>
  LETTERS.map((letter, index) => `${letter}. ${options[index]}`).join("\n");

/** The right option: its text, or its text and its letter, are the answer. */
function rightOption({ answers, options }: Row): Option | undefined {
  const text = String(answers[0]);
  const letter = LETTERS.find((one) => one === answers[1]) ?? LETTERS[options.indexOf(text)];
  return letter === undefined ? undefined : { text, letter };
}

const byOption = (metric: (answer: string, right: Option) => number): Pick<Task, "judge" | "refuses"> => ({
  judge: (answer, row) => accuracy(metric(answer, rightOption(row)!)),
  refuses: (row) =>
    row.options.length !== LETTERS.length
      ? `it has ${row.options.length} options, and questions have four`
      : rightOption(row)
        ? undefined
        : "its answer is none of its options",
});

/** The call whose value is asked for. */
const callIn = ({ input }: Row): string | undefined => /func_[0-9]+\(-?[0-9]+\)/.exec(input)?.[0];
/** Which number of a list is asked for: "second largest number". */
const wantedNumber = ({ input }: Row): string | undefined => /The (.+?) of/.exec(input)?.[1]?.toLowerCase();

/** By the names of their files. */
export const TASKS: Readonly<Record<string, Task>> = {
  passkey: {
    maxTokens: 6,
    ask: asks(
      "One sentence of the following text gives a pass key. Keep it in mind: you will be asked for it.",
      withInput,
      "The pass key is",
    ),
    judge: byText(firstDigits),
    refuses: texts,
  },
  number_string: {
    maxTokens: 12,
    ask: asks(
      "One sentence of the following text gives a sequence of digits. Keep it in mind: you will be asked for it.",
      withInput,
      "The sequence of digits is",
    ),
    judge: byText(firstDigits),
    refuses: texts,
  },
  kv_retrieval: {
    maxTokens: 50,
    ask: asks(
      "Below is a JSON object. You will be given one of its keys: answer with the value of that key.",
      withInput,
    ),
    judge: byText(amongWords),
    refuses: texts,
  },
  longbook_sum_eng: {
    maxTokens: 1200,
    ask: asks("Write a summary of this book.", () => "Now write the summary of the book.", "Summary:"),
    judge: byBest("rouge-lsum", rougeLsum),
    refuses: texts,
  },
  longbook_choice_eng: {
    maxTokens: 40,
    ask: asks(
      "Read this book: a question about it follows, with four options.",
      (row) => `Question: ${row.input}\n${optionsText(row)}\n\nAnswer with the letter of the right option alone.`,
      "The right letter is",
    ),
    ...byOption(chosenOption),
  },
  longbook_qa_eng: {
    maxTokens: 40,
    ask: asks(
      "Read this book: a question about it follows.",
      ({ input }) => `Question: ${input}\nGive the answer alone, in as few words as possible.`,
      "Answer:",
    ),
    judge: byBest("f1", f1),
    refuses: texts,
  },
  longbook_qa_chn: {
    maxTokens: 40,
    ask: asks("请阅读这本书，书后有一个问题。", ({ input }) => `问题：${input}\n只写出答案，越短越好。`, "答案："),
    judge: byBest("f1", f1OfCharacters),
    refuses: texts,
  },
  longdialogue_qa_eng: {
    maxTokens: 40,
    ask: asks(
      "In the following script the name of one character was replaced in one place by $$MASK$$.",
      () =>
        "Whose name stood where $$MASK$$ is now? Answer with the name alone, as it is written before a character's lines.",
      "The name is",
    ),
    judge: byText(amongNames),
    refuses: texts,
  },
  math_find: {
    maxTokens: 3,
    ask: (row) => asks(`You will be asked for the ${wantedNumber(row)} of this list.`, withInput)(row),
    judge: byNumber(firstNumber),
    refuses: (row) =>
      numbers(row) ?? (wantedNumber(row) ? undefined : "its input does not name the number that is asked for"),
  },
  math_calc: {
    maxTokens: 30_000,
    ask: asks(
      "An expression is worked out from left to right, and the value after each operation is written down: of 5 - 2 + 6 these are [3, 9].",
      () => "Write down the values of this expression.",
      "Values: [",
    ),
    judge: (answer, { answers }) => accuracy(rightFromStart(answer, answers.map(Number))),
    refuses: numbers,
  },
  code_run: {
    maxTokens: 5,
    ask: (row) =>
      asks(
        `The following Python code defines functions that call each other. You will be asked what ${callIn(row)} returns.`,
        () => `What does ${callIn(row)} return? Answer with the number alone.`,
        `The value of ${callIn(row)} is`,
      )(row),
    judge: byNumber(lastNumber),
    refuses: (row) => numbers(row) ?? (callIn(row) ? undefined : "its input calls no function, such as func_1(2)"),
  },
  code_debug: {
    maxTokens: 5,
    ask: asks(
      "One function of the following Python code was given a mistake on purpose, with which it fails. You will be asked which of four.",
      (row) => `Which function has the mistake?\n${optionsText(row)}\n\nAnswer with its letter, a full stop behind it.`,
      "The right option is:",
    ),
    ...byOption(chosenFunction),
  },
};

/** A row as a question. @param refuse told why it is none */
export function questionOf(task: string, id: string, row: Row, refuse: (why: string) => never): Question {
  const { ask, judge, refuses, maxTokens } = TASKS[task]!;
  const why = refuses(row);
  if (why !== undefined) refuse(why);
  // Answers are judged by the rest of the row, and its book may go.
  const judged = { ...row, context: "" };
  return {
    ...{ task, id, about: documentName(row.context), maxTokens },
    ...ask(row),
    judge: (answer) => judge(answer, judged),
  };
}
