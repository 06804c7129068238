import { z } from "zod";
import { EvaluationError } from "../../shared/errors.js";
import { readJsonLines } from "../json-lines.js";
import type { Question } from "../question.js";
import { type TaskSet, taskFiles } from "../task-files.js";
import { OPENCOMPASS_TASKS } from "./opencompass.js";
import { TASKS, type Task } from "./tasks.js";

/** A line of a published file: a document with its questions and their answers. */
const line = z.object({
  input: z.string(),
  instructions: z.array(z.string()),
  outputs: z.array(z.string()),
  evaluation: z.string(),
});

const LEVAL: Omit<TaskSet, "tasks"> = {
  name: "L-Eval",
  places: [
    "",
    "Closed-ended-tasks",
    "Open-ended-tasks",
    "LEval-data/Closed-ended-tasks",
    "LEval-data/Open-ended-tasks",
  ],
  data: "the folder LEval-data of https://github.com/OpenLMLab/LEval",
};

/** What people or models judge is not asked: rows with these evaluations have metrics. */
const JUDGED = new Set(["exam", "f1", "rouge"]);

/**
 * Questions of L-Eval from its published files, task by task and document by document. Without `tasks` all whose files are there; `opencompass` asks and judges
 * as the evaluation of ReAttention did.
 * @throws EvaluationError for a task that is not L-Eval's, a file that is missing, and a line that is not as published
 */
export function levalQuestions(
  folder: string,
  tasks?: readonly string[],
  { opencompass = false }: { readonly opencompass?: boolean } = {},
): Question[] {
  const known = opencompass ? OPENCOMPASS_TASKS : TASKS;
  return taskFiles({ ...LEVAL, tasks: Object.keys(known) }, folder, tasks).flatMap(({ task, path }) =>
    readJsonLines(path, line).flatMap((document, index) =>
      JUDGED.has(document.evaluation) ? questionsOf(task, known[task]!, document, index, path) : [],
    ),
  );
}

function questionsOf(
  name: string,
  task: Task,
  { input, instructions, outputs }: z.infer<typeof line>,
  index: number,
  path: string,
): Question[] {
  if (instructions.length !== outputs.length)
    throw new EvaluationError(
      `${path}, line ${index + 1}: ${instructions.length} instructions have ${outputs.length} outputs`,
      "Fetch the file again.",
    );
  const about = String(index + 1);
  return instructions.flatMap((instruction, place) => {
    const reference = outputs[place]!;
    const shared = { task: name, about, maxTokens: task.maxTokens };
    const id = `${about}.${place + 1}`;
    const { also } = task;
    return [
      {
        ...shared,
        id,
        kind: task.kind?.(index),
        ...task.ask(input, instruction, reference),
        judge: (answer: string) => task.judge(answer, reference),
      },
      ...(also
        ? [
            {
              ...shared,
              id: `${id}.${also.kind}`,
              kind: also.kind,
              ...also.ask(instruction),
              judge: (answer: string) => also.judge(answer, reference),
            },
          ]
        : []),
    ];
  });
}
