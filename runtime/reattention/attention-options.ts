/** How a model attends to what came before, as text on a command line and as an object in a program. */

import { integerText, readInteger } from "../integers.js";
import { fillIn } from "./defaults.js";
import { AttentionError } from "./errors.js";
import { requireFitting } from "./limits.js";
import { presetOf } from "./presets.js";

/** Every token sees all before it. */
export interface DenseAttention {
  readonly kind: "dense";
}

/** Every token sees the first `global` tokens and the last `local` ones (StreamingLLM, arXiv 2309.17453). */
export interface StreamingAttention {
  readonly kind: "streaming";
  /** Tokens at the start that stay in the window. */
  readonly global: number;
  /** Tokens at the end of the window, those of the current chunk included. */
  readonly local: number;
  /** Tokens of a prompt that are read at a time. */
  readonly chunk: number;
}

/** The same, and between them spans of the middle that the queries vote for (ReAttention, arXiv 2407.15176). */
export interface ReAttention {
  readonly kind: "reattention";
  readonly global: number;
  readonly local: number;
  /** Keys of the middle that every query of every head picks. */
  readonly topK: number;
  /** Tokens around a kept position that come with it; even. */
  readonly span: number;
  /** Positions with the most picks that are kept. */
  readonly clip: number;
  readonly chunk: number;
  /**
   * So many of a prompt's last tokens choose apart from those before them: a question about a long text is then outvoted by nothing. None by default; not in
   * the paper.
   */
  readonly tail?: number;
}

/** What a model attends to, with all parameters. */
export type AttentionOptions = DenseAttention | StreamingAttention | ReAttention;
export type AttentionKind = AttentionOptions["kind"];

/**
 * A mode with the parameters that someone chose; the others are those that were published under the name of `preset`, or follow from the model. Presets of
 * `reattention` are 4k, 8k, 32k, needle and needles, of `streaming` the first three.
 */
export type AttentionRequest =
  | DenseAttention
  | (Partial<StreamingAttention> & { readonly kind: "streaming"; readonly preset?: string })
  | (Partial<ReAttention> & { readonly kind: "reattention"; readonly preset?: string });

/** Parameters of each mode, in the order in which they are written. */
const KEYS = {
  dense: [],
  streaming: ["global", "local", "chunk"],
  reattention: ["global", "local", "topK", "span", "clip", "chunk", "tail"],
} as const satisfies Readonly<Record<AttentionKind, readonly string[]>>;

/**
 * Reads `dense`, `streaming` or `reattention`, each but the first with parameters: `reattention:global=4,local=32,topK=4,span=8,clip=6,chunk=16`, or with
 * published ones by name: `reattention:preset=8k`, `reattention:preset=8k,chunk=128`.
 * @throws AttentionError that lists all parameters which the mode does not have, has twice, or whose value is no whole number
 */
export function parseAttention(text: string): AttentionRequest {
  const [kind = "", ...rest] = text.trim().split(":");
  const keys = keysOf(kind);
  const pairs = rest
    .join(":")
    .split(",")
    .map((pair) => pair.trim())
    .filter((pair) => pair !== "")
    .map((pair) => {
      const [name = "", ...rest] = pair.split("=");
      const [key, value] = [name.trim(), rest.join("=").trim()];
      return { pair, key, value: key === PRESET ? value : readInteger(value) };
    });
  refuse(
    pairs.filter(({ key }) => !keys.includes(key)).map(({ key }) => key),
    (list) => `${kind} has no ${list}`,
    keys.length > 0 ? `It has ${keys.join(", ")}.` : "It takes no parameters.",
  );
  refuse(
    pairs.map(({ key }) => key).filter((key, at, all) => all.indexOf(key) !== at),
    (list) => `${list} is given more than once`,
    "Give each parameter once.",
  );
  refuse(
    pairs.filter(({ value }) => value === undefined).map(({ pair }) => pair),
    (list) => `no whole number from 0 on in ${list}`,
    "Write parameters as name=number, such as local=32 or local=4k.",
  );
  for (const { key, value } of pairs) if (key === PRESET) presetOf(kind as AttentionKind, value);
  return { kind, ...Object.fromEntries(pairs.map(({ key, value }) => [key, value])) } as AttentionRequest;
}

/**
 * The mode that was asked for, with every parameter: those left out are the preset's, or else the paper's for a model trained for `trainedWindow` tokens, fitted to
 * those that were given. @throws AttentionError for what cannot be parsed, and for parameters that cannot be or do not fit into that window
 */
export function readAttention(request: string | AttentionRequest, trainedWindow: number): AttentionOptions {
  const asked = typeof request === "string" ? parseAttention(request) : requireMode(request);
  const keys = keysOf(asked.kind);
  const given = Object.entries(asked).filter(([key, value]) => key !== "kind" && value !== undefined);
  refuse(
    given.filter(([key]) => !keys.includes(key)).map(([key]) => key),
    (list) => `${asked.kind} has no ${list}`,
    keys.length > 0 ? `It has ${keys.join(", ")}.` : "It takes no parameters.",
  );
  const { preset, ...chosen } = asked as AttentionRequest & { readonly preset?: string };
  const own = preset === undefined ? {} : presetOf(asked.kind, preset);
  const parameters = Object.fromEntries(Object.entries(chosen).filter(([, value]) => value !== undefined));
  const filled = fillIn({ ...own, ...parameters } as AttentionRequest, trainedWindow);
  requireFitting(filled, trainedWindow);
  return filled;
}

/** The text that `readAttention` reads back to the same. */
export function attentionText(options: AttentionOptions): string {
  const parameters = options as AttentionOptions & Readonly<Record<string, number>>;
  const given = KEYS[options.kind].filter((key) => parameters[key] !== undefined);
  const pairs = given.map((key) => `${key}=${integerText(parameters[key]!)}`);
  return pairs.length > 0 ? `${options.kind}:${pairs.join(",")}` : options.kind;
}

/** The mode's name in a text of `attentionText`. */
export const kindOf = (text: string): string => text.split(":")[0]!;

/** Programs without types give anything. */
function requireMode(request: AttentionRequest): AttentionRequest {
  if (typeof request?.kind === "string") return request;
  const given = JSON.stringify(request) ?? String(request);
  throw new AttentionError(
    "kind",
    `attention is ${given}, which names no kind`,
    'Give a text such as "reattention", or an object such as { kind: "reattention", local: 2048 }.',
  );
}

/** What stands for several parameters. */
const PRESET = "preset";

function keysOf(kind: string): readonly string[] {
  if (kind === "dense") return KEYS.dense;
  if (Object.hasOwn(KEYS, kind)) return [...KEYS[kind as AttentionKind], PRESET];
  throw new AttentionError(
    "kind",
    `there is no attention ${JSON.stringify(kind)}`,
    `Give ${Object.keys(KEYS).join(", ")}, such as reattention:global=4,local=32,topK=4,span=8,clip=6,chunk=16.`,
  );
}

function refuse(wrong: readonly string[], say: (list: string) => string, hint: string): void {
  if (wrong.length > 0) throw new AttentionError(wrong[0]!, say([...new Set(wrong)].join(", ")), hint);
}
