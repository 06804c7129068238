import { noise } from "../../niah/index.js";
import { EvaluationError } from "../../shared/errors.js";
import type { Question } from "../question.js";
import { Draws, filled, type Making, type Sample, tokensIn } from "../synthetic/index.js";
import { knownTasks } from "../task-files.js";
import { questionOf, type Row, TASKS } from "./tasks.js";

/** A row with a context of `size` parts: lines, pairs, numbers or functions. */
interface Maker {
  readonly least: number;
  readonly make: (draws: Draws, sample: Sample, size: number) => Row;
}

/** Places of what is looked for go from the start of the context to its end, sample by sample. */
const placeIn = (size: number, { index, samples }: Sample): number =>
  Math.floor((size * index) / Math.max(1, samples - 1));

/** One line that matters, among lines of noise. */
const hidden = (line: string, answer: string, input: string, size: number, sample: Sample): Row => {
  const place = placeIn(size, sample);
  const context = noise.text.repeat(place) + line + noise.text.repeat(size - place);
  return { context, input, answers: [answer], options: [] };
};

/** Five digits, and then five times one of them again behind itself. */
function doubledDigits(draws: Draws): string {
  let digits = draws.text("0123456789", 5);
  while (digits.length < 10) {
    const place = draws.below(digits.length);
    digits = digits.slice(0, place + 1) + digits.slice(place);
  }
  return digits;
}

/** Numbers of lists and of expressions go from 0 to this. */
const MOST = 99;

/** What a list's numbers are asked for by. Of many numbers the largest would always be the same, were the end that matters not drawn for each list. */
const WANTED: readonly {
  readonly name: string;
  readonly end: "high" | "low" | "either";
  readonly of: (sorted: readonly number[]) => number;
}[] = [
  { name: "largest number", end: "high", of: (sorted) => distinct(sorted).at(-1)! },
  { name: "second largest number", end: "high", of: (sorted) => distinct(sorted).at(-2)! },
  { name: "third largest number", end: "high", of: (sorted) => distinct(sorted).at(-3)! },
  { name: "smallest number", end: "low", of: (sorted) => sorted[0]! },
  { name: "second smallest number", end: "low", of: (sorted) => distinct(sorted)[1]! },
  { name: "third smallest number", end: "low", of: (sorted) => distinct(sorted)[2]! },
  { name: "median", end: "either", of: median },
];

const distinct = (sorted: readonly number[]): number[] => [...new Set(sorted)];

function median(sorted: readonly number[]): number {
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

function listOfNumbers(draws: Draws, { index }: Sample, size: number): Row {
  const { name, end, of } = WANTED[index % WANTED.length]!;
  const low = end === "low" || (end === "either" && draws.below(2) === 0);
  const [first, last] = low ? [draws.between(0, 19), MOST] : [0, draws.between(79, MOST)];
  // Three that differ, so that there is a third largest.
  const numbers = draws.shuffled([
    first,
    first + 1,
    last,
    ...Array.from({ length: size }, () => draws.between(first, last)),
  ]);
  return {
    context: `[${numbers.join(", ")}]`,
    input: `Answer with one number alone. The ${name} of the list is:`,
    answers: [of([...numbers].sort((a, b) => a - b))],
    options: [],
  };
}

/** Sums stay between 0 and the largest number of all. */
function expression(draws: Draws, _: Sample, size: number): Row {
  let value = draws.between(0, MOST);
  let context = String(value);
  const answers: number[] = [];
  for (let at = 0; at < size; at++) {
    const plus = draws.below(2) === 0;
    const most = plus ? MOST - value : value;
    const drawn = draws.between(0, MOST);
    const number = drawn > most ? draws.between(0, most) : drawn;
    context += ` ${plus ? "+" : "-"} ${number}`;
    value += plus ? number : -number;
    answers.push(value);
  }
  return { context, input: "", answers, options: [] };
}

/** How many functions call each other until one returns a number by itself. */
const CALLS = [2, 4, 6, 8, 10];

/** `size` functions on each of some levels, of which each calls one of the next level. */
function functions(draws: Draws, { index }: Sample, size: number): Row {
  const levels = CALLS[index % CALLS.length]!;
  const names = draws.sample(
    Array.from({ length: 2 * levels * size }, (_, number) => number + 1),
    levels * size,
  );
  const called = new Map<number, { readonly next: number | undefined; readonly added: number }>();
  for (const [place, name] of names.entries()) {
    const level = Math.floor(place / size);
    const next = level + 1 < levels ? names[(level + 1) * size + draws.below(size)] : undefined;
    called.set(name, { next, added: draws.between(-12, 17) });
  }
  const body = ({ next, added }: { readonly next: number | undefined; readonly added: number }): string => {
    const operand = next === undefined ? "x" : `func_${next}(x)`;
    return added === 0 ? operand : `${operand} ${added < 0 ? "-" : "+"} ${Math.abs(added)}`;
  };
  const context = [...called]
    .sort(([a], [b]) => a - b)
    .map(([name, one]) => `def func_${name}(x):\n    return ${body(one)}\n`)
    .join("\n");
  const [first, given] = [names[draws.below(size)]!, draws.between(-10, 10)];
  let value = given;
  for (let name: number | undefined = first; name !== undefined; name = called.get(name)!.next)
    value += called.get(name)!.added;
  return { context, input: `func_${first}(${given})`, answers: [value], options: [] };
}

function pairs(draws: Draws, sample: Sample, size: number): Row {
  const all = Array.from({ length: size }, () => [draws.uuid(), draws.uuid()] as const);
  const [key, value] = all[Math.min(size - 1, placeIn(size, sample))]!;
  return {
    context: `{${all.map((pair) => pair.map((one) => `"${one}"`).join(": ")).join(", ")}}`,
    input: `Key: "${key}"\nThe value of this key is:`,
    answers: [value],
    options: [],
  };
}

const MAKERS = {
  passkey: {
    least: 0,
    make: (draws, sample, size) => {
      const key = draws.text("0123456789", 5);
      return hidden(
        `The pass key is ${key}. Keep it in mind: ${key} is the pass key.\n`,
        key,
        "What is the pass key?",
        size,
        sample,
      );
    },
  },
  number_string: {
    least: 0,
    make: (draws, sample, size) => {
      const digits = doubledDigits(draws);
      const line = `The sequence of digits is ${digits}. Keep it in mind: ${digits} is the sequence of digits.\n`;
      return hidden(line, digits, "What is the sequence of digits?", size, sample);
    },
  },
  kv_retrieval: { least: 1, make: pairs },
  math_find: { least: 0, make: listOfNumbers },
  math_calc: { least: 1, make: expression },
  code_run: { least: 1, make: functions },
} satisfies Record<string, Maker>;

type Made = keyof typeof MAKERS;

/** Tasks of InfiniteBench that can be made here. */
export const MADE_TASKS = Object.keys(MAKERS) as readonly Made[];

/**
 * Questions of the six synthetic tasks of InfiniteBench, made to a length as its authors made them for theirs: the same kinds of texts, values and places, by draws
 * and with sentences of our own. A math_calc may have an answer as long as the right one, 30,000 tokens at most.
 * @throws EvaluationError for another task, and a length that is too short for one
 */
export function madeInfiniteBenchQuestions(making: Making, tasks: readonly string[] = MADE_TASKS): Question[] {
  const { length, seed, tokenizer } = making;
  return knownTasks({ name: "the synthetic tasks of InfiniteBench", tasks: MADE_TASKS }, tasks).flatMap((task) => {
    const { least, make }: Maker = MAKERS[task];
    return filled(task, making, least, (sample, size) => {
      const row = make(new Draws(task, length, seed, sample.index), sample, size);
      const question = questionOf(task, `${seed}.${length}.${sample.index + 1}`, row, (why) => {
        throw new EvaluationError(`${task} cannot be asked: ${why}`, "Report this.");
      });
      const longest = task === "math_calc" ? tokensIn(`${row.answers.join(", ")}]`, tokenizer) : question.maxTokens;
      return { ...question, groups: [String(length)], maxTokens: Math.min(longest, TASKS[task]!.maxTokens) };
    });
  });
}
