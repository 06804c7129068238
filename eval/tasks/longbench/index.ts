import { join } from "node:path";
import { z } from "zod";
import { EvaluationError } from "../../shared/errors.js";
import { documentName } from "../document-name.js";
import { readJson, readJsonLines } from "../json-lines.js";
import type { Question } from "../question.js";
import { placeOf, type TaskSet, taskFiles } from "../task-files.js";
import { TASKS } from "./tasks.js";

export { longBench2Questions } from "./second.js";

/** A line of a published file. */
const line = z.object({
  input: z.string(),
  context: z.string(),
  answers: z.array(z.string()),
  length: z.number(),
  all_classes: z.array(z.string()).nullable(),
  _id: z.string(),
});

const LONGBENCH: TaskSet = {
  name: "LongBench",
  tasks: Object.keys(TASKS),
  places: ["", "data", "LongBench/data"],
  data: "a folder with data/ of https://huggingface.co/datasets/THUDM/LongBench and config/ of https://github.com/THUDM/LongBench",
};

/** Of LongBench-E, which has as many documents of each length. Words, or characters of Chinese. */
const LENGTHS = [
  { below: 4000, group: "0-4k" },
  { below: 8000, group: "4-8k" },
  { below: Number.POSITIVE_INFINITY, group: "8k+" },
];

/** Tasks that OpenCompass asks as others. */
const ASKED_AS: Readonly<Record<string, string>> = { qasper: "hotpotqa" };

/**
 * Questions of LongBench, or of LongBench-E (`even`), from the published files, `config/dataset2prompt.json` and `config/dataset2maxlen.json` among them:
 * prompts and longest answers are those. A prompt that is too long loses its middle, and tasks that show examples have no chat template, as published.
 * `opencompass` asks as the evaluation of ReAttention did (arXiv 2407.15176): without a chat template, and qasper as hotpotqa is asked. Its other wording of
 * narrativeqa and multi_news is not in the published files. Scores, 0 to 100, are those of the best of several references. Without `tasks` all whose files are there.
 *
 *     longBenchQuestions("LongBench", ["hotpotqa"])[0].judge("Paris")   // { f1: 100 }
 *
 * @throws EvaluationError for a task that is not LongBench's, a file that is missing, a line that is not as published, and Chinese where no package cuts it
 */
export function longBenchQuestions(
  folder: string,
  tasks?: readonly string[],
  { even = false, opencompass = false }: { readonly even?: boolean; readonly opencompass?: boolean } = {},
): Question[] {
  const files = taskFiles({ ...LONGBENCH, suffix: even ? "_e.jsonl" : ".jsonl" }, folder, tasks);
  const prompts = configOf(folder, "dataset2prompt.json", z.string().includes("{context}"));
  const lengths = configOf(folder, "dataset2maxlen.json", z.int().positive());
  return files.flatMap(({ task, path }) => {
    const { score, metric, asking, refuses } = TASKS[task]!;
    const like = metric();
    const wording = opencompass ? (ASKED_AS[task] ?? task) : task;
    const [prompt, maxTokens] = [prompts(wording), lengths(wording)];
    return readJsonLines(path, line).map((row, index): Question => {
      const wrong = row.answers.find((reference) => refuses?.(reference));
      if (wrong !== undefined)
        throw new EvaluationError(
          `${path}: row ${index + 1} has the answer ${JSON.stringify(wrong)}, which names no paragraph`,
          "Fetch the file again.",
        );
      return {
        ...{ task, id: row._id, about: documentName(row.context), maxTokens },
        ...filled(prompt, row),
        ...asking,
        ...(opencompass && { bare: true }),
        cut: "prompt-middle",
        groups: even ? [LENGTHS.find(({ below }) => row.length < below)!.group] : undefined,
        judge: (answer) => ({
          [score]: 100 * Math.max(0, ...row.answers.map((one) => like(answer, one, row.all_classes ?? []))),
        }),
      };
    });
  });
}

/** What a published file of settings has for each task. */
function configOf<Value>(folder: string, name: string, value: z.ZodType<Value>): (task: string) => Value {
  const path = placeOf(folder, ["config", "", "LongBench/config"], name);
  if (path === undefined)
    throw new EvaluationError(
      `${folder} has no file ${join("config", name)}`,
      "Put the folder LongBench/config of https://github.com/THUDM/LongBench there.",
    );
  const values = readJson(path, z.record(z.string(), value));
  return (task) => {
    const found = values[task];
    if (found === undefined)
      throw new EvaluationError(
        `${path} has nothing for ${task}`,
        "Fetch the file again, or leave the task out of --tasks.",
      );
    return found;
  };
}

/** A published prompt, the document apart. */
function filled(
  prompt: string,
  { input, context }: z.infer<typeof line>,
): Pick<Question, "before" | "document" | "after"> {
  const [before = "", after = ""] = prompt.split("{context}").map((part) => part.replaceAll("{input}", () => input));
  return { before, document: context, after };
}
