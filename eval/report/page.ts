/** Everything that evaluations have written into a folder, as one page that needs nothing else. */

import { escaped } from "../../chart/escaped.js";
import { lineChart, type Series } from "../../chart/index.js";
import { integerText } from "../../runtime/integers.js";
import { kindOf } from "../../runtime/reattention/index.js";
import { heatMapOf, type NiahResults } from "../niah/index.js";
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
}

/** Names of task sets for people. */
const NAMES: Readonly<Record<string, string>> = {
  leval: "L-Eval",
  longbench: "LongBench",
  "longbench-e": "LongBench-E",
  longbench2: "LongBench v2",
  infinitebench: "InfiniteBench",
  ruler: "RULER",
  needlebench: "NeedleBench",
  babilong: "BABILong",
};

export function reportPage({ taskSets, niah }: Findings): string {
  const sections = [...taskSets.map(taskSet), ...niah.map((results) => `<section>${heatMapOf(results)}</section>`)];
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
<details><summary>Modes</summary><ul>${attentions.map((one) => `<li><code>${escaped(one)}</code></li>`).join("")}</ul></details></section>`;
}

function table(rows: readonly TaskSummary[]): string {
  if (rows.length === 0) return "<p>No answers.</p>";
  const [first, ...others] = rows[0]!.modes.map(({ attention }) => escaped(kindOf(attention)));
  const head = ["task", "score", "questions", first!, ...others.flatMap((name) => [name, `less ${first}`])];
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

const text = ({ mean, low, high }: Estimate): string =>
  Number.isNaN(mean)
    ? "–"
    : `${mean.toFixed(1)}${low === undefined || high === undefined ? "" : ` <small>± ${((high - low) / 2).toFixed(1)}</small>`}`;

function scoreCell(mode: ModeScore, questions: number): string {
  const notes = [
    ...(mode.answered < questions ? [`${mode.answered} answered`] : []),
    ...(mode.cut > 0 ? [`${mode.cut} of documents that were cut`] : []),
  ];
  return `<td>${text(mode)}${notes.length > 0 ? `<br><small>${notes.join(", ")}</small>` : ""}</td>`;
}

function differenceCell(difference: Estimate): string {
  const { mean, low = Number.NaN, high = Number.NaN } = difference;
  const kind = low > 0 ? "better" : high < 0 ? "worse" : "even";
  return `<td class="${kind}">${mean > 0 ? "+" : ""}${text(difference)}</td>`;
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
