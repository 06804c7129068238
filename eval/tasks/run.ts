/** Asks every question that has no answer yet, in each attention mode. */

import { setImmediate } from "node:timers/promises";
import type { GenerateOptions } from "../../runtime/generate/options.js";
import type { Model } from "../../runtime/models/model.js";
import { type AttentionOptions, attentionText } from "../../runtime/reattention/index.js";
import { Eta } from "../shared/eta.js";
import { Session } from "../shared/session.js";
import { type Answer, type AnswersFile, keyOf } from "./answers.js";
import type { Prompts } from "./prompt.js";
import type { Question } from "./question.js";

/** What of a model is needed. */
export type AnsweringModel = Pick<Model, "generateFrom" | "close">;

export interface TasksProgress {
  readonly attention: string;
  readonly task: string;
  readonly done: number;
  readonly total: number;
  /** Tokens of the prompt, and of them those that have been read. */
  readonly promptTokens: number;
  readonly read: number;
  readonly remainingMs: number | undefined;
}

/** A question without an answer, and why. */
export interface Failure {
  readonly attention: string;
  readonly task: string;
  readonly id: string;
  readonly error: string;
}

export interface TasksJob {
  readonly questions: readonly Question[];
  readonly attentions: readonly AttentionOptions[];
  /** The longest prompt with its answer in a mode. */
  readonly most: (attention: AttentionOptions) => number;
  readonly prompts: Prompts;
  readonly answers: AnswersFile;
  /** Opens a model for contexts up to `context` tokens. Fails where memory does not suffice. */
  readonly open: (attention: AttentionOptions, context: number) => Promise<AnsweringModel>;
  /** After every answer and failure. */
  readonly onAnswer?: (answer: Answer | Failure) => void;
  readonly onProgress?: (progress: TasksProgress) => void;
  readonly signal?: AbortSignal;
}

interface Pending {
  readonly question: Question;
  readonly context: number;
}

/**
 * A question that fails is told of, and the others are asked all the same. Questions about one document follow one another: a model reads it once.
 * @throws the signal's reason; EvaluationError, before anything is asked, where a question has no room
 */
export async function runTasks(job: TasksJob): Promise<void> {
  const groups: { attention: AttentionOptions; pending: Pending[] }[] = [];
  for (const attention of job.attentions) groups.push({ attention, pending: await pendingOf(job, attention) });
  const total = groups.reduce((sum, { pending }) => sum + pending.length, 0);
  const eta = new Eta(groups.flatMap(({ pending }) => pending.map(({ context }) => context)));
  let done = 0;
  for (const { attention, pending } of groups) {
    const contexts = pending.map(({ context }) => context);
    const session = new Session((context) => job.open(attention, context), contexts, job.signal);
    try {
      for (const one of pending) {
        job.signal?.throwIfAborted();
        const tell = (read: number) =>
          job.onProgress?.({
            attention: attentionText(attention),
            ...{ task: one.question.task, done, total, read, promptTokens: one.context - one.question.maxTokens },
            remainingMs: eta.remaining(read),
          });
        tell(0);
        await ask(job, session, attention, one, eta, tell);
        done++;
        // Answers may come without any wait: Ctrl-C must get its turn.
        await setImmediate();
      }
    } finally {
      await session.close();
    }
  }
}

async function pendingOf(
  { questions, answers, prompts, most, signal }: TasksJob,
  attention: AttentionOptions,
): Promise<Pending[]> {
  const pending: Pending[] = [];
  for (const question of questions) {
    signal?.throwIfAborted();
    const { task, id } = question;
    if (answers.lines.has(keyOf({ attention: attentionText(attention), task, id }))) continue;
    pending.push({ question, context: await prompts.lengthOf(question, most(attention)) });
  }
  return pending;
}

async function ask(
  { prompts, most, answers, onAnswer, signal }: TasksJob,
  session: Session<AnsweringModel>,
  mode: AttentionOptions,
  { question, context }: Pending,
  eta: Eta,
  onPrefill: (read: number) => void,
): Promise<void> {
  const { task, id, about, kind, groups, maxTokens, then } = question;
  const attention = attentionText(mode);
  const { tokens, cut } = await prompts.of(question, most(mode));
  try {
    const model = await session.model(context);
    const began = performance.now();
    eta.begin();
    const { said, stopReason, timings } = await answerTo(model, tokens, { maxTokens, signal, onPrefill });
    const thought = then && said.trim();
    const next =
      thought === undefined
        ? undefined
        : { ...question, ...NOTHING, ...then!.ask(thought), maxTokens: then!.maxTokens };
    const last = next
      ? await answerTo(model, (await prompts.of(next, most(mode))).tokens, { maxTokens: next.maxTokens, signal })
      : { said, stopReason };
    const text = ended(last.said, question.stop);
    const answer: Answer = {
      ...{ attention, task, id, about, kind, groups, scores: question.judge(text), text, promptTokens: tokens.length },
      ...(thought !== undefined && { thought }),
      ...(cut > 0 && { cut }),
      ...(last.stopReason === "maxTokens" && { cutOff: true }),
      seconds: Math.round(performance.now() - began) / 1000,
      firstTokenMs: Math.round(timings.firstTokenMs * 10) / 10,
    };
    answers.put(answer);
    onAnswer?.(answer);
  } catch (error) {
    if (signal?.aborted) throw error;
    await session.failed(context, error);
    onAnswer?.({ attention, task, id, error: error instanceof Error ? error.message : String(error) });
  } finally {
    eta.end(context);
  }
}

/** What a question has and the one behind it has not. */
const NOTHING = { system: undefined, opening: undefined, cut: undefined } as const;

async function answerTo(
  model: AnsweringModel,
  tokens: readonly number[],
  options: Pick<GenerateOptions, "maxTokens" | "signal" | "onPrefill">,
) {
  const { text: said, stopReason, timings } = await model.generateFrom(tokens, { ...options, temperature: 0 }).result;
  return { said, stopReason, timings };
}

/** An answer up to the first text that ends it, which does not stand at its beginning. */
function ended(text: string, stops: readonly string[] = []): string {
  const ends = stops.map((stop) => text.indexOf(stop, 1)).filter((at) => at > 0);
  return text.slice(0, Math.min(text.length, ...ends));
}
