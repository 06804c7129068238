import { z } from "zod";
import { EvaluationError } from "../../shared/errors.js";
import { readJson, readJsonList } from "../json-lines.js";
import type { Draws } from "../synthetic/index.js";
import { placeOf } from "../task-files.js";
import type { Made } from "./text.js";

/** Questions with the documents that answer them, among documents that do not. */
export interface Documents {
  readonly texts: readonly string[];
  readonly questions: readonly DocumentQuestion[];
}

interface DocumentQuestion {
  readonly question: string;
  readonly answers: readonly string[];
  /** Which documents must be there, and which others come first: indices of `texts`. */
  readonly own: readonly number[];
  readonly near: readonly number[];
}

const squad = z.object({
  data: z.array(
    z.object({
      paragraphs: z.array(
        z.object({
          context: z.string(),
          qas: z.array(
            z.object({
              question: z.string(),
              is_impossible: z.boolean().optional(),
              answers: z.array(z.object({ text: z.string() })),
            }),
          ),
        }),
      ),
    }),
  ),
});

const hotpot = z.object({
  question: z.string(),
  answer: z.string(),
  context: z.array(z.tuple([z.string(), z.array(z.string())])),
});

/** Texts by their places, each once. */
class Texts {
  readonly texts: string[] = [];
  readonly #places = new Map<string, number>();

  placeOf(text: string): number {
    const known = this.#places.get(text);
    if (known !== undefined) return known;
    this.#places.set(text, this.texts.length);
    return this.texts.push(text) - 1;
  }
}

function readSquad(path: string): Documents {
  const all = new Texts();
  const questions = readJson(path, squad).data.flatMap(({ paragraphs }) => {
    const article = paragraphs.map(({ context }) => all.placeOf(context));
    return paragraphs.flatMap(({ qas }, index) =>
      qas.flatMap(({ question, answers, is_impossible }): DocumentQuestion[] => {
        if (is_impossible || answers.length === 0) return [];
        const own = article[index]!;
        const near = article.filter((place) => place !== own);
        return [{ question, answers: answers.map(({ text }) => text), own: [own], near }];
      }),
    );
  });
  return { texts: all.texts, questions };
}

function readHotpot(path: string): Documents {
  const all = new Texts();
  const questions = readJsonList(path, hotpot).map(({ question, answer, context }) => ({
    ...{ question, answers: [answer], near: [] },
    own: context.map(([title, sentences]) => all.placeOf(`${title}\n${sentences.join("")}`)),
  }));
  return { texts: all.texts, questions };
}

interface DocumentTask {
  /** What the file is called by RULER, and where it comes from. */
  readonly files: readonly string[];
  readonly read: (path: string) => Documents;
  readonly from: string;
}

export const DOCUMENT_TASKS: Readonly<Record<string, DocumentTask>> = {
  qa_1: {
    files: ["squad.json", "dev-v2.0.json"],
    read: readSquad,
    from: "dev-v2.0.json of https://rajpurkar.github.io/SQuAD-explorer",
  },
  qa_2: {
    files: ["hotpotqa.json", "hotpot_dev_distractor_v1.json"],
    read: readHotpot,
    from: "hotpot_dev_distractor_v1.json of https://hotpotqa.github.io",
  },
};

const pathOf = ({ files }: DocumentTask, folder: string): string | undefined =>
  files.map((file) => placeOf(folder, ["", "json"], file)).find((path) => path !== undefined);

/** Tasks whose files a folder has. */
export const documentTasksIn = (folder: string): string[] =>
  Object.keys(DOCUMENT_TASKS).filter((task) => pathOf(DOCUMENT_TASKS[task]!, folder));

/** @throws EvaluationError where the file is missing, has no question, or is not as published */
export function documentsOf(task: string, folder: string | undefined): Documents {
  const { files, read, from } = DOCUMENT_TASKS[task]!;
  const path = folder === undefined ? undefined : pathOf(DOCUMENT_TASKS[task]!, folder);
  if (path === undefined)
    throw new EvaluationError(
      `${task} asks about documents, and ${folder === undefined ? "no folder was given" : `${folder} has no file ${files[0]}`}`,
      `Give --data a folder with ${from}, or leave the task out of --tasks.`,
    );
  const documents = read(path);
  if (documents.questions.length === 0) throw new EvaluationError(`${path} has no question`, "Fetch the file again.");
  return documents;
}

/** A question among `size` documents more than its own: those of the same article first, and all of them again where there are not enough. */
export function amongDocuments({ texts, questions }: Documents, index: number, draws: Draws, size: number): Made {
  const { question, answers, own, near } = questions[index]!;
  const taken = new Set([...own, ...near]);
  const far = size > near.length ? [...texts.keys()].filter((place) => !taken.has(place)) : [];
  const others = [...draws.sample(near, size), ...draws.sample(far, Math.max(0, size - near.length))];
  while (others.length < size) others.push(draws.below(texts.length));
  const document = draws
    .shuffled([...own, ...others])
    .map((place, at) => `Document ${at + 1}:\n${texts[place]}`)
    .join("\n\n");
  return {
    before: "A question follows these documents. Some of them answer it.\n\n",
    document,
    after: `\n\nQuestion: ${question}\nGive the answer alone, in as few words as possible.`,
    opening: "Answer:",
    answers,
  };
}
