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
  /** As in the question. */
  about: z.string(),
  kind: z.string().optional(),
  groups: z.array(z.string()).readonly().optional(),
  /** What the text was worth when it came. */
  scores: z.record(z.string(), z.number()),
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

/** What a file of answers has. @throws EvaluationError where it is none */
export function readAnswers(path: string): { readonly of: Identity; readonly answers: Map<string, Answer> } {
  const lines = wholeLines(path).text;
  const of = parsed(path, 1, lines[0] ?? "", head);
  const answers = lines.slice(1).map((line, index) => parsed(path, index + 2, line, answer));
  return { of, answers: new Map(answers.map((one) => [keyOf(one), one])) };
}

/** A file of answers: its first line says of what. */
export class AnswersFile {
  readonly path: string;
  readonly answers: Map<string, Answer>;

  /**
   * Goes on with a file that is there; the rest of a line that was being written when its program was killed is dropped.
   * @throws EvaluationError where it holds something else, or answers of another model, task set or length
   */
  constructor(path: string, of: Identity) {
    this.path = path;
    const { text, end } = existsSync(path) ? wholeLines(path) : { text: [], end: undefined };
    // What is behind the last whole line is cut off, so that the next one begins a line.
    if (end !== undefined) truncateSync(path, end);
    if (text.length === 0) {
      this.answers = new Map();
      this.#append({ kind: "answers", version: 1, ...of });
      return;
    }
    const found = readAnswers(path);
    const differs = differing(found.of, of);
    if (differs.length > 0)
      throw new EvaluationError(
        `${path} has answers of another run: ${differs.map((key) => `${key} differs`).join(", ")}`,
        "Write into another folder, or give --fresh to replace them.",
      );
    this.answers = found.answers;
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

/** Lines that ended, and where the last one did if there is more. */
function wholeLines(path: string): { readonly text: readonly string[]; readonly end: number | undefined } {
  const bytes = readRegular(path);
  const end = bytes.lastIndexOf("\n") + 1;
  const text = bytes.subarray(0, end).toString("utf8").split("\n").slice(0, -1);
  return { text, end: end < bytes.length ? end : undefined };
}

const differing = (found: Identity, of: Identity): string[] =>
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
