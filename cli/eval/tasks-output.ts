import type { Answer, Failure, Identity, TaskSummary, TasksProgress } from "../../eval/tasks/index.js";
import { integerText } from "../../runtime/integers.js";
import { kindOf } from "../../runtime/reattention/index.js";
import { timeLeft } from "../report/progress.js";
import { endOf } from "./ending.js";
import { estimateText, modeLines, tableText } from "./table.js";

/** The progress line. */
export function standingOfTasks({
  attention,
  task,
  done,
  total,
  promptTokens,
  read,
  remainingMs,
}: TasksProgress): string {
  const left = remainingMs === undefined ? "" : `, about ${timeLeft(remainingMs)} left`;
  const reading = read > 0 ? `, reading ${Math.round((100 * read) / promptTokens)} %` : "";
  return `${done} of ${total}${left}: ${kindOf(attention)}, ${task}, ${integerText(promptTokens)} tokens${reading}`;
}

/** One answer, for logs. */
export function toldOfTask(one: Answer | Failure): string {
  const where = `${kindOf(one.attention)} ${one.task} ${one.id}`;
  if ("error" in one) return `${where}: ${one.error}`;
  const cut = one.cut === undefined ? "" : ` (${one.cut} more were cut)`;
  return `${where}: ${one.promptTokens} tokens${cut}, ${one.seconds.toFixed(1)} s`;
}

interface Shown {
  /** The questions of this run that have no answer. */
  readonly failures: readonly Failure[];
  readonly file: string;
  readonly json?: boolean;
}

/** Prints a table or JSON, and where the answers are. Gives the exit code: 1 where a question of this run has no answer. */
export function showTasks(
  results: Identity & { readonly rows: readonly TaskSummary[] },
  { failures, file, json }: Shown,
): number {
  if (json) console.log(JSON.stringify(results));
  else console.log(tableOf(results.rows));
  return endOf(
    failures.map(({ error }) => error),
    [file],
  );
}

/** Lengths as people write them. */
export const groupText = (group: string): string => (/^\d+$/.test(group) ? integerText(Number(group)) : group);

/** A line for every score of every task: each mode's, and how far the others are from the first. */
function tableOf(rows: readonly TaskSummary[]): string {
  const [first] = rows;
  if (!first) return "No answers.";
  const names = first.modes.map(({ attention }) => kindOf(attention));
  const head = ["", "", ...names.flatMap((name, index) => (index === 0 ? [name] : [name, `less ${names[0]}`]))];
  const body = rows.map(({ task, group, score, modes, questions }) => [
    group === undefined ? (task ?? "all tasks") : `  ${groupText(group)}`,
    score,
    ...modes.flatMap(({ difference, answered, ...mode }) => [
      `${estimateText(mode)}${answered > 0 && answered < questions ? ` of ${answered}` : ""}`,
      ...(difference ? [estimateText(difference, { signed: true })] : []),
    ]),
  ]);
  const cut = rows.some(({ modes }) => modes.some((mode) => mode.cut > 0));
  const notes = [
    "± is half of the interval that 95 of 100 draws of other documents fall into.",
    ...(cut
      ? ["Where a mode reads less than a document, a part of it was left out; --json says of how many questions."]
      : []),
    ...modeLines(first.modes),
  ];
  return [...tableText(head, body, 2), "", ...notes].join("\n");
}
