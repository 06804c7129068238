import { containsReference, firstCapital, firstLetters, statedNumber } from "../../metrics/index.js";
import type { Scores } from "../question.js";
import { byRouge, TASKS, type Task } from "./tasks.js";

const accuracy = (isRight: boolean): Scores => ({ accuracy: isRight ? 100 : 0 });

/** Judged as OpenCompass does. */
const JUDGES: Readonly<Record<string, Task["judge"]>> = {
  tpo: (answer, reference) => accuracy(firstCapital(answer) === reference),
  gsm100: (answer, reference) => accuracy(statedNumber(answer) === reference.replaceAll(",", "")),
  // Options are given with their letters: "(B) The …".
  quality: (answer, reference) => accuracy(firstCapital(answer) === reference[1]),
  coursera: (answer, reference) => accuracy(firstLetters(answer) === reference),
  topic_retrieval_longchat: (answer, reference) => accuracy(containsReference(answer, reference)),
  scientific_qa: byRouge,
  multidoc_qa: byRouge,
  paper_assistant: byRouge,
  natural_question: byRouge,
  financial_qa: byRouge,
  legal_contract_qa: byRouge,
  narrative_qa: byRouge,
};

/**
 * The tasks of L-Eval as the evaluation of ReAttention ran them (arXiv 2407.15176, section 4.1), by way of OpenCompass: prompts without a chat template, of which
 * the middle is left out where they are too long, and its own scores; the wording is that of the others here.
 */
export const OPENCOMPASS_TASKS: Readonly<Record<string, Task>> = Object.fromEntries(
  Object.entries(JUDGES).map(([name, judge]) => {
    const { maxTokens, kind, ask } = TASKS[name]!;
    const bare: Task["ask"] = (...asked) => ({ ...ask(...asked), bare: true, cut: "prompt-middle" });
    return [name, { maxTokens, kind, ask: bare, judge }];
  }),
);
