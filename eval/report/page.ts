/** Everything that evaluations have written into a folder, as one page that needs nothing else. */

import { escaped } from "../../chart/escaped.js";
import { lineChart, type Series } from "../../chart/index.js";
import { integerText } from "../../runtime/integers.js";
import { kindOf } from "../../runtime/reattention/index.js";
import { heatMapOf, type NiahResults } from "../niah/index.js";
import { type Bucket, chartOfBits, type ScoresIdentity, summariseBits } from "../perplexity/index.js";
import { groupedBy } from "../shared/group.js";
import type { Lines } from "../shared/lines-file.js";
import {
  type Answer,
  type Estimate,
  type Identity,
  type ModeScore,
  summarise,
  type TaskSummary,
} from "../tasks/index.js";
import { STYLE } from "./style.js";

/** What a folder has. */
export interface Findings {
  readonly taskSets: readonly Lines<Identity, Answer>[];
  readonly niah: readonly NiahResults[];
  readonly scores: readonly Lines<ScoresIdentity, Bucket>[];
}

/** Names of task sets for people. */
const NAMES: Readonly<Record<string, string>> = {
  leval: "L-Eval",
  "leval-opencompass": "L-Eval as OpenCompass judges",
  longbench: "LongBench",
  "longbench-opencompass": "LongBench as OpenCompass asks",
  "longbench-e": "LongBench-E",
  longbench2: "LongBench v2",
  infinitebench: "InfiniteBench",
  ruler: "RULER",
  needlebench: "NeedleBench",
  babilong: "BABILong",
};

export function reportPage({ taskSets, niah, scores }: Findings): string {
  const sections = [
    ...taskSets.map(taskSet),
    ...niah.map((results) => `<section>${heatMapOf(results)}</section>`),
    ...scores.map(textScores),
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Evaluation</title>
<style>${STYLE}</style></head>
<body><main><h1>Evaluation</h1>
${sections.join("\n")}
</main></body></html>
`;
}

function taskSet({ of, lines }: Findings["taskSets"][number]): string {
  const { model, maxLength, taskSet: name } = of;
  const all = [...lines.values()];
  const attentions = [...new Set(all.map(({ attention }) => attention))];
  const length = maxLength === null ? "" : `; prompts and answers of ${integerText(maxLength)} tokens at the most`;
  return `<section><h2>${escaped(NAMES[name] ?? name)}</h2>
<p>${escaped(model.name)}, trained for ${integerText(model.trainedContext)} tokens${length}.</p>
${table(summarise(all, attentions))}
${byLength(all, attentions)}
${modesList(attentions)}</section>`;
}

const modesList = (attentions: readonly string[]): string =>
  `<details><summary>Modes</summary><ul>${attentions.map((one) => `<li><code>${escaped(one)}</code></li>`).join("")}</ul></details>`;

/** Names of the modes, and behind each but the first a column that compares it with that. */
function modeHeads(modes: readonly { readonly attention: string }[]): string[] {
  const [first, ...others] = modes.map(({ attention }) => escaped(kindOf(attention)));
  return [first!, ...others.flatMap((name) => [name, `less ${first}`])];
}

/** Bits a byte of a text, by position. */
function textScores({ of, lines }: Findings["scores"][number]): string {
  const { model, text: from } = of;
  const all = [...lines.values()];
  const attentions = [...new Set(all.map(({ attention }) => attention))];
  const heading = `<section><h2>Bits a byte of a text</h2>
<p>${escaped(model.name)}, trained for ${integerText(model.trainedContext)} tokens; ${escaped(from.name)}.</p>`;
  const rows = summariseBits(all, attentions);
  if (rows.length === 0) return `${heading}<p>No scores.</p></section>`;
  const head = ["tokens", "pieces", ...modeHeads(rows[0]!.modes)];
  const body = rows.map(({ from, to, modes }) => {
    const pieces = Math.max(...modes.map((mode) => mode.pieces));
    const cells = modes.flatMap(({ difference, ...mode }) => [
      `<td>${text(mode, 4)}</td>`,
      // Fewer bits are better.
      ...(difference ? [differenceCell(difference, { digits: 4, less: true })] : []),
    ]);
    return `<tr><th>${integerText(from)} to ${integerText(to)}</th><td>${pieces}</td>${cells.join("")}</tr>`;
  });
  return `${heading}
<table><thead><tr>${head.map((name) => `<th>${name}</th>`).join("")}</tr></thead><tbody>${body.join("")}</tbody></table>
<p class="note">By the position in a piece that is read from its beginning; less is better. ± is half of the interval that 95 of 100 draws of other pieces fall into.
Texts are read as prompts are: in reattention the tokens of a chunk choose together what they see, so those behind a token have a say in it.</p>
${chartOfBits(of, rows)}
${modesList(attentions)}</section>`;
}

function table(rows: readonly TaskSummary[]): string {
  if (rows.length === 0) return "<p>No answers.</p>";
  const head = ["task", "score", "questions", ...modeHeads(rows[0]!.modes)];
  const body = rows.map(({ task, group, score, questions, modes }) => {
    const cells = modes.flatMap((mode) => [
      scoreCell(mode, questions),
      ...(mode.difference ? [differenceCell(mode.difference)] : []),
    ]);
    const title = task === undefined ? "all tasks" : escaped(group === undefined ? task : `${task}, ${group}`);
    return `<tr${task === undefined ? ' class="all"' : ""}><th>${title}</th><td>${escaped(score)}</td><td>${questions}</td>${cells.join("")}</tr>`;
  });
  return `<table><thead><tr>${head.map((name) => `<th>${name}</th>`).join("")}</tr></thead><tbody>${body.join("")}</tbody></table>
<p class="note">± is half of the interval that 95 of 100 draws of other documents fall into; differences are of the questions that both modes have answered,
and marked where that interval has no 0 in it.</p>`;
}

const text = ({ mean, low, high }: Estimate, digits = 1): string =>
  Number.isNaN(mean)
    ? "–"
    : `${mean.toFixed(digits)}${low === undefined || high === undefined ? "" : ` <small>± ${((high - low) / 2).toFixed(digits)}</small>`}`;

function scoreCell(mode: ModeScore, questions: number): string {
  const notes = [
    ...(mode.answered < questions ? [`${mode.answered} answered`] : []),
    ...(mode.cut > 0 ? [`${mode.cut} of documents that were cut`] : []),
  ];
  return `<td>${text(mode)}${notes.length > 0 ? `<br><small>${notes.join(", ")}</small>` : ""}</td>`;
}

/** `less`: where less is better. */
function differenceCell(difference: Estimate, { digits = 1, less = false } = {}): string {
  const { mean, low = Number.NaN, high = Number.NaN } = difference;
  const kind = low > 0 ? (less ? "worse" : "better") : high < 0 ? (less ? "better" : "worse") : "even";
  return `<td class="${kind}">${mean > 0 ? "+" : ""}${text(difference, digits)}</td>`;
}

/** Each mode's own score by the length of the prompt, in lengths that double; nothing where there is but one. */
function byLength(answers: readonly Answer[], attentions: readonly string[]): string {
  const lengthOf = ({ promptTokens }: Answer) => 2 ** Math.ceil(Math.log2(promptTokens));
  const ownScore = ({ scores }: Answer) => Object.values(scores)[0] ?? 0;
  const series = attentions.map((attention): Series => {
    const lengths = groupedBy(
      answers.filter((one) => one.attention === attention),
      lengthOf,
    );
    const points = [...lengths].map(([tokens, all]): [number, number] => [
      tokens,
      all.reduce((sum, one) => sum + ownScore(one), 0) / all.length,
    ]);
    return { name: kindOf(attention), points: points.sort(([a], [b]) => a - b) };
  });
  if (new Set(answers.map(lengthOf)).size < 2) return "";
  return lineChart({
    title: "Score by length",
    subtitle: "Means of all tasks' own scores, of prompts up to so many tokens",
    x: { label: "tokens of the prompt", scale: "log2", format: integerText },
    y: { label: "score", scale: "percent" },
    series,
  });
}
