import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { toPng } from "../../chart/index.js";
import {
  accuracyOf,
  endsInNumber,
  heatMapOf,
  type NiahCell,
  type NiahProgress,
  type NiahResults,
  type NiahRun,
  recallOfCell,
} from "../../eval/niah/index.js";
import { integerText } from "../../runtime/integers.js";
import { kindOf } from "../../runtime/reattention/index.js";
import { timeLeft } from "../report/progress.js";
import { endOf } from "./ending.js";

/** The progress line. */
export function standing({ attention, context, depth, done, total, read, remainingMs }: NiahProgress): string {
  const left = remainingMs === undefined ? "" : `, about ${timeLeft(remainingMs)} left`;
  const reading = read > 0 ? `, reading ${Math.round((100 * read) / context)} %` : "";
  return `${done} of ${total}${left}: ${kindOf(attention)}, ${integerText(context)}, depth ${depth} %${reading}`;
}

/** One answer, for logs. */
export function told({ attention, context, depth }: NiahCell, run: NiahRun): string {
  const where = `${kindOf(attention)} ${integerText(context)} depth ${depth} % needle ${run.needle + 1} ${run.prefix ? "with" : "without"} prefix`;
  if (run.error !== undefined) return `${where}: ${run.error}`;
  const recall = run.recall ? `; ${windowText(run.recall)}` : "";
  return `${where}: ${run.right ? "right" : wrongText(run)}, ${run.seconds.toFixed(1)} s${recall}`;
}

function wrongText({ answer = "", number, cutOff }: NiahRun): string {
  const cut = cutOff && endsInNumber(answer, { number }) ? ", cut off by --max-tokens" : "";
  return `wrong (${JSON.stringify(answer)}, not ${number}${cut})`;
}

/** A right answer beside "0 of 30 layers" is no wonder where the layers had parts of the needle: that is said. */
function windowText({ whole, layers, number, share }: NonNullable<NiahRun["recall"]>): string {
  const parts = whole === 0 && share > 0 ? `, but on average ${Math.max(1, Math.round(share * 100))} % of it` : "";
  return (
    `when the question's last chunk was read, the whole needle was in the window of ${whole} of ${layers} layers ` +
    `(its number of ${number})${parts}`
  );
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

interface Shown {
  /** The questions of this run, with their answers or errors. */
  readonly asked: readonly NiahRun[];
  readonly files: readonly string[];
  readonly json?: boolean;
}

/** Prints tables or JSON, and where it all is. Gives the exit code: 1 where a question of this run has no answer. */
export function show(results: NiahResults, { asked, files, json }: Shown): number {
  if (json) console.log(JSON.stringify(results));
  else for (const text of tables(results)) console.log(text);
  return endOf(
    asked.flatMap(({ error }) => error ?? []),
    files,
  );
}

const FOOTER =
  "In brackets: layers that had the whole needle in their window when the question's last chunk was read, of all; + where none had, but parts of it.";

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
  if (cells.some((cell) => [true, false].some((prefix) => recallOfCell(cell, prefix)))) yield `${FOOTER}\n`;
}

function entry(cell: NiahCell | undefined, prefix: boolean): string {
  const share = cell && accuracyOf(cell, prefix);
  if (share === undefined) return "-";
  const recall = recallOfCell(cell!, prefix);
  if (!recall) return String(Math.round(share * 100));
  const { whole, layers, share: part } = recall;
  return `${Math.round(share * 100)} (${Math.round(whole * 10) / 10}/${layers}${whole === 0 && part > 0 ? "+" : ""})`;
}
