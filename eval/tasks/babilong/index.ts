import { z } from "zod";
import { soleLabel } from "../../metrics/index.js";
import { EvaluationError } from "../../shared/errors.js";
import { documentName } from "../document-name.js";
import { readJsonRows } from "../json-lines.js";
import type { Question } from "../question.js";
import { knownTasks, placeOf } from "../task-files.js";
import { LABELS } from "./labels.js";

const row = z.object({ input: z.string(), question: z.string(), target: z.string() });

/** Tokens of contexts, as files are named. */
const LENGTHS = ["0k", "1k", "2k", "4k", "8k", "16k", "32k", "64k", "128k", "256k", "512k", "1M", "10M"];

/** Longest answer, as published. */
const MAX_TOKENS = 20;

/**
 * Questions of BABILong (arXiv 2406.10149) from its published files, such as `data/qa1/4k.json`: facts about persons and things, hidden in a book. Answers are
 * judged as published; the wording is ours, and says which answers there are. Without `tasks` and `lengths` all whose files are there.
 * @throws EvaluationError for a task or length that is not BABILong's, a file that is missing, and a row that is not as published
 */
export function babilongQuestions(
  folder: string,
  tasks?: readonly string[],
  { lengths }: { readonly lengths?: readonly string[] } = {},
): Question[] {
  const name = "BABILong";
  const wanted = knownTasks({ name, tasks: Object.keys(LABELS) }, tasks ?? Object.keys(LABELS));
  const unknown = lengths?.find((length) => !LENGTHS.includes(length));
  if (unknown !== undefined)
    throw new EvaluationError(`${unknown} is no length of ${name}`, `Lengths are ${LENGTHS.join(", ")}.`);
  const files = wanted.flatMap((task) => {
    const all = (lengths ?? LENGTHS).map((length) => ({
      task,
      length,
      path: placeOf(folder, ["", "data"], `${task}/${length}.json`),
    }));
    const there = all.flatMap(({ path, ...one }) => (path === undefined ? [] : [{ ...one, path }]));
    const missing = all.find(({ path }) => path === undefined);
    if (missing && tasks && (lengths || there.length === 0))
      throw new EvaluationError(
        `${folder} has no file ${task}/${missing.length}.json`,
        "Leave the task out of --tasks, or give another folder.",
      );
    return there;
  });
  if (files.length === 0)
    throw new EvaluationError(
      `${folder} has no file of BABILong, such as qa1/4k.json`,
      "Give --data a folder with data/ of https://huggingface.co/datasets/RMT-team/babilong.",
    );
  return files.flatMap(({ task, length, path }) =>
    readJsonRows(path, row).map(({ input, question, target }, index): Question => {
      const labels = LABELS[task]!;
      return {
        ...{ task, id: `${length}.${index + 1}`, about: documentName(input), groups: [length], maxTokens: MAX_TOKENS },
        before:
          "Facts are hidden in the following text, one sentence each. They happen in the order in which they stand: what comes later holds.\n\n",
        document: input.trim(),
        after: `\n\nQuestion: ${question.trim()}\nAnswer by the facts alone, with one of these${task === "qa8" ? ", or several with a comma between them" : ""}: ${labels.join(task === "qa19" ? " or " : ", ")}.`,
        judge: (answer) => ({ accuracy: soleLabel(answer, target, question, labels) ? 100 : 0 }),
      };
    }),
  );
}
