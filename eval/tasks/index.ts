/** Published task sets: what they ask, and what a model's answers are worth in each attention mode. */

export type { Estimate } from "../shared/estimate.js";
export { type Answer, AnswersFile, type Identity, keyOf, readAnswers } from "./answers.js";
export { babilongQuestions } from "./babilong/index.js";
export { infiniteBenchQuestions } from "./infinitebench/index.js";
export { madeInfiniteBenchQuestions } from "./infinitebench/synthetic.js";
export { levalQuestions } from "./leval/index.js";
export { longBenchQuestions } from "./longbench/index.js";
export { longBench2Questions } from "./longbench/second.js";
export { needleBenchQuestions } from "./needlebench/index.js";
export { Prompts } from "./prompt.js";
export type { Question, Scores } from "./question.js";
export { rulerQuestions } from "./ruler/index.js";
export { type AnsweringModel, type Failure, runTasks, type TasksJob, type TasksProgress } from "./run.js";
export { type ModeScore, summarise, type TaskSummary } from "./summary.js";
export type { Making } from "./synthetic/index.js";
