import { z } from "zod";
import { EvaluationError } from "../../shared/errors.js";
import { readJsonLines } from "../json-lines.js";
import type { Question } from "../question.js";
import { type TaskSet, taskFiles } from "../task-files.js";
import { questionOf, TASKS } from "./tasks.js";

export { MADE_TASKS, madeInfiniteBenchQuestions } from "./synthetic.js";

const single = z.union([z.string(), z.number()]);

/** A line of a published file. */
const line = z.object({
  context: z.string(),
  input: z.string(),
  answer: z.union([
    single,
    z.array(single),
    z
      .array(z.array(single))
      .length(1)
      .transform(([inner]) => inner!),
  ]),
  options: z.array(z.string()).optional(),
});

const INFINITEBENCH: TaskSet = {
  name: "InfiniteBench",
  tasks: Object.keys(TASKS),
  places: ["", "data", "data/InfiniteBench"],
  data: "a folder with the files of https://huggingface.co/datasets/xinrongzhang2022/InfiniteBench",
};

/**
 * Questions of InfiniteBench from its published files, task by task. Without `tasks` all whose files are there. A prompt that is too long loses its middle, as
 * published.
 * @throws EvaluationError for a task that is not InfiniteBench's, a file that is missing, and a line that is not as published
 */
export function infiniteBenchQuestions(folder: string, tasks?: readonly string[]): Question[] {
  // Many questions are about one book, which is kept once.
  const books = new Map<string, string>();
  return taskFiles(INFINITEBENCH, folder, tasks).flatMap(({ task, path }) =>
    readJsonLines(path, line).map(({ context, input, answer, options = [] }, index) => {
      const row = { context, input, options, answers: [answer].flat() };
      const question = questionOf(task, `${index + 1}`, row, (why) => {
        throw new EvaluationError(`${path}: row ${index + 1} cannot be asked: ${why}`, "Fetch the file again.");
      });
      const book = books.get(question.about) ?? context;
      books.set(question.about, book);
      return { ...question, document: book };
    }),
  );
}
