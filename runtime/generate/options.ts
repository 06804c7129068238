import { randomInt } from "node:crypto";
import { closest } from "../../dsl/closest.js";
import type { ResponseFormat } from "../grammar/index.js";
import { MOST_TOLD } from "../kernels/sample/record.js";
import type { SamplingChoice } from "../models/runner.js";
import { asksForShaping } from "../models/shaping.js";
import type { Tool, ToolChoice } from "../tools/index.js";
import type { Constraint } from "./constraint.js";
import { GenerateError } from "./errors.js";
import { shown } from "./shown.js";

/**
 * What is asked of an answer. A token is chosen so: logits are divided by `repetitionPenalty`, then `logitBias` is added and the other penalties are taken
 * off; of what they make, divided by `temperature`, `topK` and `minP` say among which tokens is drawn, and `topP` among which of those. All of it is done on the
 * device.
 */
export interface GenerateOptions {
  /** Most tokens to generate. Default 512, or what the context leaves. */
  readonly maxTokens?: number;
  /** 0 (the default) always takes the most likely token; 1 draws from the model's own distribution. */
  readonly temperature?: number;
  /** Draw among this many most likely tokens. Default 40. */
  readonly topK?: number;
  /** Draw among the fewest most likely tokens whose probabilities reach this (arXiv 1904.09751). Default 0.95. */
  readonly topP?: number;
  /** Draw among tokens that are at least this many times as likely as the most likely one (arXiv 2407.01082). Default 0: all. */
  readonly minP?: number;
  /**
   * Divides positive logits of tokens that are in the prompt or in the answer so far, and multiplies negative ones (arXiv 1909.05858): above 1 they come
   * less. Default 1.
   */
  readonly repetitionPenalty?: number;
  /** Is taken off the logits of tokens that are in the answer so far, however often. Default 0. */
  readonly presencePenalty?: number;
  /** Is taken off the logits of the answer's tokens for each time that they have come. Default 0. */
  readonly frequencyPenalty?: number;
  /** What is added to logits, by token: -100 as good as forbids one, 100 as good as takes it. */
  readonly logitBias?: Readonly<Record<number, number>>;
  /** Fixes the draws. Default: a new one each time. */
  readonly seed?: number;
  /** Generation ends before any of these texts. */
  readonly stop?: string | readonly string[];
  /** Generation ends before any of these tokens, as before those that end a turn. */
  readonly stopIds?: readonly number[];
  /** Tokens that end a turn are as any others: generation goes on to maxTokens, or to what `stop` and `stopIds` say. Default false. */
  readonly ignoreEos?: boolean;
  /**
   * Gives with each token the natural logarithm of its probability and of those of this many most likely tokens, 0 to 20, as the model has them:
   * penalties, biases, temperature and limits do not change them. Default: nothing is given.
   */
  readonly logprobs?: number;
  /** What the answer is to be: JSON of a schema, a text of a pattern or a grammar. Default: anything. */
  readonly responseFormat?: ResponseFormat;
  /** What the model may call; the chat template is told of it. */
  readonly tools?: readonly Tool[];
  /** Whether it does. Default "auto": as it likes. */
  readonly toolChoice?: ToolChoice;
  /** Whether an answer may call several tools, or one several times; without it ends behind its first call. Default true. */
  readonly parallelToolCalls?: boolean;
  /** Ends the generation: the iteration throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Tokens of the prompt that have been read so far. */
  readonly onPrefill?: (done: number, total: number) => void;
}

/** Every option; the compiler says where one is missing. */
export const KNOWN: Readonly<Record<keyof GenerateOptions, true>> = {
  ...{ maxTokens: true, temperature: true, topK: true, topP: true, minP: true },
  ...{ repetitionPenalty: true, presencePenalty: true, frequencyPenalty: true, logitBias: true },
  ...{ seed: true, stop: true, stopIds: true, ignoreEos: true, logprobs: true, signal: true, onPrefill: true },
  ...{ responseFormat: true, tools: true, toolChoice: true, parallelToolCalls: true },
};

export interface Choices {
  readonly maxTokens: number;
  readonly sampling: SamplingChoice;
  readonly stop: readonly string[];
  readonly stopIds: ReadonlySet<number>;
  readonly ignoreEos: boolean;
  /** How many of the likeliest tokens are told with each chosen one; undefined where nothing is. */
  readonly logprobs: number | undefined;
  readonly constraint: Constraint | undefined;
}

interface Rule {
  readonly fallback: () => number;
  readonly valid: (value: number) => boolean;
  readonly expected: string;
}

const isWhole = (most: number) => (n: number) => Number.isInteger(n) && n >= 0 && n <= most;
const PENALTY: Rule = { fallback: () => 0, valid: (n) => Math.abs(n) <= 100, expected: "a number from -100 to 100" };
const COUNT = { valid: (n: number) => Number.isInteger(n) && n > 0, expected: "a positive integer" };

const RULES = {
  maxTokens: { fallback: () => 512, ...COUNT },
  temperature: { fallback: () => 0, valid: (n) => n >= 0 && n <= 100, expected: "a number from 0 (greedy) to 100" },
  topK: { fallback: () => 40, ...COUNT },
  topP: { fallback: () => 0.95, valid: (n) => n > 0 && n <= 1, expected: "a number above 0 and at most 1" },
  minP: { fallback: () => 0, valid: (n) => n >= 0 && n <= 1, expected: "a number from 0 to 1" },
  repetitionPenalty: {
    fallback: () => 1,
    valid: (n) => n >= 0.01 && n <= 100,
    expected: "a number from 0.01 to 100; 1 changes nothing",
  },
  presencePenalty: PENALTY,
  frequencyPenalty: PENALTY,
  seed: {
    fallback: () => randomInt(2 ** 32),
    valid: isWhole(2 ** 32 - 1),
    expected: "an integer from 0 to 4294967295",
  },
} as const satisfies Partial<Record<keyof GenerateOptions, Rule>>;

const wrong = (option: string, value: unknown, expected: string): GenerateError =>
  new GenerateError(option, `${option} is ${shown(value)}; give ${expected}`);

/**
 * Puts the defaults in. @param constraint what `responseFormat` and tools come to
 * @throws GenerateError for what makes no sense to a model of `tokens` tokens, and for options that there are not
 */
export function readOptions(
  options: GenerateOptions,
  tokens = Number.POSITIVE_INFINITY,
  constraint?: Constraint,
): Choices {
  requireOptions(options, KNOWN);
  const read = (name: keyof typeof RULES): number => {
    const value = options[name] ?? RULES[name].fallback();
    if (typeof value !== "number" || !RULES[name].valid(value)) throw wrong(name, value, RULES[name].expected);
    return value;
  };
  const { logprobs, ignoreEos = false } = options;
  if (logprobs !== undefined && !isWhole(MOST_TOLD)(logprobs))
    throw wrong("logprobs", logprobs, `a whole number from 0 to ${MOST_TOLD}`);
  if (typeof ignoreEos !== "boolean") throw wrong("ignoreEos", ignoreEos, "true or false");
  const { onPrefill } = options;
  if (onPrefill !== undefined && typeof onPrefill !== "function") throw wrong("onPrefill", onPrefill, "a function");
  const shaping = {
    repetitionPenalty: read("repetitionPenalty"),
    presencePenalty: read("presencePenalty"),
    frequencyPenalty: read("frequencyPenalty"),
    logitBias: biasesOf(options, tokens),
    // A small vocabulary has no more.
    logprobs: logprobs && Math.min(logprobs, tokens),
    constrained: constraint !== undefined,
  };
  return {
    maxTokens: read("maxTokens"),
    sampling: {
      ...{ temperature: read("temperature"), topK: read("topK"), topP: read("topP"), minP: read("minP") },
      ...{ seed: read("seed"), shaping: asksForShaping(shaping) ? shaping : undefined },
    },
    stop: stopsOf(options),
    stopIds: idsOf(options, tokens),
    ...{ ignoreEos, logprobs: shaping.logprobs, constraint },
  };
}

/** Throws GenerateError for what is no object of options, for options that there are not, and for a signal that is none. */
export function requireOptions(options: object, known: Readonly<Record<string, true>>): void {
  if (typeof options !== "object" || options === null || Array.isArray(options))
    throw new GenerateError("options", `the options are ${shown(options)}; give an object`);
  const names = Object.keys(known);
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    const meant = closest(unknown, names);
    const help = meant ? `did you mean ${meant}?` : `there are ${names.join(", ")}`;
    throw new GenerateError(unknown, `there is no option ${unknown}; ${help}`);
  }
  requireSignal(options);
}

function requireSignal({ signal }: { readonly signal?: unknown }): void {
  if (signal !== undefined && typeof (signal as AbortSignal | null)?.throwIfAborted !== "function")
    throw wrong("signal", signal, "an AbortSignal");
}

function stopsOf({ stop = [] }: GenerateOptions): readonly string[] {
  const stops = typeof stop === "string" ? [stop] : stop;
  if (!Array.isArray(stops)) throw wrong("stop", stop, "a text or several");
  const empty = stops.findIndex((text) => typeof text !== "string" || text === "");
  if (empty >= 0)
    throw new GenerateError(
      "stop",
      `stop has ${stops[empty] === "" ? "an empty text" : shown(stops[empty])}; give texts of at least one character`,
    );
  return stops;
}

/** Throws GenerateError unless `prompt` is a list of tokens of a model that has `tokens` of them. @param name what it is called, where that is not the option */
export function requireTokens(option: string, prompt: readonly number[], tokens: number, name = option): void {
  if (!Array.isArray(prompt)) throw wrong(option, prompt, "a list of tokens");
  for (const id of prompt) requireToken(option, id, tokens, name);
}

function requireToken(option: string, id: number, tokens: number, name = option): number {
  if (!isWhole(tokens - 1)(id))
    throw new GenerateError(
      option,
      `${name} has ${shown(id)}, which is no token; give ids ${Number.isFinite(tokens) ? `from 0 to ${tokens - 1}` : "of tokens"}`,
    );
  return id;
}

function idsOf({ stopIds = [] }: GenerateOptions, tokens: number): ReadonlySet<number> {
  if (!Array.isArray(stopIds)) throw wrong("stopIds", stopIds, "a list of tokens");
  return new Set(Array.from(stopIds, (id) => requireToken("stopIds", id, tokens)));
}

function biasesOf({ logitBias = {} }: GenerateOptions, tokens: number): ReadonlyMap<number, number> {
  // A Map has its entries elsewhere.
  if (Object.prototype.toString.call(logitBias) !== "[object Object]")
    throw wrong("logitBias", logitBias, "an object with a number for each token");
  const biases = Object.entries(logitBias).map(([key, bias]) => {
    const token = requireToken("logitBias", /^\d+$/.test(key) ? Number(key) : (key as unknown as number), tokens);
    if (typeof bias !== "number" || !PENALTY.valid(bias))
      throw new GenerateError("logitBias", `logitBias of token ${token} is ${shown(bias)}; give ${PENALTY.expected}`);
    return [token, bias] as const;
  });
  return new Map(biases);
}
