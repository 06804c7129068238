import { keywordsFound, needleScore } from "../../metrics/index.js";
import { EvaluationError } from "../../shared/errors.js";
import type { Question } from "../question.js";
import { Draws, filled, type Making } from "../synthetic/index.js";
import { knownTasks } from "../task-files.js";
import { type Language, type Needle, readNeedles, readTexts } from "./files.js";

const ENGLISH: Language = { name: "English", hay: ["PaulGrahamEssays.jsonl", "en_un_asr.jsonl"] };
const CHINESE: Language = {
  name: "Chinese",
  hay: [
    "zh_finance.jsonl",
    "zh_all.jsonl",
    "zh_general.jsonl",
    "zh_game.jsonl",
    "zh_government.jsonl",
    "zh_movie.jsonl",
    "zh_tech.jsonl",
  ],
};

/** What is hidden and what of it is asked: one needle; many and all; many and one. */
type Kind = "single" | "multi_needle" | "multi_key";

const TASKS: Readonly<Record<string, { readonly kind: Kind; readonly language: Language }>> = {
  single_en: { kind: "single", language: ENGLISH },
  single_zh: { kind: "single", language: CHINESE },
  multi_needle_en: { kind: "multi_needle", language: ENGLISH },
  multi_needle_zh: { kind: "multi_needle", language: CHINESE },
  multi_key_en: { kind: "multi_key", language: ENGLISH },
  multi_key_zh: { kind: "multi_key", language: CHINESE },
};

/** In hundredths of the text, as published for single needles. */
const DEPTHS = [1, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100];

/** Room for one answer. */
const MAX_TOKENS = 50;

export interface NeedleBenchMaking extends Making {
  /** Of each of them `samples` questions are made; where many needles are hidden one is at each. */
  readonly depths?: readonly number[];
}

/**
 * Questions of NeedleBench (arXiv 2407.11963) with the needles and texts of its published files, made to a length of tokens of the model that is asked (published
 * lengths are in GPT-4's). Scores are the published ones: 100 for an answer with the keyword, else at most 20 by how like the needle it is; of many needles the
 * share of their keywords. The wording around text and question is ours. Where a question says how its answer goes, the answer is begun so: in the paper of
 * ReAttention (arXiv 2407.15176) prompts end so too. Without `tasks` the English ones.
 * @throws EvaluationError for another task, depths outside the text, a length that is too short, too few needles, and a file that is missing or not as published
 */
export function needleBenchQuestions(
  folder: string,
  making: NeedleBenchMaking,
  tasks: readonly string[] = Object.keys(TASKS).filter((task) => task.endsWith("_en")),
): Question[] {
  const depths = [...new Set(making.depths ?? DEPTHS)];
  if (depths.length === 0 || depths.some((depth) => !(depth >= 0 && depth <= 100)))
    throw new EvaluationError(`depths of needles are ${depths.join(", ") || "none"}`, "Give numbers from 0 to 100.");
  return knownTasks({ name: "NeedleBench", tasks: Object.keys(TASKS) }, tasks).flatMap((task) => {
    const { kind, language } = TASKS[task]!;
    const needles = readNeedles(folder, language);
    const texts = readTexts(folder, language);
    const hide = (draws: Draws, depth?: number): Hidden[] =>
      kind === "single" ? [{ depth: depth!, needle: draws.pick(needles) }] : apart(task, draws, needles, depths);
    return (kind === "multi_needle" ? [undefined] : depths).flatMap((depth) => made(task, making, texts, hide, depth));
  });
}

interface Hidden {
  readonly depth: number;
  readonly needle: Needle;
}

/** A needle for each depth, none about the same thing as another. */
function apart(task: string, draws: Draws, needles: readonly Needle[], depths: readonly number[]): Hidden[] {
  const chosen: Needle[] = [];
  for (const one of draws.shuffled(needles)) {
    if (chosen.length === depths.length) break;
    if (!chosen.some(({ arg1, arg2 }) => arg1 === one.arg1 || arg2 === one.arg2)) chosen.push(one);
  }
  if (chosen.length < depths.length)
    throw new EvaluationError(
      `${task} hides ${depths.length} needles, and only ${chosen.length} of the file differ in what they are about`,
      "Give fewer --depths.",
    );
  return chosen.map((needle, index) => ({ needle, depth: depths[index]! }));
}

/** Questions of one task, or of one of its depths: then about the needle that is there. */
function made(
  task: string,
  making: Making,
  texts: readonly string[],
  hide: (draws: Draws, depth?: number) => readonly Hidden[],
  depth?: number,
): Question[] {
  const { length, seed } = making;
  return filled(task, making, 1, ({ index }, size) => {
    const draws = new Draws(task, length, seed, depth ?? "all", index);
    const hidden = hide(draws, depth);
    const asked = hidden.flatMap((one) => (depth === undefined || one.depth === depth ? [one.needle] : []));
    const keywords = asked.map(({ arg2 }) => arg2);
    const [one] = asked as [Needle];
    const id = [seed, length, ...(depth === undefined ? [] : [depth]), index + 1].join(".");
    return {
      ...{ task, id, about: id, maxTokens: MAX_TOKENS * asked.length },
      groups: [String(length), ...(depth === undefined ? [] : [`depth ${depth}`])],
      before: "Questions follow this text. Answer them by it, and say nothing else.\n\n",
      document: withNeedles(beginning(draws.shuffled(texts), size), hidden),
      after: `\n\n${asked.map(({ retrieval_question }) => retrieval_question.trim()).join("\n")}`,
      opening: depth === undefined ? undefined : beginningOf(one.retrieval_question),
      judge: (answer) => ({
        score:
          100 *
          (depth === undefined
            ? keywordsFound(answer, keywords)
            : needleScore(answer, { keyword: one.arg2, needle: one.needle })),
      }),
    };
  });
}

/** How a right answer begins: what stands behind the last quotation mark that is no apostrophe, up to the blank that is to be filled. */
const beginningOf = (question: string): string | undefined => /.*(?<![a-z])['‘"“](.*?)\s*_{2,}/s.exec(question)?.[1];

/** Words with the blanks behind them; long ones, and texts without blanks, in pieces. */
const PIECE = /\S{1,8}\s*/gu;

/** The first `size` pieces of texts, again from the first where they have fewer. */
function beginning(texts: readonly string[], size: number): string[] {
  const pieces: string[] = [];
  for (let place = 0; pieces.length < size; place = (place + 1) % texts.length)
    for (const piece of `${texts[place]}\n`.match(PIECE) ?? []) pieces.push(piece);
  return pieces.slice(0, size);
}

/** Needles on lines of their own, each at its depth. */
function withNeedles(pieces: readonly string[], hidden: readonly Hidden[]): string {
  const parts: string[] = [];
  let from = 0;
  for (const { depth, needle } of [...hidden].sort((a, b) => a.depth - b.depth)) {
    const to = Math.floor((pieces.length * depth) / 100);
    parts.push(pieces.slice(from, to).join(""), `\n${needle.needle}\n`);
    from = to;
  }
  return [...parts, pieces.slice(from).join("")].join("");
}
