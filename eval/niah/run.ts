/** Asks every question of a plan that has no answer yet. */

import { setImmediate } from "node:timers/promises";
import { type AttentionOptions, attentionText } from "../../runtime/reattention/index.js";
import { Eta } from "../shared/eta.js";
import { Session } from "../shared/session.js";
import type { Answerer, OpenAnswerer } from "./answerer.js";
import { cellOf, isSameQuestion, putRun } from "./merge-results.js";
import { isRight, needleOf } from "./needle.js";
import type { PromptBuilder } from "./prompt.js";
import type { NiahCell, NiahResults, NiahRun } from "./results.js";

export interface NiahPlan {
  readonly attentions: readonly AttentionOptions[];
  /** Tokens of prompt and answer. */
  readonly contexts: readonly number[];
  /** 0 to 100. */
  readonly depths: readonly number[];
  /** Needles of a cell, each in a prompt of its own. */
  readonly needles: number;
  /** Whether to ask with the answer's prefix, without, or both. */
  readonly prefixes: readonly boolean[];
}

export interface NiahProgress {
  readonly attention: string;
  readonly context: number;
  readonly depth: number;
  /** Questions with an answer or an error, of this run. */
  readonly done: number;
  readonly total: number;
  /** Tokens of the prompt that have been read. */
  readonly read: number;
  readonly remainingMs: number | undefined;
}

export interface NiahJob {
  readonly plan: NiahPlan;
  readonly prompts: PromptBuilder;
  /** Answers so far, which are not asked for again; new ones are put in. */
  readonly results: NiahResults;
  readonly open: OpenAnswerer;
  /** After every answer and error. */
  readonly onResult?: (cell: NiahCell, run: NiahRun) => void;
  readonly onProgress?: (progress: NiahProgress) => void;
  readonly signal?: AbortSignal;
}

interface Task {
  readonly cell: NiahCell;
  readonly needle: number;
  readonly prefix: boolean;
}

/**
 * A question that fails is recorded with its error, and the others are asked all the same.
 * @throws the signal's reason; EvaluationError, before anything is asked, where a context is too short for the question
 */
export async function runNiah(job: NiahJob): Promise<void> {
  const groups = job.plan.attentions.map((attention) => ({ attention, tasks: pending(job, attention) }));
  const all = groups.flatMap(({ tasks }) => tasks);
  const shortest = all.toSorted((a, b) => a.cell.context - b.cell.context)[0];
  if (shortest) await promptOf(job, shortest);
  const eta = new Eta(all.map(({ cell }) => cell.context));
  let done = 0;
  for (const { attention, tasks } of groups) {
    const contexts = tasks.map(({ cell }) => cell.context);
    const session = new Session((context) => job.open(attention, context), contexts, job.signal);
    try {
      for (const task of tasks) {
        job.signal?.throwIfAborted();
        const { context, depth } = task.cell;
        const tell = (read: number) =>
          job.onProgress?.({
            attention: task.cell.attention,
            context,
            depth,
            done,
            total: all.length,
            read,
            remainingMs: eta.remaining(read),
          });
        tell(0);
        const run = await ask(job, session, task, eta, tell);
        done++;
        putRun(task.cell, run);
        job.results.date = new Date().toISOString();
        job.onResult?.(task.cell, run);
        // Answers may come without any wait: Ctrl-C must get its turn.
        await setImmediate();
      }
    } finally {
      await session.close();
    }
  }
}

/** How many questions of a plan there are, and how many of them have no answer yet. */
export function countQuestions(job: Pick<NiahJob, "plan" | "results">): {
  readonly all: number;
  readonly left: number;
} {
  const { attentions, contexts, depths, needles, prefixes } = job.plan;
  const cells = attentions.length * new Set(contexts).size * new Set(depths).size;
  const left = attentions.reduce((sum, attention) => sum + pending(job, attention).length, 0);
  return { all: cells * needles * prefixes.length, left };
}

/**
 * Questions without an answer: short contexts first, shallow needles first, and with the prefix before without. A prompt then begins like the
 * one before it, as far as possible, and a model that keeps its cache reads only the rest.
 */
function pending({ plan, results }: Pick<NiahJob, "plan" | "results">, attention: AttentionOptions): Task[] {
  const ascending = (values: readonly number[]) => [...new Set(values)].sort((a, b) => a - b);
  const tasks: Task[] = [];
  for (const context of ascending(plan.contexts))
    for (const depth of ascending(plan.depths)) {
      const cell = cellOf(results, { attention: attentionText(attention), context, depth });
      for (let needle = 0; needle < plan.needles; needle++)
        for (const prefix of [true, false])
          if (plan.prefixes.includes(prefix) && !isAnswered(cell, needle, prefix)) tasks.push({ cell, needle, prefix });
    }
  return tasks;
}

const isAnswered = ({ runs }: NiahCell, needle: number, prefix: boolean): boolean =>
  runs.some((run) => isSameQuestion(run, { needle, prefix }) && run.right !== undefined);

async function promptOf({ prompts, results }: NiahJob, { cell, needle: index, prefix }: Task) {
  const { context, depth } = cell;
  const { seed, maxTokens } = results;
  const needle = needleOf({ seed, context, depth }, index);
  return { ...(await prompts.build({ needle, context, depth, maxTokens, prefix })), hidden: needle };
}

async function ask(
  job: NiahJob,
  session: Session<Answerer>,
  task: Task,
  eta: Eta,
  onPrefill: (read: number) => void,
): Promise<NiahRun> {
  const { tokens, needle, number, prefixTokens, hidden } = await promptOf(job, task);
  const { maxTokens } = job.results;
  const { context } = task.cell;
  const run = {
    needle: task.needle,
    prefix: task.prefix,
    ...hidden,
    promptTokens: tokens.length,
    needleAt: needle.start,
  };
  let began = performance.now();
  const seconds = () => Math.round(performance.now() - began) / 1000;
  try {
    const model = await session.model(context);
    began = performance.now();
    eta.begin();
    const { text, ...measured } = await model.answer(tokens, {
      maxTokens,
      prefixTokens,
      needle,
      number,
      signal: job.signal,
      onPrefill,
    });
    return { ...run, seconds: seconds(), answer: text, right: isRight(text, hidden), ...measured };
  } catch (error) {
    if (job.signal?.aborted) throw error;
    await session.failed(context, error);
    return { ...run, seconds: seconds(), error: error instanceof Error ? error.message : String(error) };
  } finally {
    eta.end(context);
  }
}
