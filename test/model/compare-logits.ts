import type { Model } from "../../runtime/models/model.js";
import type { Reference } from "../reference/answer.js";
import { NEAR_TIE } from "./greedy.js";

/** How far logits may be from the reference's, as a part of their range: what bfloat16 makes of them. */
export const FARTHEST = 2e-2;

export interface Comparison {
  /** Largest difference of logits after the prompt, as a part of the reference's range. */
  readonly farthest: number;
  /** Tokens that are the same, up to the first that is not. */
  readonly equal: number;
  /** What differed where the reference was sure. */
  readonly wrong:
    | { readonly at: number; readonly expected: number; readonly got: number; readonly gap: number }
    | undefined;
}

const GREEDY = { temperature: 0, topK: 1, topP: 1, seed: 0 };

/** Reads the prompt, in pieces of these lengths, and goes on greedily as far as the context allows. */
export async function compareLogits(
  { runner, config, context }: Model,
  { tokens, logits: expected, greedy, gaps }: Reference,
  pieces: readonly number[] = [tokens.length],
): Promise<Comparison> {
  runner.grow(Math.min(context, tokens.length + greedy.length));
  let past = 0;
  for (const piece of pieces) {
    await runner.prefill(tokens.slice(past, past + piece), past, GREEDY);
    past += piece;
  }
  await runner.arrived();
  const logits = await runner.logits();
  if (logits.length !== expected.length) throw new Error(`${logits.length} logits instead of ${expected.length}`);
  // Rows that only fill the embedding up must not win.
  if (!logits.subarray(config.tokens).every((logit) => logit === -Infinity))
    throw new Error("a padding row has a logit");
  const got = [runner.token(0)];
  for (let step = 1; step < greedy.length && tokens.length + step <= context; step++) {
    runner.step();
    await runner.arrived();
    got.push(runner.token(step));
  }
  const parted = got.findIndex((id, index) => id !== greedy[index]);
  const equal = parted < 0 ? got.length : parted;
  const sure = parted >= 0 && gaps[parted]! >= NEAR_TIE;
  return {
    farthest: farthestOf(logits.subarray(0, config.tokens), expected),
    equal,
    wrong: sure ? { at: parted, expected: greedy[parted]!, got: got[parted]!, gap: gaps[parted]! } : undefined,
  };
}

function farthestOf(logits: Float32Array, expected: readonly number[]): number {
  const range = Math.max(...expected) - Math.min(...expected);
  // NaN would lose every comparison.
  return logits.reduce((most, logit, id) => {
    const distance = Math.abs(logit - expected[id]!) / range;
    return Number.isNaN(distance) ? Number.POSITIVE_INFINITY : Math.max(most, distance);
  }, 0);
}
