/** Published task sets: what they ask, and what a model's answers are worth in each attention mode. */

export { type Answer, AnswersFile, type Identity, readAnswers } from "./answers.js";
export { levalQuestions } from "./leval/index.js";
export { Prompts } from "./prompt.js";
export type { Question, Scores } from "./question.js";
export { type AnsweringModel, type Failure, runTasks, type TasksJob, type TasksProgress } from "./run.js";
export { type Estimate, type ModeScore, summarise, type TaskSummary } from "./summary.js";
