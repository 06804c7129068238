import { anyContained, shareContained } from "../../metrics/index.js";
import { EvaluationError } from "../../shared/errors.js";
import { documentName } from "../document-name.js";
import type { Question } from "../question.js";
import { Draws, filled, type Making, type Sample } from "../synthetic/index.js";
import { knownTasks } from "../task-files.js";
import { amongDocuments, DOCUMENT_TASKS, documentsOf, documentTasksIn } from "./documents.js";
import { TASKS } from "./tasks.js";
import type { Made } from "./text.js";

export interface RulerMaking extends Making {
  /** A long text in which needles are hidden, where published ones are hidden in essays; lines of noise without. */
  readonly essay?: string;
  /** Where the files of SQuAD and HotpotQA are, about whose documents `qa_1` and `qa_2` ask. */
  readonly folder?: string;
}

/** Longest answer about documents, as published. */
const DOCUMENT_TOKENS = 32;

/**
 * Questions of RULER (arXiv 2404.06654), made to a length: eight that hide needles, `vt`, `cwe` and `fwe`, and from files `qa_1` and `qa_2`. Kinds of texts, numbers of
 * needles and hops, frequencies and longest answers are the published ones, and so are scores: the share of the right values in an answer, or whether it
 * has one of the references. The wording is ours; words that are rare, or many, are two of a short list with a hyphen, since no
 * dictionary comes along.
 * Without `tasks` all that can be asked.
 * @throws EvaluationError for a task that is not RULER's, a length that is too short for one, a file that is missing or not as published, and an empty essay
 */
export function rulerQuestions(making: RulerMaking, tasks?: readonly string[]): Question[] {
  const { length, seed, essay, folder } = making;
  const words = essay?.split(/\s+/).filter((word) => word !== "");
  if (words?.length === 0) throw new EvaluationError("the essay has no words", "Give a file of plain text, or none.");
  const all = [...Object.keys(TASKS), ...Object.keys(DOCUMENT_TASKS)];
  const wanted = tasks ?? [...Object.keys(TASKS), ...(folder === undefined ? [] : documentTasksIn(folder))];
  return knownTasks({ name: "RULER", tasks: all }, wanted).flatMap((name) => {
    const drawsOf = ({ index }: Sample) => new Draws(name, length, seed, index);
    const question = (
      { index }: Sample,
      maxTokens: number,
      { answers, ...made }: Made,
      judge: typeof shareContained,
    ): Question => ({
      ...{ task: name, id: `${seed}.${length}.${index + 1}`, about: documentName(made.document) },
      ...{ groups: [String(length)], maxTokens },
      ...made,
      judge: (answer) => ({ accuracy: 100 * judge(answer, answers) }),
    });
    const task = TASKS[name];
    if (task)
      return filled(name, making, task.least, (sample, size) =>
        question(sample, task.maxTokens, task.make(drawsOf(sample), size, { length, essay: words }), shareContained),
      );
    const documents = documentsOf(name, folder);
    const samples = Math.min(making.samples, documents.questions.length);
    return filled(name, { ...making, samples }, 0, (sample, size) =>
      question(sample, DOCUMENT_TOKENS, amongDocuments(documents, sample.index, drawsOf(sample), size), anyContained),
    );
  });
}
