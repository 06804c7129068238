import { randomInt } from "node:crypto";
import { GenerateError } from "./errors.js";

/** What may be asked of a generation. */
export interface GenerateOptions {
  /** Most tokens to generate. Default 512, or what the context leaves. */
  readonly maxTokens?: number;
  /** 0 (the default) always takes the most likely token; 1 draws from the model's own distribution. */
  readonly temperature?: number;
  /** Draw among this many most likely tokens. Default 40. */
  readonly topK?: number;
  /** Draw among the fewest most likely tokens whose probabilities reach this (arXiv 1904.09751). Default 0.95. */
  readonly topP?: number;
  /** Fixes the draws. Default: a new one each time. */
  readonly seed?: number;
  /** Generation ends before any of these texts. */
  readonly stop?: string | readonly string[];
  /** Ends the generation: the iteration throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Tokens of the prompt that have been read so far. */
  readonly onPrefill?: (done: number, total: number) => void;
}

export interface Choices {
  readonly maxTokens: number;
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  readonly seed: number;
  readonly stop: readonly string[];
}

interface Rule {
  readonly fallback: () => number;
  readonly valid: (value: number) => boolean;
  readonly expected: string;
}

const RULES: Readonly<Record<"maxTokens" | "temperature" | "topK" | "topP" | "seed", Rule>> = {
  maxTokens: { fallback: () => 512, valid: (n) => Number.isInteger(n) && n > 0, expected: "a positive integer" },
  temperature: { fallback: () => 0, valid: (n) => n >= 0 && n <= 100, expected: "a number from 0 (greedy) to 100" },
  topK: { fallback: () => 40, valid: (n) => Number.isInteger(n) && n > 0, expected: "a positive integer" },
  topP: { fallback: () => 0.95, valid: (n) => n > 0 && n <= 1, expected: "a number above 0 and at most 1" },
  seed: {
    fallback: () => randomInt(2 ** 32),
    valid: (n) => Number.isInteger(n) && n >= 0 && n < 2 ** 32,
    expected: "an integer from 0 to 4294967295",
  },
};

/** Puts the defaults in and throws GenerateError for what makes no sense. */
export function readOptions(options: GenerateOptions): Choices {
  const read = (name: keyof typeof RULES): number => {
    const value = options[name] ?? RULES[name].fallback();
    if (typeof value !== "number" || !RULES[name].valid(value))
      throw new GenerateError(
        name,
        `${name} is ${typeof value === "number" ? value : JSON.stringify(value)}; give ${RULES[name].expected}`,
      );
    return value;
  };
  const stop = typeof options.stop === "string" ? [options.stop] : (options.stop ?? []);
  if (stop.some((text) => typeof text !== "string" || text === ""))
    throw new GenerateError("stop", "stop has an empty text; give texts of at least one character");
  return {
    maxTokens: read("maxTokens"),
    temperature: read("temperature"),
    topK: read("topK"),
    topP: read("topP"),
    seed: read("seed"),
    stop,
  };
}
