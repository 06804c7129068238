import { z } from "zod";
import { statedChoice } from "../../metrics/index.js";
import { EvaluationError } from "../../shared/errors.js";
import { documentName } from "../document-name.js";
import { readJsonList } from "../json-lines.js";
import type { Question } from "../question.js";
import { knownTasks, placeOf } from "../task-files.js";

const item = z.object({
  _id: z.string(),
  difficulty: z.enum(["easy", "hard"]),
  length: z.enum(["short", "medium", "long"]),
  question: z.string(),
  choice_A: z.string(),
  choice_B: z.string(),
  choice_C: z.string(),
  choice_D: z.string(),
  answer: z.enum(["A", "B", "C", "D"]),
  context: z.string(),
});

/** Longest answer, and longest thought before it, as published. */
const MAX_TOKENS = 128;
const MAX_THOUGHT = 1024;

const TASKS = ["longbench-v2", "longbench-v2-cot"] as const;

/**
 * Questions of LongBench v2 (arXiv 2412.15204) from its published data.json. The wording is ours, but for the sentence that an answer has to use, by which it is
 * judged: its letter is right or not, and no letter is not; or worth a quarter, `compensated`. In longbench-v2-cot the model thinks first, and is asked for its
 * answer then, without the text. Groups are the two difficulties and the three lengths. A prompt that is too long loses its middle. Without `tasks` the first.
 * @throws EvaluationError for another task, a file that is missing, and an item that is not as published
 */
export function longBench2Questions(folder: string, tasks: readonly string[] = [TASKS[0]]): Question[] {
  const chosen = knownTasks({ name: "LongBench v2", tasks: TASKS }, tasks);
  const path = placeOf(folder, ["", "LongBench-v2"], "data.json");
  if (path === undefined)
    throw new EvaluationError(
      `${folder} has no file data.json`,
      "Give --data a folder with that of https://huggingface.co/datasets/THUDM/LongBench-v2.",
    );
  const items = readJsonList(path, item);
  return chosen.flatMap((task) => items.map((one) => questionOf(task, one)));
}

function questionOf(task: (typeof TASKS)[number], one: z.infer<typeof item>): Question {
  const options =
    `Question: ${one.question.trim()}\n` +
    `(A) ${one.choice_A.trim()}\n(B) ${one.choice_B.trim()}\n(C) ${one.choice_C.trim()}\n(D) ${one.choice_D.trim()}`;
  const stated =
    'Answer with one sentence, "The correct answer is (X)", with the letter of the right option in place of X.';
  const thinks = task === "longbench-v2-cot";
  return {
    task,
    id: one._id,
    about: documentName(one.context),
    groups: [one.difficulty, one.length],
    before: "Here is a text, and behind it a question about it with four options, of which one is right.\n\n",
    document: one.context.trim(),
    after: `\n\n${options}\n\n${thinks ? "Think about it step by step." : stated}`,
    cut: "prompt-middle",
    maxTokens: thinks ? MAX_THOUGHT : MAX_TOKENS,
    ...(thinks && {
      then: {
        maxTokens: MAX_TOKENS,
        ask: (thought) => ({
          before: `Someone has read a long text, and thought about a question with four options, of which one is right.\n\n${options}\n\n`,
          document: thought,
          after: `\n\n${stated}`,
        }),
      },
    }),
    judge: (answer) => {
      const letter = statedChoice(answer);
      const accuracy = letter === one.answer ? 100 : 0;
      return { accuracy, compensated: letter === undefined ? 25 : accuracy };
    },
  };
}
