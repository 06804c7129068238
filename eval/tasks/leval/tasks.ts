import {
  chosenLetters,
  exactMatch,
  f1,
  judgement,
  numberIn,
  referenceLetters,
  rougeL,
  rougeN,
} from "../../metrics/index.js";
import type { Asking, Scores } from "../question.js";

/**
 * The tasks of L-Eval (arXiv 2307.11088): how they are asked and judged. Scores are those of its published evaluation; the wording is ours, since modes are
 * compared with each other here; answers may be as long as the paper of ReAttention let them (arXiv 2407.15176, by way of OpenCompass).
 */
export interface Task {
  readonly maxTokens: number;
  readonly ask: (document: string, instruction: string, reference: string) => Asking;
  readonly judge: (answer: string, reference: string) => Scores;
  /** What else is asked of each instruction. */
  readonly also?: {
    readonly kind: string;
    readonly ask: (instruction: string) => Asking;
    readonly judge: Task["judge"];
  };
  readonly kind?: (place: number) => string;
}

const percent = (part: number): number => 100 * part;

const question =
  (system: string, opening?: string): Task["ask"] =>
  (document, instruction) => ({
    system,
    before: "",
    document,
    after: `\n\nQuestion: ${instruction}\nGive the answer alone.`,
    opening,
  });

const ANSWER = "Answer:";

const choice = (several: boolean): Task => ({
  maxTokens: 10,
  ask: question(
    `You are given a long document and a question about it with several options, of which ${several ? "one or more are" : "one is"} right. ` +
      `Answer with ${several ? "the letters of the right ones alone, such as A or BD" : "its letter alone"}.`,
    ANSWER,
  ),
  judge: (answer, reference) => ({
    accuracy: percent(exactMatch(chosenLetters(answer.trimStart(), { several }), referenceLetters(reference))),
  }),
});

const NUMBERS: Task = {
  maxTokens: 512,
  ask: (document, instruction) => ({
    system:
      "You are given examples of problems with their solutions. Solve the last problem like these, and end with: The answer is N.",
    before: "",
    document,
    after: `\n\n${instruction}`,
  }),
  judge: (answer, reference) => ({ accuracy: percent(exactMatch(numberIn(answer), numberIn(reference))) }),
};

const PLACES = ["first", "second", "third"];
const TOPIC: Task = {
  maxTokens: 30,
  kind: (place) => PLACES[place % PLACES.length]!,
  ask: (document, instruction) => ({
    system:
      "You are given the record of a conversation on many topics, each of which the user begins by naming it. Remember their names: at the end you are asked for one.",
    before: "",
    document,
    after: `\n\n${instruction}`,
  }),
  judge: (answer, reference) => ({ accuracy: percent(exactMatch(answer, reference)) }),
};

const asJudged =
  (part: 0 | 1): Task["judge"] =>
  (answer, reference) => ({
    accuracy: percent(judgement(answer) === judgement(reference.split("[fact:")[part] ?? "") ? 1 : 0),
  });

/** What holds in the story, and with no story what holds in the world. */
const FICTION: Task = {
  maxTokens: 10,
  kind: () => "loyalty",
  ask: question(
    "You are given a story and a question about it. Answer True or False by what the story says, whatever you know of the world.",
    ANSWER,
  ),
  judge: asJudged(0),
  also: {
    kind: "fact",
    ask: (instruction) => ({
      system: "Answer True or False.",
      before: "",
      document: "",
      after: `${instruction.replace("based on the world described in the document.", "based on what is known of the real world.")}\nGive the answer alone.`,
      opening: ANSWER,
    }),
    judge: asJudged(1),
  },
};

/** How long an answer is expected to be is part of the question, as published (section 4.2). */
const open = (maxTokens: number, judge: Task["judge"]): Task => ({
  maxTokens,
  ask: (document, instruction, reference) => ({
    system: "You are given a long document, and behind it an instruction. Follow the instruction by the document.",
    before: "",
    document,
    after: `\n\n${instruction}\nUse ${reference.trim().split(/\s+/).length} words.`,
  }),
  judge,
});

const byF1: Task["judge"] = (answer, reference) => ({ f1: percent(f1(answer, reference)) });
export const byRouge: Task["judge"] = (answer, reference) => ({
  "rouge-l": percent(rougeL(answer, reference)),
  "rouge-1": percent(rougeN(answer, reference, 1)),
  "rouge-2": percent(rougeN(answer, reference, 2)),
});

/** By the names of their files. */
export const TASKS: Readonly<Record<string, Task>> = {
  coursera: choice(true),
  gsm100: NUMBERS,
  quality: choice(false),
  sci_fi: FICTION,
  topic_retrieval_longchat: TOPIC,
  tpo: choice(false),
  financial_qa: open(512, byF1),
  legal_contract_qa: open(128, byF1),
  multidoc_qa: open(64, byF1),
  narrative_qa: open(50, byF1),
  natural_question: open(50, byF1),
  scientific_qa: open(64, byF1),
  gov_report_summ: open(512, byRouge),
  meeting_summ: open(512, byRouge),
  news_summ: open(512, byRouge),
  paper_assistant: open(512, byRouge),
  patent_summ: open(512, byRouge),
  review_summ: open(512, byRouge),
  tv_show_summ: open(512, byRouge),
};
