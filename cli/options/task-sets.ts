/** Names of the task sets of `tilescript eval`, apart from what reads and makes their questions, which takes time to load. */

/** Those whose questions lie in published files. */
const READ = [
  ...(["leval", "leval-opencompass", "longbench", "longbench-opencompass", "longbench-e", "longbench2"] as const),
  "babilong",
] as const;
/** Those whose questions are made to a length; of infinitebench where no files are given. */
export const MADE = ["infinitebench", "ruler", "needlebench"] as const;

export type TaskSet = (typeof READ)[number] | (typeof MADE)[number];
export const TASK_SETS: readonly TaskSet[] = [...READ, ...MADE];

/** Whether a run makes its questions. */
export const isMade = (name: TaskSet, { data }: { readonly data?: string }): boolean =>
  (MADE as readonly TaskSet[]).includes(name) && !(name === "infinitebench" && data !== undefined);

/** The longest prompt with its answer that is asked for where nobody says one; dense attention has its own where that is shorter. */
export const usualLength = (name: TaskSet): number =>
  name.endsWith("-opencompass") ? 31_500 : Number.POSITIVE_INFINITY;
