/** Answers on disk, one a line as they come: whoever is killed loses the one under way. */

import { appendFileSync, existsSync, truncateSync } from "node:fs";
import { z } from "zod";
import { readRegular } from "../../runtime/files.js";
import { EvaluationError } from "../shared/errors.js";

const answer = z.object({
  /** The mode with all its parameters, as the command line takes it. */
  attention: z.string(),
  task: z.string(),
  id: z.string(),
  text: z.string(),
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
  model: z.object({ name: z.string(), file: z.string(), bytes: z.int(), layers: z.int(), trainedContext: z.int() }),
  /** The longest prompt with its answer that was asked for; null where each mode has its own. */
  maxLength: z.int().nullable(),
});
export type Identity = z.infer<typeof identity>;

const head = z.object({ kind: z.literal("answers"), version: z.literal(1), ...identity.shape });

export const keyOf = ({ attention, task, id }: Pick<Answer, "attention" | "task" | "id">): string =>
  JSON.stringify([attention, task, id]);

/** A file of answers: its first line says of what. */
export class AnswersFile {
  readonly path: string;
  readonly answers = new Map<string, Answer>();

  /**
   * Goes on with a file that is there; the rest of a line that was being written when its program was killed is dropped.
   * @throws EvaluationError where it holds something else, or answers of another model, task set or length
   */
  constructor(path: string, of: Identity) {
    this.path = path;
    const lines = existsSync(path) ? wholeLines(path) : [];
    if (lines.length === 0) {
      this.#append({ kind: "answers", version: 1, ...of });
      return;
    }
    const differs = differing(parsed(path, 1, lines[0]!, head), of);
    if (differs.length > 0)
      throw new EvaluationError(
        `${path} has answers of another run: ${differs.map((key) => `${key} differs`).join(", ")}`,
        "Write into another folder, or give --fresh to replace them.",
      );
    for (const [index, line] of lines.slice(1).entries()) {
      const one = parsed(path, index + 2, line, answer);
      this.answers.set(keyOf(one), one);
    }
  }

  /** Keeps an answer, on disk before anything else. */
  put(one: Answer): void {
    this.#append(one);
    this.answers.set(keyOf(one), one);
  }

  #append(line: object): void {
    appendFileSync(this.path, `${JSON.stringify(line)}\n`);
  }
}

/** Lines that ended. What is behind them is cut off, so that the next one begins a line. */
function wholeLines(path: string): string[] {
  const bytes = readRegular(path);
  const end = bytes.lastIndexOf("\n") + 1;
  if (end < bytes.length) truncateSync(path, end);
  return bytes.subarray(0, end).toString("utf8").split("\n").slice(0, -1);
}

const differing = (found: z.infer<typeof head>, of: Identity): string[] =>
  Object.keys(identity.shape).filter(
    (key) => JSON.stringify(found[key as keyof Identity]) !== JSON.stringify(of[key as keyof Identity]),
  );

function parsed<Line>(path: string, number: number, line: string, shape: z.ZodType<Line>): Line {
  try {
    return shape.parse(JSON.parse(line));
  } catch (cause) {
    throw new EvaluationError(
      `${path}, line ${number}: it is no line of answers that this version reads`,
      "Write into another folder, or give --fresh to replace the file.",
      { cause },
    );
  }
}
