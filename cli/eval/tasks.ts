import { rmSync } from "node:fs";
import { join } from "node:path";
import {
  type Answer,
  AnswersFile,
  type Failure,
  keyOf,
  Prompts,
  type Question,
  runTasks,
  summarise,
} from "../../eval/tasks/index.js";
import { openModelFiles } from "../../runtime/models/load.js";
import {
  type AttentionOptions,
  type AttentionRequest,
  attentionText,
  readAttention,
} from "../../runtime/reattention/index.js";
import { modelPath } from "../generate/load-model.js";
import { isMade, type TaskSet, usualLength } from "../options/task-sets.js";
import { progress } from "../report/progress.js";
import { tellStopped } from "./ending.js";
import { ensureResultsFolder } from "./folder.js";
import { EVERY_MODE, openerOf, subjectOf } from "./subject.js";
import { questionsOf, type Wanted } from "./task-sets.js";
import { showTasks, standingOfTasks, toldOfTask } from "./tasks-output.js";

export interface EvalTasksRequest extends Wanted {
  readonly model?: string;
  readonly device?: "cpu" | "cuda";
  /** Compiled kernels. */
  readonly bundle?: string;
  readonly attention?: readonly AttentionRequest[];
  /** Questions of each task at the most. */
  readonly limit?: number;
  readonly maxLength?: number;
  readonly out: string;
  readonly fresh?: boolean;
  readonly json?: boolean;
  readonly signal: AbortSignal;
}

/** Asks all questions of a task set that have no answer yet, and shows what all answers are worth. Gives 1 if one that it asked has none. */
export async function evalTasks(taskSet: TaskSet, request: EvalTasksRequest): Promise<number> {
  const { out, maxLength, signal } = request;
  const path = await modelPath(request.model, signal);
  using subject = openModelFiles(path);
  const { config, tokenizer } = subject;
  const prompts = new Prompts(tokenizer);
  const questions = limited(questionsOf(taskSet, request, tokenizer, await prompts.around()), request.limit);
  const attentions = (request.attention ?? EVERY_MODE).map((mode) => readAttention(mode, config.context));
  ensureResultsFolder(out);
  const file = join(out, `${taskSet}.jsonl`);
  if (request.fresh) rmSync(file, { force: true });
  const identity = { taskSet, model: subjectOf(path, subject), maxLength: maxLength ?? null };
  const answers = new AnswersFile(file, identity);
  const failures: Failure[] = [];
  const line = progress();
  try {
    await runTasks({
      ...{ questions, attentions, answers, signal, prompts },
      // Dense attention reads as much of a document as it was trained for; what was made to a length is asked whole.
      most: ({ kind }: AttentionOptions) =>
        maxLength ??
        Math.min(
          usualLength(taskSet),
          kind === "dense" && !isMade(taskSet, request) ? config.context : Number.POSITIVE_INFINITY,
        ),
      open: openerOf(path, { ...request, signal }),
      onAnswer: (one) => {
        if ("error" in one) failures.push(one);
        if (!process.stderr.isTTY) process.stderr.write(`${toldOfTask(one)}\n`);
      },
      onProgress: (event) => line.show(standingOfTasks(event)),
    });
  } catch (error) {
    line.clear();
    const asked = attentions.flatMap((mode) =>
      questions.map((one) => keyOf({ attention: attentionText(mode), ...one })),
    );
    const left = asked.filter((key) => !answers.lines.has(key)).length;
    if (signal.aborted) tellStopped({ result: "answer", kept: answers.lines.size, left, all: asked.length, file });
    throw error;
  } finally {
    line.clear();
  }
  const rows = summarise(judged(questions, answers.lines.values()), attentions.map(attentionText));
  return showTasks({ ...identity, rows }, { failures, file, json: request.json });
}

/** Answers to these questions, by what they are worth today. */
function judged(questions: readonly Question[], answers: Iterable<Answer>): Answer[] {
  const asked = new Map(questions.map((question) => [`${question.task} ${question.id}`, question]));
  return [...answers].flatMap((one) => {
    const question = asked.get(`${one.task} ${one.id}`);
    return question ? [{ ...one, scores: question.judge(one.text) }] : [];
  });
}

/** The first ones of each task. */
function limited(questions: readonly Question[], limit = Number.POSITIVE_INFINITY): readonly Question[] {
  const counts = new Map<string, number>();
  return questions.filter(({ task }) => {
    const count = (counts.get(task) ?? 0) + 1;
    counts.set(task, count);
    return count <= limit;
  });
}
