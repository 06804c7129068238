import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { toPng } from "../runtime/chart/index.js";
import {
  accuracyOf,
  heatMapOf,
  type NiahCell,
  type NiahProgress,
  type NiahResults,
  type NiahRun,
  recallOfCell,
} from "../runtime/eval/niah/index.js";
import { integerText } from "../runtime/integers.js";
import { colours } from "./colours.js";
import { timeLeft } from "./progress.js";

const modeOf = (attention: string): string => attention.split(":")[0]!;

/** The progress line. */
export function standing({ attention, context, depth, done, total, read, remainingMs }: NiahProgress): string {
  const left = remainingMs === undefined ? "" : `, about ${timeLeft(remainingMs)} left`;
  const reading = read > 0 ? `, reading ${Math.round((100 * read) / context)} %` : "";
  return `${done} of ${total}${left}: ${modeOf(attention)}, ${integerText(context)}, depth ${depth} %${reading}`;
}

/** One answer, for logs. */
export function told({ attention, context, depth }: NiahCell, run: NiahRun): string {
  const where = `${modeOf(attention)} ${integerText(context)} depth ${depth} % needle ${run.needle + 1} ${run.prefix ? "with" : "without"} prefix`;
  if (run.error !== undefined) return `${where}: ${run.error}`;
  const recall = run.recall
    ? `, in the window of ${run.recall.whole} of ${run.recall.layers} layers (its number of ${run.recall.number})`
    : "";
  return `${where}: ${run.right ? "right" : `wrong (${JSON.stringify(run.answer)}, not ${run.number})`}${recall}, ${run.seconds.toFixed(1)} s`;
}

export const answered = ({ cells }: NiahResults): number =>
  cells.reduce((sum, { runs }) => sum + runs.filter(({ right }) => right !== undefined).length, 0);

/** Writes the heat map as SVG and PNG and gives their paths. */
export async function draw(folder: string, results: NiahResults): Promise<string[]> {
  const svg = heatMapOf(results);
  const files = ["niah.svg", "niah.png"].map((name) => join(folder, name));
  writeFileSync(files[0]!, svg);
  writeFileSync(files[1]!, await toPng(svg));
  return files;
}

/** Prints tables or JSON, and where it all is. Gives the exit code: 1 where no question has an answer. */
export function show(results: NiahResults, files: readonly string[], { json }: { readonly json?: boolean }): number {
  if (json) console.log(JSON.stringify(results));
  else for (const text of tables(results)) console.log(text);
  const pc = colours(process.stderr);
  const errors = results.cells.flatMap(({ runs }) => runs.flatMap(({ error }) => error ?? []));
  if (errors.length > 0)
    process.stderr.write(
      `${pc.red("error:")} ${errors.length} questions have no answer. ${[...new Set(errors)].join("\n")}\n`,
    );
  process.stderr.write(`${pc.dim(`written: ${files.join(", ")}`)}\n`);
  return answered(results) > 0 ? 0 : 1;
}

/** Share of right answers in percent, one table a mode and kind of question: depths down, contexts across. */
function* tables({ cells }: NiahResults): Generator<string> {
  const ascending = (values: readonly number[]) => [...new Set(values)].sort((a, b) => a - b);
  for (const attention of new Set(cells.map((cell) => cell.attention)))
    for (const prefix of [true, false]) {
      const mine = cells.filter(
        (cell) => cell.attention === attention && cell.runs.some((run) => run.prefix === prefix),
      );
      if (mine.length === 0) continue;
      const contexts = ascending(mine.map(({ context }) => context));
      const row = (name: string, columns: readonly string[]) =>
        `  ${name.padStart(7)}${columns.map((text) => text.padStart(14)).join("")}`;
      yield [
        `${attention}, ${prefix ? "with the answer's beginning" : "question alone"}: right answers in percent`,
        row("depth", contexts.map(integerText)),
        ...ascending(mine.map(({ depth }) => depth)).map((depth) =>
          row(
            `${depth} %`,
            contexts.map((context) =>
              entry(
                mine.find((one) => one.depth === depth && one.context === context),
                prefix,
              ),
            ),
          ),
        ),
        "",
      ].join("\n");
    }
}

function entry(cell: NiahCell | undefined, prefix: boolean): string {
  const share = cell && accuracyOf(cell, prefix);
  if (share === undefined) return "-";
  const recall = recallOfCell(cell!, prefix);
  return `${Math.round(share * 100)}${recall ? ` (${Math.round(recall.whole * 10) / 10}/${recall.layers})` : ""}`;
}
