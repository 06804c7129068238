/** What answers are worth: means with intervals, and how modes differ on the same questions. */

import { type Estimate, estimateOf } from "../shared/estimate.js";
import { groupedBy } from "../shared/group.js";
import type { Answer } from "./answers.js";

export interface ModeScore extends Estimate {
  readonly attention: string;
  readonly answered: number;
  /** Of them those whose document was cut. */
  readonly cut: number;
  /** This mode less the first one, of the questions that both have answered. */
  readonly difference?: Estimate & { readonly questions: number };
}

export interface TaskSummary {
  /** Undefined for the mean of all tasks' own scores. */
  readonly task: string | undefined;
  /** Of a part of the task's questions. */
  readonly group?: string;
  readonly score: string;
  readonly questions: number;
  readonly modes: readonly ModeScore[];
}

/** What a document adds to the sum and the count of each kind of question. */
type Parts = ReadonlyMap<string, { readonly sum: number; readonly count: number }>;

/** One row for every score of every task that has answers, and the mean of tasks where there are several. The first mode is what others are laid beside. */
export function summarise(answers: Iterable<Answer>, attentions: readonly string[]): TaskSummary[] {
  const rows: TaskSummary[] = [];
  for (const [task, all] of groupedBy(answers, (one) => one.task)) {
    const scores = new Set(all.flatMap((one) => Object.keys(one.scores)));
    for (const score of scores) rows.push(rowOf({ task, score }, all, attentions));
    const [own] = scores;
    for (const group of new Set(all.flatMap(({ groups = [] }) => groups)))
      rows.push(
        rowOf(
          { task, group, score: own! },
          all.filter(({ groups }) => groups?.includes(group)),
          attentions,
        ),
      );
  }
  return rows.length > 0 ? [...rows, ...overall(rows, attentions)] : rows;
}

function rowOf(
  of: Pick<TaskSummary, "task" | "group" | "score">,
  answers: readonly Answer[],
  attentions: readonly string[],
): TaskSummary {
  const modes = attentions.map((attention) => answers.filter((one) => one.attention === attention));
  return {
    ...of,
    questions: new Set(modes.flat().map(({ id }) => id)).size,
    modes: attentions.map((attention, index) =>
      modeScore(attention, of.score, modes[index]!, index > 0 ? modes[0] : undefined),
    ),
  };
}

function modeScore(
  attention: string,
  score: string,
  mine: readonly Answer[],
  first: readonly Answer[] | undefined,
): ModeScore {
  const value = ({ scores }: Answer) => scores[score] ?? 0;
  const others = new Map(first?.map((one) => [one.id, one]));
  const both = mine.filter(({ id }) => others.has(id));
  return {
    attention,
    answered: mine.length,
    cut: mine.filter(({ cut }) => cut !== undefined).length,
    ...estimate(mine, value),
    ...(first && {
      difference: { questions: both.length, ...estimate(both, (one) => value(one) - value(others.get(one.id)!)) },
    }),
  };
}

function estimate(answers: readonly Answer[], value: (one: Answer) => number): Estimate {
  const documents = [...groupedBy(answers, ({ about }) => about).values()].map(
    (own): Parts =>
      new Map(
        [...groupedBy(own, ({ kind }) => kind ?? "")].map(([kind, all]) => [
          kind,
          { sum: all.reduce((sum, one) => sum + value(one), 0), count: all.length },
        ]),
      ),
  );
  return estimateOf(documents, meanOf);
}

/** The mean of the kinds' means; NaN of nothing. */
function meanOf(documents: readonly Parts[]): number {
  const kinds = new Map<string, { sum: number; count: number }>();
  for (const parts of documents)
    for (const [kind, { sum, count }] of parts) {
      const total = kinds.get(kind) ?? { sum: 0, count: 0 };
      kinds.set(kind, { sum: total.sum + sum, count: total.count + count });
    }
  let means = 0;
  for (const { sum, count } of kinds.values()) means += sum / count;
  return means / kinds.size;
}

/** Tasks have the same weight, by their own scores, where all modes have answers. */
function overall(rows: readonly TaskSummary[], attentions: readonly string[]): TaskSummary[] {
  const own = rows.filter((row, index) => rows.findIndex(({ task }) => task === row.task) === index);
  const whole = own.filter(({ modes }) => modes.every(({ answered }) => answered > 0));
  if (whole.length < 2) return [];
  const total = (of: (row: TaskSummary) => number) => whole.reduce((sum, row) => sum + of(row), 0);
  const modes = attentions.map((attention, index): ModeScore => {
    const mine = whole.map((row) => row.modes[index]!);
    const differences = mine.flatMap(({ difference }) => difference ?? []);
    return {
      attention,
      answered: total((row) => row.modes[index]!.answered),
      cut: total((row) => row.modes[index]!.cut),
      ...meanOfTasks(mine),
      ...(index > 0 && {
        difference: {
          questions: differences.reduce((sum, { questions }) => sum + questions, 0),
          ...meanOfTasks(differences),
        },
      }),
    };
  });
  return [{ task: undefined, score: "mean", questions: total(({ questions }) => questions), modes }];
}

/** Tasks do not hang together: half widths add as squares. */
function meanOfTasks(all: readonly Estimate[]): Estimate {
  const mean = all.reduce((sum, one) => sum + one.mean, 0) / all.length;
  let squares = 0;
  for (const { low, high } of all) {
    if (low === undefined || high === undefined) return { mean };
    squares += ((high - low) / 2) ** 2;
  }
  const half = Math.sqrt(squares) / all.length;
  return { mean, low: mean - half, high: mean + half };
}
