import { InvalidArgumentError } from "commander";
import type { AttentionRequest } from "../../runtime/reattention/index.js";
import { inapplicable } from "./applicable.js";
import { positive } from "./integers.js";
import { contexts } from "./niah.js";
import { pathTo } from "./texts.js";

/** `8k,1M`, or `none`. */
export function lengths(text: string): number[] {
  return text.trim() === "none" ? [] : contexts(text);
}

export const folder = pathTo("the path of a folder");

/** Lengths that a median can be taken of: a generation has a first token, and more. */
export function atLeastTwo(text: string): number {
  const value = positive(text);
  if (value < 2) throw new InvalidArgumentError("Expected a number of at least 2.");
  return value;
}

/** How many at once: `1,4,16`, as far as one step takes them. */
export function counts(text: string): number[] {
  const all = text.split(",").map((one) => positive(one.trim()));
  if (all.some((count) => count > 64)) throw new InvalidArgumentError("Expected numbers of at most 64.");
  return all;
}

export type Task = "long-context" | "retrieval" | "model" | "sessions" | "step";

/** Which tasks an option is for, by its name in camelCase; those that are not here are for all. */
const TASKS_OF: Readonly<Record<string, readonly Task[]>> = {
  model: ["long-context", "model", "sessions", "step"],
  depth: ["step"],
  lengths: ["long-context", "retrieval"],
  dense: ["long-context"],
  decodeOnly: ["long-context"],
  attention: ["long-context", "step"],
  fresh: ["long-context"],
  prefill: ["model"],
  decode: ["model", "sessions"],
  sessions: ["sessions"],
  peer: ["retrieval", "model", "sessions"],
  exactness: ["retrieval"],
};

const NEGATED: ReadonlySet<string> = new Set(["peer", "exactness"]);

/** What is wrong with options that say nothing to a task, or leave it nothing to do; undefined where nothing is. */
export function misused(task: Task, options: Readonly<Record<string, unknown>>): string | undefined {
  // Options with a --no- are true unless it was given.
  const given = Object.fromEntries(
    Object.entries(options).filter(([name, value]) => !(value === true && NEGATED.has(name))),
  );
  const problem = inapplicable("bench", task, given, TASKS_OF);
  if (problem !== undefined) return problem;
  const modes = (given.attention ?? []) as readonly AttentionRequest[];
  if (task === "step" && modes.length > 1) return "bench step takes one --attention";
  if (task === "long-context" && modes.some(({ kind }) => kind === "dense"))
    return "dense attention is measured beside other modes: --dense says for which lengths";
  const { lengths: read, dense, decodeOnly } = options as Readonly<Record<string, readonly number[] | undefined>>;
  if (task === "retrieval" && read?.length === 0) return "--lengths none leaves bench retrieval nothing to measure";
  if (task === "long-context" && read?.length === 0 && !dense?.length && !decodeOnly?.length)
    return "--lengths none leaves nothing to measure: name lengths by --dense or --decode-only";
  return undefined;
}
