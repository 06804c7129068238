/** Results as a picture: depth by context, one panel an attention mode. */

import { type HeatCell, type HeatMap, type HeatPanel, heatMap } from "../../chart/index.js";
import { integerText } from "../../runtime/integers.js";
import { accuracyOf, type NiahCell, type NiahResults, recallOfCell } from "./results.js";

/** Titles of the modes; what follows the colon of their text is shown beneath. */
const TITLES: Readonly<Record<string, string>> = {
  dense: "Dense attention",
  streaming: "StreamingLLM (no retrieval)",
  reattention: "ReAttention",
};

/** Why there is no answer, in as few letters as a cell has room for. */
const REASONS: readonly (readonly [RegExp, string])[] = [
  [/memory/i, "no memory"],
  [/trained for/, "too long"],
];

const PREFIXES = [
  { prefix: true, text: "with the answer's beginning" },
  { prefix: false, text: "question alone" },
] as const;

/** An SVG of all cells that were asked. */
export function heatMapOf(results: NiahResults): string {
  const attentions = [...new Set(results.cells.map(({ attention }) => attention))];
  const asked = PREFIXES.filter(({ prefix }) =>
    results.cells.some(({ runs }) => runs.some((run) => run.prefix === prefix)),
  );
  const recalls = results.cells.some((cell) => PREFIXES.some(({ prefix }) => recallOfCell(cell, prefix)));
  const { model, hay, device } = results;
  const map: HeatMap = {
    title: "Needle in a haystack",
    subtitle: [
      `${model.name}, trained for ${integerText(model.trainedContext)} tokens`,
      device && `on ${device.name}`,
      `hay: ${hay.name}`,
      needlesText(results),
      recalls && "below: layers with the whole needle in their window when the question's last chunk was read",
    ]
      .filter(Boolean)
      .join(" · "),
    columnsLabel: "context in tokens",
    rowsLabel: "depth of the needle",
    // Both kinds of question stand beside each other.
    panels: attentions.flatMap((attention) =>
      asked.map(({ prefix, text }) => panelOf(results, attention, prefix, text)),
    ),
    legend: { low: "0 %", high: "100 % of the answers right" },
  };
  return heatMap(map);
}

/** "3 needles a cell", or from how few to how many, of the cells that were asked. */
function needlesText({ cells }: NiahResults): string {
  const counts = cells.map(({ runs }) => new Set(runs.map(({ needle }) => needle)).size).filter((count) => count > 0);
  const most = Math.max(0, ...counts);
  const fewest = Math.min(most, ...counts);
  return `${fewest < most ? `${fewest} to ` : ""}${most} needle${most === 1 ? "" : "s"} a cell`;
}

function panelOf({ cells, model }: NiahResults, attention: string, prefix: boolean, text: string): HeatPanel {
  const mine = cells.filter((cell) => cell.attention === attention);
  // All modes get the same rows and columns, so that panels can be compared at a glance.
  const ascending = (values: readonly number[]) => [...new Set(values)].sort((a, b) => a - b);
  const contexts = ascending(cells.map(({ context }) => context));
  const depths = ascending(cells.map(({ depth }) => depth));
  const [kind = "", parameters] = attention.split(":");
  const beyond = contexts.findIndex((context) => context > model.trainedContext);
  return {
    title: TITLES[kind] ?? kind,
    subtitle: [text, parameters?.replaceAll(",", ", ")].filter(Boolean).join("; "),
    columns: contexts.map(integerText),
    rows: depths.map((depth) => `${Math.round(depth * 10) / 10} %`),
    cells: depths.map((depth) =>
      contexts.map((context) => {
        const cell = mine.find((one) => one.depth === depth && one.context === context);
        return cell && cellOf(cell, prefix);
      }),
    ),
    mark: beyond > 0 ? { column: beyond, text: "trained to here" } : undefined,
  };
}

function cellOf(cell: NiahCell, prefix: boolean): HeatCell | undefined {
  const share = accuracyOf(cell, prefix);
  if (share === undefined) {
    const failed = cell.runs.find((run) => run.prefix === prefix && run.error !== undefined);
    return failed && { share: undefined, text: REASONS.find(([cause]) => cause.test(failed.error!))?.[1] ?? "failed" };
  }
  const recall = recallOfCell(cell, prefix);
  return {
    share,
    text: String(Math.round(share * 100)),
    note: recall && `${Math.round(recall.whole * 10) / 10}/${recall.layers}`,
  };
}
