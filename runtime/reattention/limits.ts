/** What parameters of an attention mode may be, and what would fit instead. */

import type { AttentionOptions, ReAttention, StreamingAttention } from "./attention-options.js";
import { AttentionError } from "./errors.js";

interface Rule {
  readonly valid: (value: number) => boolean;
  readonly hint: string;
}

const atLeast = (low: number): Rule => ({
  valid: (value) => value >= low,
  hint: `Give a whole number of at least ${low}.`,
});

/** The retrieval kernels keep a query's best keys in registers: 32 are what fits. */
const MOST_KEYS = 32;

const RULES: Readonly<Record<string, Rule>> = {
  global: atLeast(0),
  local: atLeast(1),
  chunk: atLeast(1),
  tail: atLeast(0),
  clip: atLeast(1),
  topK: {
    valid: (value) => value >= 1 && value <= MOST_KEYS,
    hint: `Give a whole number from 1 to ${MOST_KEYS}.`,
  },
  span: {
    valid: (value) => value >= 2 && value % 2 === 0,
    hint: "Give an even number of at least 2: half of the tokens come before the one that was found.",
  },
};

/** @throws AttentionError for the first parameter that cannot be, or where all of them together do not fit into the window */
export function requireFitting(options: AttentionOptions, trainedWindow: number): void {
  if (options.kind === "dense") return;
  for (const [key, value] of Object.entries(options)) {
    const rule = RULES[key];
    if (rule && !(Number.isSafeInteger(value) && rule.valid(value)))
      throw new AttentionError(key, `${key} is ${value}`, rule.hint);
  }
  if (options.chunk > options.local)
    throw new AttentionError(
      "chunk",
      `chunk is ${options.chunk} and local ${options.local}, but the local part holds the whole current chunk`,
      `Give chunk=${options.local} or less, or local=${options.chunk} or more.`,
    );
  const { tail = 0 } = options.kind === "reattention" ? options : {};
  if (tail > options.chunk)
    throw new AttentionError(
      "tail",
      `tail is ${tail} and chunk ${options.chunk}, but the last tokens of a prompt are read as one chunk`,
      `Give tail=${options.chunk} or less, or chunk=${tail} or more.`,
    );
  if (windowSize(options) > trainedWindow) throw tooLarge(options, trainedWindow);
}

/** Most tokens that a query sees, itself included; the positions that the model must know. Infinite for dense attention. */
export function windowSize(options: AttentionOptions): number {
  if (options.kind === "dense") return Number.POSITIVE_INFINITY;
  const retrieved = options.kind === "reattention" ? options.clip * options.span : 0;
  return options.global + retrieved + options.local;
}

function tooLarge(options: StreamingAttention | ReAttention, trainedWindow: number): AttentionError {
  const retrieves = options.kind === "reattention";
  const { global, local } = options;
  const sum = retrieves ? `clip·span + global + local = ${options.clip}·${options.span} + ` : "global + local = ";
  const room = trainedWindow - global;
  const fits: string[] = [];
  if (retrieves) {
    const clip = Math.floor((room - local) / options.span);
    if (clip >= 1) fits.push(`clip=${clip}`);
    const span = Math.floor((room - local) / options.clip / 2) * 2;
    if (span >= 2) fits.push(`span=${span}`);
  }
  const shorter = room - (retrieves ? options.clip * options.span : 0);
  if (shorter >= options.chunk) fits.push(`local=${shorter}`);
  if (fits.length === 0 && trainedWindow - local >= 0 && !retrieves) fits.push(`global=${trainedWindow - local}`);
  const hint =
    fits.length > 0
      ? `With the others as they are, ${fits.join(" or ")} is the most that fits.`
      : "Make several of them smaller, or leave them out to get values that fit.";
  return new AttentionError(
    retrieves ? "clip" : "local",
    `${sum}${global} + ${local} = ${windowSize(options)} tokens, and the model was trained for ${trainedWindow}`,
    hint,
  );
}
