/** What a run of the long-context benchmark writes, and a later run adds to. */

import { z } from "zod";

const row = z.object({
  /** The mode with all its parameters, as the command line takes it. */
  attention: z.string(),
  tokens: z.int().positive(),
  /** Absent where the cache was filled without reading a prompt. */
  firstTokenMs: z.number().optional(),
  tokenMs: z.number(),
  /** What the model took of the device, and what its weights and its cache need at least. */
  memoryBytes: z.number(),
  neededBytes: z.number(),
});

/** A context length from which on one is faster; `beyond` or `below` where that is outside of what was measured. */
const crossover = z.object({ tokens: z.number(), outside: z.enum(["beyond", "below"]).optional() });

const results = z.object({
  date: z.string(),
  commit: z.string(),
  device: z.string(),
  processors: z.int(),
  driver: z.string().optional(),
  node: z.string(),
  /** Bytes tell apart two files of one name. Absent in the oldest files. */
  model: z.object({ name: z.string(), file: z.string(), bytes: z.int() }).optional(),
  copyTBs: z.number(),
  readTBs: z.number().optional(),
  matmulTFLOPs: z.number().optional(),
  rows: z.array(row),
  /** From where on windowed attention beats dense attention. */
  crossovers: z
    .array(z.object({ attention: z.string(), firstToken: crossover.optional(), token: crossover.optional() }))
    .optional(),
});

export const longContextResults = results;
export type Row = z.infer<typeof row>;
export type Crossover = z.infer<typeof crossover>;
export type LongContextResults = z.infer<typeof results>;

/** What must be the same for rows of two runs to stand in one table. */
export const IDENTITY = ["device", "commit", "model"] as const;

export const isSameRun = (one: LongContextResults, other: LongContextResults): boolean =>
  IDENTITY.every((key) => JSON.stringify(one[key]) === JSON.stringify(other[key]));

/** One more row, in the order of a table; it replaces what it measured anew. */
export function withRow(rows: readonly Row[], added: Row): Row[] {
  const isOld = (one: Row): boolean => one.attention === added.attention && one.tokens === added.tokens;
  const old = rows.find(isOld);
  // Steps after a filled cache add to what is known of the prompt.
  const merged = { ...added, firstTokenMs: added.firstTokenMs ?? old?.firstTokenMs };
  const modes = [...new Set([...rows.map(({ attention }) => attention), added.attention])];
  return [...rows.filter((one) => !isOld(one)), merged].sort(
    (a, b) => modes.indexOf(a.attention) - modes.indexOf(b.attention) || a.tokens - b.tokens,
  );
}

/** Rows and rates of both: rates are what was reached at the best. */
export function merged(earlier: LongContextResults, now: LongContextResults): LongContextResults {
  const best = (key: "copyTBs" | "readTBs" | "matmulTFLOPs"): number => Math.max(earlier[key] ?? 0, now[key] ?? 0);
  return {
    ...now,
    copyTBs: best("copyTBs"),
    readTBs: best("readTBs"),
    matmulTFLOPs: best("matmulTFLOPs"),
    rows: now.rows.reduce(withRow, earlier.rows),
  };
}
