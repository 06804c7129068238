import { existsSync } from "node:fs";
import { join } from "node:path";
import { EvaluationError } from "../shared/errors.js";

/** The published files of a task set. */
export interface TaskSet {
  /** For people. */
  readonly name: string;
  readonly tasks: readonly string[];
  /** Where files may lie in the folder that is given. */
  readonly places: readonly string[];
  /** What else stands in the name of a task's file. */
  readonly suffix?: string;
  /** What --data has to name. */
  readonly data: string;
}

export interface TaskFile {
  readonly task: string;
  readonly path: string;
}

/** The first of the places in which a folder has a file. */
export const placeOf = (folder: string, places: readonly string[], name: string): string | undefined =>
  places.map((place) => join(folder, place, name)).find(existsSync);

/**
 * Tasks with their files, in the order given. Without `wanted` all whose files are there.
 * @throws EvaluationError for a task that is not of the set, a file that is missing, and a folder without any
 */
export function taskFiles(
  { name, tasks, places, suffix = ".jsonl", data }: TaskSet,
  folder: string,
  wanted?: readonly string[],
): TaskFile[] {
  const pathOf = (task: string) => placeOf(folder, places, `${task}${suffix}`);
  const chosen = knownTasks({ name, tasks }, wanted ?? tasks.filter(pathOf));
  if (chosen.length === 0)
    throw new EvaluationError(`${folder} has no file of ${name}, such as ${tasks[0]}${suffix}`, `Give --data ${data}.`);
  return chosen.map((task) => {
    const path = pathOf(task);
    if (path === undefined)
      throw new EvaluationError(
        `${folder} has no file ${task}${suffix}`,
        "Leave the task out of --tasks, or give another folder.",
      );
    return { task, path };
  });
}

/** @throws EvaluationError for a task that is not of the set */
export function knownTasks<Task extends string>(
  { name, tasks }: { readonly name: string; readonly tasks: readonly Task[] },
  wanted: readonly string[],
): Task[] {
  return wanted.map((task) => {
    const known = tasks.find((one) => one === task);
    if (known === undefined)
      throw new EvaluationError(
        `${task} is no task of ${name} that can be judged here`,
        `Tasks are ${tasks.join(", ")}.`,
      );
    return known;
  });
}
