import { z } from "zod";
import { statedChoice } from "../../metrics/index.js";
import { EvaluationError } from "../../shared/errors.js";
import { documentName } from "../document-name.js";
import { readJsonList } from "../json-lines.js";
import type { Question } from "../question.js";
import { placeOf } from "../task-files.js";

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

/** Longest answer without reasoning, as published. */
const MAX_TOKENS = 128;

/**
 * Questions of LongBench v2 (arXiv 2412.15204) from its published data.json. The wording is ours, but for the sentence that an answer has to use, by which it is
 * judged: its letter is right or not, and no letter is not. Groups are the two difficulties and the three lengths. A prompt that is too long loses its middle.
 * @throws EvaluationError for a file that is missing, and an item that is not as published
 */
export function longBench2Questions(folder: string): Question[] {
  const path = placeOf(folder, ["", "LongBench-v2"], "data.json");
  if (path === undefined)
    throw new EvaluationError(
      `${folder} has no file data.json`,
      "Give --data a folder with that of https://huggingface.co/datasets/THUDM/LongBench-v2.",
    );
  return readJsonList(path, item).map((one) => ({
    task: "longbench-v2",
    id: one._id,
    about: documentName(one.context),
    groups: [one.difficulty, one.length],
    maxTokens: MAX_TOKENS,
    before: "Here is a text, and behind it a question about it with four options, of which one is right.\n\n",
    document: one.context.trim(),
    after:
      `\n\nQuestion: ${one.question.trim()}\n` +
      `(A) ${one.choice_A.trim()}\n(B) ${one.choice_B.trim()}\n(C) ${one.choice_C.trim()}\n(D) ${one.choice_D.trim()}\n\n` +
      `Answer with one sentence, "The correct answer is (X)", with the letter of the right option in place of X.`,
    cut: "prompt-middle",
    judge: (answer) => ({ accuracy: statedChoice(answer) === one.answer ? 100 : 0 }),
  }));
}
