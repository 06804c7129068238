/** Several runs that fill one table at the same time. */

import { accuracyOf, type NiahCell, type NiahResults, type NiahRun } from "./results.js";

/** Puts the answers into `ours` that `theirs` has and it has not; an error only where we have nothing at all. */
export function mergeResults(ours: NiahResults, theirs: NiahResults): void {
  for (const other of theirs.cells) {
    if (other.runs.length === 0) continue;
    const cell = cellOf(ours, other);
    for (const run of other.runs) {
      const known = cell.runs.find((one) => isSameQuestion(one, run));
      if (!known || (known.right === undefined && run.right !== undefined)) putRun(cell, run);
    }
  }
}

/** The cell of results for an attention, context and depth; an empty one is put in where there is none. */
export function cellOf({ cells }: NiahResults, { attention, context, depth }: Place): NiahCell {
  const known = cells.find((one) => one.attention === attention && one.context === context && one.depth === depth);
  if (known) return known;
  const cell: NiahCell = { attention, context, depth, accuracy: {}, runs: [] };
  cells.push(cell);
  return cell;
}

/** Puts a run into its cell, instead of an earlier one of the same question. */
export function putRun(cell: NiahCell, run: NiahRun): void {
  cell.runs = [...cell.runs.filter((one) => !isSameQuestion(one, run)), run].sort(
    (a, b) => a.needle - b.needle || Number(a.prefix) - Number(b.prefix),
  );
  cell.accuracy = { withPrefix: accuracyOf(cell, true), withoutPrefix: accuracyOf(cell, false) };
}

type Place = Pick<NiahCell, "attention" | "context" | "depth">;
type Question = Pick<NiahRun, "needle" | "prefix">;

export const isSameQuestion = (a: Question, b: Question): boolean => a.needle === b.needle && a.prefix === b.prefix;
