import type { Chunk } from "../models/attention/attention.js";
import type { AsideParts } from "./embedding.js";
import { GenerateError } from "./errors.js";
import { requireOptions, requireTokens } from "./options.js";
import { shown } from "./shown.js";

/** Which tokens of a text are scored. */
export interface ScoreOptions {
  /** The place of the first token that is scored, counted from 0; those before it are only read. Default 1. */
  readonly from?: number;
  /** Called with how many tokens have been read. */
  readonly onProgress?: (read: number) => void;
  /** Ends it: the iteration throws the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Some of a text's tokens, one after the other. */
export interface Scores {
  /** The place of the first one in the text, counted from 0. */
  readonly first: number;
  /** Natural logarithms of the probability of each, behind all tokens before it. */
  readonly logprobs: Float32Array;
}

const KNOWN: Readonly<Record<keyof ScoreOptions, true>> = { from: true, onProgress: true, signal: true };

/** Log probabilities of a text's tokens, a chunk at a time, in turn with answers. @throws GenerateError for options and texts that make no sense */
export async function* score(
  { decoder, tokenizer, scheduler, explain }: AsideParts,
  input: string | readonly number[],
  options: ScoreOptions,
): AsyncGenerator<Scores, void> {
  requireOptions(options, KNOWN);
  const { from = 1, onProgress, signal } = options;
  signal?.throwIfAborted();
  if (!Number.isInteger(from) || from < 1)
    throw new GenerateError("from", `from is ${shown(from)}; give a whole number of 1 or more`);
  const tokens = typeof input === "string" ? tokenizer.encode(input) : input;
  const { capacity, config, device } = decoder.host;
  if (!Array.isArray(tokens))
    throw new GenerateError("text", `the text is ${shown(input)}; give a text or a list of tokens`);
  requireTokens("text", tokens, config.tokens, "the text");
  if (tokens.length < 2)
    throw new GenerateError(
      "text",
      "the text has fewer than two tokens: give more, since nothing comes before the first",
    );
  if (from >= tokens.length)
    throw new GenerateError("from", `from is ${from}, and the text has ${tokens.length} tokens, counted from 0`);
  if (tokens.length > capacity)
    throw new GenerateError("text", `the text has ${tokens.length} tokens, and the context holds ${capacity}`);
  const runner = decoder.sequence();
  const of = ({ past, count }: Chunk) => tokens.slice(past, past + count);
  try {
    for (const chunk of runner.chunks(0, tokens.length)) {
      signal?.throwIfAborted();
      const end = chunk.past + chunk.count;
      const next = tokens.slice(chunk.past + 1, end + 1);
      const isScored = end >= from && next.length > 0;
      const found = await scheduler.aside(async () => {
        runner.grow(end);
        if (isScored) return runner.scores(chunk, of(chunk), next);
        await runner.pass(chunk, of(chunk));
        await device.synchronize();
        return undefined;
      });
      onProgress?.(end);
      if (!found) continue;
      if (!found.every(Number.isFinite)) throw await explain(signal);
      const first = Math.max(from, chunk.past + 1);
      const logprobs = found.subarray(first - chunk.past - 1);
      if (logprobs.length > 0) yield { first, logprobs };
    }
  } finally {
    decoder.drop(runner);
  }
}
