/** What parts of a text took in bits, on disk. */

import { z } from "zod";
import { LinesFile, type LinesOf, readLines } from "../shared/lines-file.js";
import { modelIdentity } from "../shared/model-identity.js";

/** Tokens of a piece by their positions in it: from `from` on, below `to`. */
const bucket = z.object({
  /** The mode with all its parameters, as the command line takes it. */
  attention: z.string(),
  /** Tokens of the text before the piece. */
  start: z.int(),
  from: z.int(),
  to: z.int(),
  /** Those that were scored, the bytes of their text, and the bits that it takes to say them: minus the sum of the base-2 logarithms of their probabilities. */
  tokens: z.int(),
  bytes: z.int(),
  bits: z.number(),
  seconds: z.number(),
});
export type Bucket = z.infer<typeof bucket>;

/** What the scores of one file have in common. */
const identity = z.object({
  model: modelIdentity,
  text: z.object({ name: z.string(), sha256: z.string() }),
});
export type ScoresIdentity = z.infer<typeof identity>;

export const bucketKey = ({
  attention,
  start,
  from,
  to,
}: Pick<Bucket, "attention" | "start" | "from" | "to">): string => JSON.stringify([attention, start, from, to]);

/** What a file of scores says that it is. */
export const SCORES = "scores";

const FORMAT: LinesOf<ScoresIdentity, Bucket> = { kind: SCORES, of: identity, line: bucket, keyOf: bucketKey };

/** What a file of scores has. @throws EvaluationError where it is none */
export const readScores = (path: string) => readLines(path, FORMAT);

/** A file of scores. */
export class ScoresFile extends LinesFile<ScoresIdentity, Bucket> {
  /** Goes on with a file that is there. @throws EvaluationError where it holds something else, or scores of another model or text */
  constructor(path: string, of: ScoresIdentity) {
    super(path, of, FORMAT);
  }
}
