import { readTextSource } from "../../eval/shared/text-source.js";
import {
  babilongQuestions,
  infiniteBenchQuestions,
  levalQuestions,
  longBench2Questions,
  longBenchQuestions,
  type Making,
  madeInfiniteBenchQuestions,
  needleBenchQuestions,
  type Question,
  rulerQuestions,
} from "../../eval/tasks/index.js";
import type { TaskSet } from "../options/task-sets.js";
import { InputError } from "../report/errors.js";

/** What of a request says which questions there are. */
export interface Wanted {
  /** Where the published files lie. */
  readonly data?: string;
  readonly tasks?: readonly string[];
  /** Tokens of questions that are made, with their answers. */
  readonly context?: readonly number[];
  readonly samples?: number;
  readonly seed?: number;
  /** A text in which needles are hidden. */
  readonly hay?: string;
  readonly depth?: readonly number[];
}

type Make = (wanted: Wanted, tokenizer: Making["tokenizer"], around: number) => Question[];

/** In which folder the published files are. */
function filesOf(name: string, { data }: Wanted): string {
  if (data !== undefined) return data;
  throw new InputError(`eval ${name} needs the published files`, "Give --data the folder that they lie in.");
}

const fromFiles =
  (name: string, read: (folder: string, tasks?: readonly string[]) => Question[]): Make =>
  (wanted) =>
    read(filesOf(name, wanted), wanted.tasks);

/** Questions of each length. */
const made =
  (make: (making: Making, wanted: Wanted) => Question[]): Make =>
  (wanted, tokenizer, around) => {
    const { context = [4096], samples = 10, seed = 0 } = wanted;
    return context.flatMap((length) => make({ length, around, samples, seed, tokenizer }, wanted));
  };

const QUESTIONS: Readonly<Record<TaskSet, Make>> = {
  leval: fromFiles("leval", levalQuestions),
  "leval-opencompass": fromFiles("leval-opencompass", (folder, tasks) =>
    levalQuestions(folder, tasks, { opencompass: true }),
  ),
  longbench: fromFiles("longbench", longBenchQuestions),
  "longbench-opencompass": fromFiles("longbench-opencompass", (folder, tasks) =>
    longBenchQuestions(folder, tasks, { opencompass: true }),
  ),
  "longbench-e": fromFiles("longbench-e", (folder, tasks) => longBenchQuestions(folder, tasks, { even: true })),
  longbench2: fromFiles("longbench2", longBench2Questions),
  infinitebench: (wanted, ...rest) =>
    wanted.data === undefined
      ? made((making, { tasks }) => madeInfiniteBenchQuestions(making, tasks))(wanted, ...rest)
      : infiniteBenchQuestions(wanted.data, wanted.tasks),
  ruler: made((making, { tasks, hay, data }) =>
    rulerQuestions({ ...making, essay: hay === undefined ? undefined : readTextSource(hay).text, folder: data }, tasks),
  ),
  needlebench: made((making, wanted) =>
    needleBenchQuestions(filesOf("needlebench", wanted), { ...making, depths: wanted.depth }, wanted.tasks),
  ),
  babilong: fromFiles("babilong", babilongQuestions),
};

export const questionsOf = (name: TaskSet, ...rest: Parameters<Make>): Question[] => QUESTIONS[name](...rest);
