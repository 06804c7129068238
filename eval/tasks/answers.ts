/** Answers on disk. */

import { z } from "zod";
import { LinesFile, type LinesOf, readLines } from "../shared/lines-file.js";
import { modelIdentity } from "../shared/model-identity.js";

const answer = z.object({
  /** The mode with all its parameters, as the command line takes it. */
  attention: z.string(),
  task: z.string(),
  id: z.string(),
  /** As in the question. */
  about: z.string(),
  kind: z.string().optional(),
  groups: z.array(z.string()).readonly().optional(),
  /** What the text was worth when it came. */
  scores: z.record(z.string(), z.number()),
  text: z.string(),
  /** What was said before, where that was asked for first. */
  thought: z.string().optional(),
  promptTokens: z.int(),
  /** Tokens of the document that were left out. */
  cut: z.int().optional(),
  /** It went on when it had all the tokens it may have. */
  cutOff: z.literal(true).optional(),
  seconds: z.number(),
  firstTokenMs: z.number().optional(),
});
export type Answer = z.infer<typeof answer>;

/** What the answers of one file have in common. */
const identity = z.object({
  taskSet: z.string(),
  model: modelIdentity,
  /** The longest prompt with its answer that was asked for; null where each mode has its own. */
  maxLength: z.int().nullable(),
});
export type Identity = z.infer<typeof identity>;

export const keyOf = ({ attention, task, id }: Pick<Answer, "attention" | "task" | "id">): string =>
  JSON.stringify([attention, task, id]);

const ANSWERS: LinesOf<Identity, Answer> = { kind: "answers", of: identity, line: answer, keyOf };

/** What a file of answers has. @throws EvaluationError where it is none */
export const readAnswers = (path: string) => readLines(path, ANSWERS);

/** A file of answers. */
export class AnswersFile extends LinesFile<Identity, Answer> {
  /** Goes on with a file that is there. @throws EvaluationError where it holds something else, or answers of another model, task set or length */
  constructor(path: string, of: Identity) {
    super(path, of, ANSWERS);
  }
}
