/** Needle in a haystack: does a model find one sentence in a long text, and how deep in how long a text. */

export { EvaluationError } from "../shared/errors.js";
export type { Answer, Answerer, OpenAnswerer, Question } from "./answerer.js";
export { Hay, noise } from "./hay.js";
export { heatMapOf } from "./heat-map.js";
export { type AnsweringModel, modelAnswerer } from "./model-answerer.js";
export { endsInNumber } from "./needle.js";
export { type Prompt, PromptBuilder, type PromptRequest, type Span } from "./prompt.js";
export { type LayerWindows, type Recall, recallOf } from "./recall.js";
export {
  accuracyOf,
  emptyResults,
  type NiahCell,
  type NiahIdentity,
  type NiahResults,
  type NiahRun,
  niahResults,
  recallOfCell,
} from "./results.js";
export { continueResults, readResults, writeResults } from "./results-file.js";
export { countQuestions, type NiahJob, type NiahPlan, type NiahProgress, runNiah } from "./run.js";
export { adjectives, nouns } from "./words.js";
