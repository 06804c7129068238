import {
  chineseF1,
  chineseRougeL,
  chineseWords,
  classification,
  codeSimilarity,
  f1,
  firstLine,
  numberBehind,
  shareOfNumbers,
  unionRougeL,
} from "../../metrics/index.js";
import type { Asking } from "../question.js";

/** How far an answer is like one of its references, 0 to 1. */
type Metric = (answer: string, reference: string, classes: readonly string[]) => number;

/** How a task of LongBench (arXiv 2308.14508) is judged, and what of its asking is not in the published files. */
export interface Task {
  readonly score: string;
  /** Loaded when the task is asked: what cuts Chinese into words may be missing. */
  readonly metric: () => Metric;
  readonly asking?: Pick<Asking, "bare" | "stop">;
  /** Of a reference that the metric cannot do with. */
  readonly refuses?: (reference: string) => boolean;
}

const FEW_SHOT = { bare: true } as const;

const QUESTION: Task = { score: "f1", metric: () => f1 };
const SUMMARY: Task = { score: "rouge-l", metric: () => unionRougeL };
const CHINESE_QUESTION: Task = { score: "f1", metric: () => chineseF1(chineseWords()) };
const CHINESE_SUMMARY: Task = { score: "rouge-l", metric: () => chineseRougeL(chineseWords()) };
const CLASSES: Task = {
  score: "accuracy",
  metric: () => (answer, reference, classes) => classification(firstLine(answer), reference, classes),
  asking: FEW_SHOT,
};
const CODE: Task = { score: "similarity", metric: () => codeSimilarity, asking: FEW_SHOT };

const ofFirstLine = (task: Task, stop?: readonly string[]): Task => ({
  ...task,
  metric: () => {
    const metric = task.metric();
    return (answer, ...rest) => metric(firstLine(answer), ...rest);
  },
  asking: { ...FEW_SHOT, stop },
});

const paragraph = (word: string): Task => ({
  score: "accuracy",
  metric: () => (answer, reference) => shareOfNumbers(answer, numberBehind(word, reference)!),
  refuses: (reference) => numberBehind(word, reference) === undefined,
});

/** By the names of their files. */
export const TASKS: Readonly<Record<string, Task>> = {
  narrativeqa: QUESTION,
  qasper: QUESTION,
  multifieldqa_en: QUESTION,
  multifieldqa_zh: CHINESE_QUESTION,
  hotpotqa: QUESTION,
  "2wikimqa": QUESTION,
  musique: QUESTION,
  dureader: CHINESE_SUMMARY,
  gov_report: SUMMARY,
  qmsum: SUMMARY,
  multi_news: SUMMARY,
  vcsum: CHINESE_SUMMARY,
  trec: CLASSES,
  triviaqa: ofFirstLine(QUESTION),
  samsum: ofFirstLine(SUMMARY, ["\n"]),
  lsht: CLASSES,
  passage_count: { score: "accuracy", metric: () => shareOfNumbers },
  passage_retrieval_en: paragraph("Paragraph "),
  passage_retrieval_zh: paragraph("段落"),
  lcc: CODE,
  "repobench-p": CODE,
};
