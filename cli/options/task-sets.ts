/** Names of the task sets of `tilescript eval`, apart from what reads and makes their questions, which takes time to load. */

/** Those whose questions lie in published files. */
const READ = ["leval", "longbench", "longbench-e", "longbench2", "babilong"] as const;
/** Those whose questions are made to a length; of infinitebench where no files are given. */
export const MADE = ["infinitebench", "ruler", "needlebench"] as const;

export type TaskSet = (typeof READ)[number] | (typeof MADE)[number];
export const TASK_SETS: readonly TaskSet[] = [...READ, ...MADE];

/** Whether a run makes its questions. */
export const isMade = (name: TaskSet, { data }: { readonly data?: string }): boolean =>
  (MADE as readonly TaskSet[]).includes(name) && !(name === "infinitebench" && data !== undefined);
