/** What a run writes: one file that a program can read, and that a later run continues. */

import { z } from "zod";

const recall = z.object({ layers: z.int(), whole: z.int(), number: z.int(), share: z.number() });

const run = z.object({
  /** Which needle of its cell, from 0. */
  needle: z.int().nonnegative(),
  /** Whether the prompt ended with the beginning of the answer. */
  prefix: z.boolean(),
  word: z.string(),
  number: z.string(),
  /** Tokens of the prompt, and the needle's first. */
  promptTokens: z.int(),
  needleAt: z.int(),
  seconds: z.number(),
  answer: z.string().optional(),
  right: z.boolean().optional(),
  /** The answer went on when it had all the tokens it may have. */
  cutOff: z.literal(true).optional(),
  recall: recall.optional(),
  firstTokenMs: z.number().optional(),
  tokensPerSecond: z.number().optional(),
  /** Instead of an answer: why there is none. */
  error: z.string().optional(),
});

const cell = z.object({
  /** The mode with all its parameters, as the command line takes it. */
  attention: z.string(),
  context: z.int(),
  depth: z.number(),
  /** Shares of right answers among the runs that have one. */
  accuracy: z.object({ withPrefix: z.number().optional(), withoutPrefix: z.number().optional() }),
  runs: z.array(run),
});

const identity = z.object({
  /** Bytes tell apart two files of one name. */
  model: z.object({ name: z.string(), file: z.string(), bytes: z.int(), layers: z.int(), trainedContext: z.int() }),
  hay: z.object({ name: z.string(), sha256: z.string() }),
  seed: z.int(),
  maxTokens: z.int(),
});

export const niahResults = z.object({
  kind: z.literal("needle-in-a-haystack"),
  version: z.literal(1),
  /** When the last answer came, in UTC. */
  date: z.string(),
  /** Where it was computed. */
  device: z.object({ kind: z.string(), name: z.string() }).optional(),
  ...identity.shape,
  cells: z.array(cell),
});

export type NiahRun = z.infer<typeof run>;
export type NiahCell = z.infer<typeof cell>;
export type NiahResults = z.infer<typeof niahResults>;

/** What must be the same for two runs to be of one table. */
export type NiahIdentity = z.infer<typeof identity>;

/** Results without any cell. */
export const emptyResults = (identity: NiahIdentity): NiahResults => ({
  kind: "needle-in-a-haystack",
  version: 1,
  date: new Date().toISOString(),
  ...identity,
  cells: [],
});

/** Share of right answers among the runs of one kind that have an answer; undefined where there is none. */
export function accuracyOf({ runs }: Pick<NiahCell, "runs">, prefix: boolean): number | undefined {
  const answered = runs.filter((one) => one.prefix === prefix && one.right !== undefined);
  return answered.length > 0 ? answered.filter(({ right }) => right).length / answered.length : undefined;
}

/**
 * Mean number of layers that had the whole needle in their window when the question's last chunk was read, mean share of the needle in the
 * layers' windows, and how many layers there are.
 */
export function recallOfCell(
  { runs }: NiahCell,
  prefix: boolean,
): { whole: number; share: number; layers: number } | undefined {
  const told = runs.flatMap((one) => (one.prefix === prefix && one.recall ? [one.recall] : []));
  if (told.length === 0) return undefined;
  const mean = (name: "whole" | "share") => told.reduce((sum, one) => sum + one[name], 0) / told.length;
  return { whole: mean("whole"), share: mean("share"), layers: told[0]!.layers };
}
